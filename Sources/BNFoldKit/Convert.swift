import CaffeModel
import Files

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
    let place = request.outputPrototxt ?? FileNames.prototxt(besideWeights: request.output)
    let outputs = try openOutputs([request.output, place], existing: request.existing, notice: request.notice)
    defer { outputs.discard() }
    let container = try outputContainer(request.output)
    if let prototxt = request.outputPrototxt { try checkPrototxtName(prototxt) }
    let conversion = try lifting { () throws(CaffeModelError) in
        try WeightConversion(weights: request.input, prototxt: request.prototxt)
    }
    let renames = conversion.renames(in: container)
    let text = try lifting { () throws(CaffeModelError) in try conversion.prototxt(for: container) }
    // A prototxt is written when it differs, or when the user names a place for it.
    let needsPrototxt = text != nil && (!renames.isEmpty || request.outputPrototxt != nil)
    let prototxt = needsPrototxt ? place : nil
    if !needsPrototxt { outputs.leaveOut(place) }
    try checkDistinct(
        inputs: [request.input, request.prototxt].compactMap(\.self),
        outputs: [request.output, prototxt].compactMap(\.self))
    try liftingFiles { () throws(FileError) in
        try outputs.begin()
        if let prototxt, let text { try outputs.write(text, to: prototxt) }
    }
    let staged = outputs.staged(request.output)
    let cancellation = request.cancellation
    do throws(CaffeModelError) {
        try conversion.write(to: staged, as: container, compression: request.compression) {
            () throws(CaffeModelError) in
            if cancellation.isCancelled { throw CaffeModelError(.cancelled, "stopped; nothing was written") }
        }
        try conversion.check(staged, container: container)
    } catch {
        throw BNFoldError(error).naming(outputs)
    }
    if cancellation.isCancelled { throw BNFoldError(.cancelled, "stopped; nothing was written") }
    try liftingFiles { () throws(FileError) in try outputs.commit() }
    return ConvertReport(
        layers: conversion.layerCount, inputBytes: FileBytes.size(request.input) ?? 0,
        outputBytes: FileBytes.size(request.output) ?? 0, prototxt: prototxt, renamedLayers: renames.count)
}
