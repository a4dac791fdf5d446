import Files
import Frontend

/// Which weights to write in which other container.
public struct ConvertRequest: Sendable {
    /// Weights in any container.
    public var input: String
    /// The weights to write; the name asks for a format.
    public var output: String
    /// The network: gives layers their types, and gets the new names where the format cannot hold the old ones.
    public var network: String?
    /// Where the network with the new names goes; `nil` for a name that follows from that of the output.
    public var outputNetwork: String?
    /// gzip level of the datasets, 0 for none.
    public var compression = 0
    /// The dialect of another program of the same framework that normalisations are to have; `nil` to leave them as they are.
    public var dialect: String?
    /// How the model is read, where a dialect is asked for.
    public var model = ModelOptions()
    /// Where the report goes as JSON.
    public var reportPath: String?
    /// Whether the numbers go into a file of their own beside the output, for frameworks that know such a file.
    public var externalData = false
    /// What becomes of output that exists.
    public var existing = ExistingOutput.refuse
    public var cancellation = Cancellation()
    /// Receives what is worth a line.
    public var notice: @Sendable (String) -> Void = { _ in }

    public init(input: String, output: String) {
        self.input = input
        self.output = output
    }
}

/// What a conversion did.
public struct ConvertReport: Hashable, Encodable, Sendable {
    /// One layer that changed, or the network itself.
    public struct Change: Hashable, Encodable, Sendable {
        /// `nil` for the network itself.
        public var layer: String?
        /// What became of it; `nil` where only fields went.
        public var change: String?
        /// Fields that the target does not know.
        public var droppedFields: [String]
    }

    public let bnfold = Version.string
    public var layers: Int
    public var inputBytes: Int
    public var outputBytes: Int
    /// The file of the network that was written, because names of layers changed.
    public var network: String?
    public var renamedLayers: Int
    /// The dialect that was asked for.
    public var dialect: String?
    /// What it changed, in the order of the network.
    public var changes: [Change] = []

    private enum CodingKeys: String, CodingKey {
        case bnfold, layers, inputBytes, outputBytes, renamedLayers, dialect, changes
        case network = "prototxt"
    }

    /// The report as JSON, with sorted keys and a final newline.
    public func json() throws(BNFoldError) -> [UInt8] { try JSONText.encode(self) }
}

/// Writes weights in another format, without folding.
public func convert(_ request: ConvertRequest) throws(BNFoldError) -> ConvertReport {
    let frontend = try Frontends.frontend(of: request.input)
    var request = request
    if request.externalData {
        request.outputNetwork = try Frontends.dataPlace(of: request, in: frontend)
    }
    let place = frontend.networkPlace(
        ofConverted: request.output, network: request.outputNetwork, madeFrom: request.input)
    let outputs = try openOutputs(
        [request.output, place, request.reportPath].compactMap(\.self), existing: request.existing,
        notice: request.notice)
    defer { outputs.discard() }
    let input = ModelFiles(weights: request.input, network: request.network)
    let (format, conversion) = try lifting { () throws(ModelError) in
        let format = try frontend.format(ofConverted: request.output, network: request.outputNetwork)
        guard let dialect = request.dialect else { return (format, try frontend.conversion(of: input)) }
        return (format, try frontend.conversion(of: input, toDialect: dialect, options: request.model))
    }
    if let remark = conversion.unwrittenRemark { request.notice("warning: \(remark)") }
    for remark in conversion.remarks { request.notice("note: \(remark)") }
    let renames = conversion.renames(in: format)
    let text = try lifting { () throws(ModelError) in try conversion.networkFile(in: format) }
    // The network is written when it differs, or when the user names a place for it.
    let needsNetwork =
        text != nil
        && (!renames.isEmpty || request.outputNetwork != nil || conversion.alwaysWritesNetwork(in: format))
    let side = conversion.hasSideFile(in: format) ? place : nil
    let network = needsNetwork ? place : side
    if network == nil, let place { outputs.leaveOut(place) }
    try checkDistinct(
        inputs: input.paths, outputs: [request.output, network, request.reportPath].compactMap(\.self), of: frontend)
    try liftingFiles { () throws(FileError) in
        try outputs.begin()
        if let network, let text { try outputs.write(text, to: network) }
    }
    let staged = outputs.staged(request.output)
    let cancellation = request.cancellation
    do throws(ModelError) {
        let settings = WriteSettings(
            format: format, compression: request.compression,
            side: side.map { .init(staged: outputs.staged($0), path: $0) }
        ) { () throws(ModelError) in
            if cancellation.isCancelled { throw ModelError(.cancelled, "stopped; nothing was written") }
        }
        try conversion.write(to: staged, settings: settings)
        try conversion.check(staged, data: side.map(outputs.staged), format: format)
    } catch {
        throw BNFoldError(error).naming(outputs)
    }
    if cancellation.isCancelled { throw BNFoldError(.cancelled, "stopped; nothing was written") }
    let report = ConvertReport(
        layers: conversion.layerCount, inputBytes: FileBytes.size(request.input) ?? 0,
        outputBytes: FileBytes.size(staged) ?? 0, network: network, renamedLayers: renames.count,
        dialect: request.dialect,
        changes: conversion.changes.map {
            ConvertReport.Change(layer: $0.layer, change: $0.sentence, droppedFields: $0.droppedFields)
        })
    if let path = request.reportPath {
        let json = try report.json()
        try liftingFiles { () throws(FileError) in try outputs.write(json, to: path) }
    }
    try liftingFiles { () throws(FileError) in try outputs.commit() }
    return report
}
