import Files
import Folding
import Frontend
import JSON

/// Keras 2 and 3: HDF5 and `.keras` files that hold the model whole, and weights with the JSON of the model beside them.
public struct KerasFrontend: Frontend {
    public init() {}

    public var name: String { "Keras" }

    public var vocabulary: Vocabulary {
        var words = Vocabulary(
            framework: name, value: "tensor", values: "tensors", networkFile: "architecture",
            affineTypes: Self.affineTypes,
            affineLayers: "BatchNormalization", normalization: "BatchNormalization",
            normalizations: "BatchNormalizations", batchStatisticsSetting: "training=True")
        words.tensors = "weights"
        words.batchStatisticsRemedy = "; --assume-global-stats takes the stored ones"
        return words
    }

    private static let affineTypes = ["BatchNormalization", "SyncBatchNormalization", "BatchNormalizationV1"]

    public func remark(on half: HalfPrecisionOptions, in format: OutputFormat?) throws(ModelError) -> ReadingRemark? {
        throw ModelError(
            .usage,
            "--half is for nets of Caffe and models of ONNX: Keras expects the weights of a model in the format of its policy, which is Float in nearly all; leave it out"
        )
    }

    public func leftoverForm(for options: PlanningOptions) throws(ModelError) -> LeftoverForm {
        if let leftover = options.leftover, leftover != .batchNorm {
            throw ModelError(
                .usage,
                "--leftover \(leftover.rawValue)\(leftover == .scale ? " (--bias-as-scale)" : "") is for nets of Caffe: in a model of Keras what nothing takes is a BatchNormalization; leave it out"
            )
        }
        guard !options.removesConstantChannels else {
            throw ModelError(
                .usage,
                "--remove-constant-channels is for nets of Caffe and models of ONNX: a model of Keras keeps the numbers of filters and units in its configuration; leave it out"
            )
        }
        guard !options.allowsUntrained else {
            throw ModelError(
                .usage,
                "--allow-untrained is an option for nets of Caffe, whose BatchNorms have a moving-average factor; leave it out for models of Keras"
            )
        }
        var form = LeftoverForm.batchNorm(epsilon: Self.epsilonOfLeftovers)
        form.types.batchNorm = "BatchNormalization"
        return form
    }

    /// Keras's own standard.
    static let epsilonOfLeftovers = Double(Float(1e-3))

    public var endings: FileEndings {
        FileEndings(
            weights: [".keras", ".weights.h5"], perhapsWeights: [".h5", ".hdf5"], summary: ".keras, .h5 or .weights.h5")
    }

    public var standardOptions: any FrontendOptions { NoOwnOptions() }

    /// Softmax or sigmoid are part of the last layer in most models, and saturated ones hide errors.
    public var comparesScores: Bool { true }

    public func recognizes(_ path: String) throws(ModelError) -> Bool {
        guard try readingFile({ () throws(FileError) in try FileBytes.isReadableFile(path) }) else { return false }
        if try KerasContainers.kind(of: path) != nil { return true }
        return try Self.isArchitecture(path)
    }

    public func session() -> any ModelSession { KerasSession() }

    // MARK: Places

    public func network(named: String?, weights: String?) throws(ModelError) -> String? {
        guard let weights else {
            guard let named else { throw ModelError(.usage, "neither weights nor --architecture are given") }
            return named
        }
        // Where nothing is wrong with the options, whoever reads the model opens its file, and tells what is wrong with that.
        if named == nil, try KerasContainers.kind(of: weights)?.hasOwnConfig == true { return nil }
        if try KerasContainers.open(weights).kind.hasOwnConfig {
            guard let named else { return nil }
            throw ModelError(
                .usage,
                "\(named): is named as the architecture, but \(weights) holds that of its model itself; leave it out"
            )
        }
        if let named { return named }
        let candidates = try Self.architectures(besideWeights: weights)
        if candidates.count == 1 { return candidates[0] }
        guard candidates.isEmpty else {
            throw ModelError(
                .usage,
                "\(weights): holds weights without the model, and beside it lie \(candidates.map { "'\($0)'" }.joined(separator: " and ")); name one with --architecture"
            )
        }
        throw ModelError(
            .unreadable,
            "\(weights): holds weights without the model; write its JSON in Python, open(\"model.json\", \"w\").write(model.to_json()), and name it with --architecture model.json"
        )
    }

    public func networkPlace(besideWeights path: String, madeFrom input: String?) -> String? {
        guard let input, let kind = try? KerasContainers.kind(of: input), !kind.hasOwnConfig else { return nil }
        return Self.stem(of: path) + ".json"
    }

    public func format(ofOutput path: String) throws(ModelError) -> OutputFormat {
        let name = FileBytes.name(of: path)
        if name.hasSuffix(".json") {
            throw ModelError(
                .usage, "\(path): is the name of JSON, but OUTPUT is the weights, or the file that holds all")
        }
        return OutputFormat(name: name.hasSuffix(".keras") ? "keras" : "hdf5")
    }

