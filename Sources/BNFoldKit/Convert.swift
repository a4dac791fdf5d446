import CaffeModel

/// Which weights to write in which other container.
public struct ConvertRequest: Sendable {
    /// Weights in any container.
    public var input: String
    /// The weights to write; `.caffemodel` asks for that container, `.h5` and `.hdf5` for HDF5.
    public var output: String
    /// The network: gives layers their types, and gets the new names where the container cannot hold the old ones.
    public var prototxt: String?
    /// Where the prototxt with the new names goes; `nil` for the name of the output with `.prototxt`.
    public var outputPrototxt: String?
    /// gzip level of the datasets, 0 for none.
    public var compression = 0
    /// What becomes of output that exists.
    public var existing = ExistingOutput.refuse
    public var cancellation = Cancellation()
    public var notice: @Sendable (String) -> Void = { _ in }

    public init(input: String, output: String) {
        self.input = input
        self.output = output
    }
}

/// What a conversion did.
public struct ConvertReport: Hashable, Sendable {
    public var layers: Int
    public var inputBytes: Int
    public var outputBytes: Int
    /// The prototxt that was written, because names of layers changed.
    public var prototxt: String?
    public var renamedLayers: Int
}

/// Writes weights in another container, without folding. A `.caffemodel` that stays one is copied byte for byte.
public func convert(_ request: ConvertRequest) throws(BNFoldError) -> ConvertReport {
    let container = try outputContainer(request.output)
    if let prototxt = request.outputPrototxt { try checkPrototxtName(prototxt) }
    let conversion = try lifting { () throws(CaffeModelError) in
        try WeightConversion(weights: request.input, prototxt: request.prototxt)
    }
    let renames = conversion.renames(in: container)
    let text = try lifting { () throws(CaffeModelError) in try conversion.prototxt(for: container) }
    // A prototxt is written when it differs, or when the user names a place for it.
    let needsPrototxt = text != nil && (!renames.isEmpty || request.outputPrototxt != nil)
    let prototxt = needsPrototxt ? request.outputPrototxt ?? FileNames.prototxt(besideWeights: request.output) : nil
    try checkDistinct(
        inputs: [request.input, request.prototxt].compactMap(\.self),
        outputs: [request.output, prototxt].compactMap(\.self))
    let pair = try OutputPair(
        weights: request.output, prototxt: prototxt, existing: request.existing, notice: request.notice)
    defer { pair.discard() }
    let cancellation = request.cancellation
    do throws(CaffeModelError) {
        if let staged = pair.stagedPrototxt, let text { try FileBytes.write(text, to: staged) }
        try conversion.write(to: pair.stagedWeights, as: container, compression: request.compression) {
            () throws(CaffeModelError) in
            if cancellation.isCancelled { throw CaffeModelError(.cancelled, "stopped; nothing was written") }
        }
        try conversion.check(pair.stagedWeights, container: container)
    } catch {
        var failure = BNFoldError(error)
        failure.message = pair.namingPlaces(in: failure.message)
        throw failure
    }
    try pair.commit()
    return ConvertReport(
        layers: conversion.layerCount, inputBytes: FileBytes.size(request.input) ?? 0,
        outputBytes: FileBytes.size(request.output) ?? 0, prototxt: prototxt, renamedLayers: renames.count)
}