    public func checkNetworkPlace(_ path: String) throws(ModelError) {
        guard path.hasSuffix(".h5") || path.hasSuffix(".hdf5") || path.hasSuffix(".keras") else { return }
        throw ModelError(
            .usage, "\(path): is the name of weights, but the architecture goes there; give a name that ends in .json")
    }

    public func reasonForNoWeights(in path: String) -> String? { nil }

    /// `model.json` of `model.h5`, `model_weights.h5` and `model.weights.h5`, where it is the JSON of a model.
    private static func architectures(besideWeights path: String) throws(ModelError) -> [String] {
        let stem = stem(of: path)
        let stems =
            [stem]
            + ["_weights", "-weights", ".weights"].filter { stem.hasSuffix($0) }.map { String(stem.dropLast($0.count)) }
        var found: [String] = []
        for path in stems.map({ $0 + ".json" }) where try isArchitecture(path) { found.append(path) }
        return found
    }

    private static func stem(of path: String) -> String {
        for ending in [".weights.h5", ".h5", ".hdf5", ".keras"] where path.hasSuffix(ending) {
            return String(path.dropLast(ending.count))
        }
        return path
    }

    /// Whether a file is JSON of a model, as far as its beginning tells.
    private static func isArchitecture(_ path: String) throws(ModelError) -> Bool {
        let head = try lookingAt { () throws(ModelError) in
            try readingFile { () throws(FileError) in
                try FileBytes.isReadableFile(path) ? try FileBytes.head(of: path, count: 1 << 16) : []
            }
        }
        guard let head else { return false }
        // Nothing but blanks of ASCII before what JSON never begins with: no text has to be made of it.
        let blanks: [UInt8] = [0x20, 0x09, 0x0A, 0x0B, 0x0C, 0x0D]
        guard let start = head.first(where: { !blanks.contains($0) }),
            // Bytes that begin a character of UTF-8, which may be another blank. HDF5 begins with none.
            0xC2...0xF4 ~= start || "{\"".utf8.contains(start)
        else {
            return false
        }
        let text = String(decoding: head, as: UTF8.self)
        guard let first = text.first(where: { !$0.isWhitespace }), first == "{" || first == "\"" else { return false }
        return text.contains("class_name")
    }

    // MARK: Weights alone

    public func difference(_ first: ModelFiles, _ second: ModelFiles) throws(ModelError) -> WeightDifference {
        try WeightDifference(of: try KerasStoredModel(first), and: try KerasStoredModel(second))
    }

    public func conversion(of files: ModelFiles) throws(ModelError) -> any WeightConversion {
        KerasConversion(of: try KerasStoredModel(files))
    }

    public func format(ofConverted path: String, network: String?) throws(ModelError) -> OutputFormat {
        _ = try format(ofOutput: path)
        if let network { try checkNetworkPlace(network) }
        let target = KerasConversion.Target(name: path, hasNetwork: network != nil)
        if target == .archive, let network {
            throw ModelError(
                .usage,
                "\(network): is named for the architecture, but a .keras archive holds that of its model itself; leave it out"
            )
        }
        return target.format
    }

    public func networkPlace(ofConverted path: String, network: String?, madeFrom input: String) -> String? {
        if let network { return network }
        return KerasConversion.Target(name: path, hasNetwork: false) == .payload ? Self.stem(of: path) + ".json" : nil
    }
}

/// Reads one model of Keras after the other.
public struct KerasSession: ModelSession {
    /// The largest JSON of a model that is read.
    static let largestConfig = 1 << 28

    /// Whether the models are those that this run has written.
    var readsOwnFiles = false

    public init() {}

    /// The JSON of a model, from its file or from the one beside it, and where it lies, for messages.
    static func config(
        of files: ModelFiles, container: (any KerasContainer)?
    ) throws(ModelError) -> (config: KerasModelConfig, place: String) {
        let text: [UInt8]
        let place: String
        if let own = container?.configText {
            (text, place) = (own, container?.configPlace ?? "")
        } else {
            guard let network = files.network else {
                throw ModelError(.internalFault, "weights of Keras are read without their model")
            }
            text = try readingFile { () throws(FileError) in try FileBytes.read(network, limit: largestConfig) }
            place = network
        }
        do throws(ModelError) {
            return (try KerasModelConfig(parsing: text, file: place, version: container?.version), place)
        } catch {
            // Whatever else there is about it.
            guard error.kind == .malformed, let version = container?.version, KerasDialect(version: version) == .one
            else { throw error }
            throw KerasOne.refusal(of: nil, version: version, place: place)
        }
    }

    public mutating func open(_ files: ModelFiles, options: ModelOptions) throws(ModelError) -> any Model {
        try KerasOptions.check(options)
        let container = try files.weights.map { path throws(ModelError) in
            try KerasContainers.open(path, isOwn: readsOwnFiles)
        }
        let (config, place) = try Self.config(of: files, container: container)
        return try KerasPair(config: config, place: place, container: container, files: files, options: options)
    }
}
