import Files
import Folding
import Frontend
import ProtobufWire

/// ONNX: network and weights in one file.
public struct ONNXFrontend: Frontend {
    public init() {}

    public var name: String { "ONNX" }

    public var vocabulary: Vocabulary {
        var words = Vocabulary(
            framework: name, value: "value", values: "values", networkFile: "model",
            affineTypes: ["BatchNormalization", "Mul", "Add", "Sub", "Div", "Neg", "Pow"],
            affineLayers: "BatchNormalization, Mul or Add with a constant", normalization: "BatchNormalization",
            normalizations: "BatchNormalizations", batchStatisticsSetting: "training mode")
        words.batchStatisticsRemedy =
            "; export the model in evaluation mode, or take the stored ones with --assume-global-stats"
        return words
    }

    public func check(_ preparation: InputPreparation) throws(ModelError) {
        guard preparation.foldsPreprocessing else { return }
        throw ModelError(
            .usage,
            "--fold-preprocessing is for data layers of Caffe and preparing layers of Keras; in a model of ONNX what prepares the data is made of Sub, Mul and their like, which fold without it, and --input-mean and --input-scale tell more"
        )
    }

    public func remark(on half: HalfPrecisionOptions, in format: OutputFormat?) throws(ModelError) -> ReadingRemark? {
        guard half.extent == .graph, !half.keptLayers.isEmpty || half.largestLoss != nil else { return nil }
        throw ModelError(
            .usage,
            "--half graph excludes \(half.keptLayers.isEmpty ? "--half-loss" : "--half-keep"): a layer that computes in half precision has no numbers in Float; --half alone can leave some so"
        )
    }

    public func leftoverForm(for options: PlanningOptions) throws(ModelError) -> LeftoverForm {
        if let leftover = options.leftover, leftover != .batchNorm {
            throw ModelError(
                .usage,
                "--leftover \(leftover.rawValue)\(leftover == .scale ? " (--bias-as-scale)" : "") is for nets of Caffe: in a model of ONNX what nothing takes is a Mul, an Add or a BatchNormalization, and with --leftover batchnorm always the last; leave it out"
            )
        }
        let epsilon = Double(Float(1e-5))
        var form =
            options.leftover == nil
            ? LeftoverForm.multiplicationOrAddition(epsilon: epsilon) : LeftoverForm.batchNorm(epsilon: epsilon)
        form.types = LeftoverForm.Types(scale: "Mul", bias: "Add", batchNorm: "BatchNormalization")
        return form
    }

    /// Most models end in a softmax or a sigmoid, and saturated ones hide errors.
    public var comparesScores: Bool { true }

    public var endings: FileEndings { FileEndings(weights: [".onnx"], summary: ".onnx") }

    public var standardOptions: any FrontendOptions { ONNXOptions() }

    /// A file that is named so, or a message with a graph and the versions of its operators, which no other format has under these numbers.
    public func recognizes(_ path: String) throws(ModelError) -> Bool {
        if path.lowercased().hasSuffix(".onnx") { return true }
        guard try readingFile({ () throws(FileError) in try FileBytes.isReadableFile(path) }) else { return false }
        let message = try lookingAt { () throws(ModelError) in
            try onWire { () throws(WireError) in try WireMessage(indexing: FileByteSource(path: path)) }
        }
        guard let message, message.lastField(ONNXSchema.Model.graph, .lengthDelimited) != nil else { return false }
        return message.lastField(ONNXSchema.Model.irVersion, .varint) != nil
            || message.lastField(ONNXSchema.Model.opsets, .lengthDelimited) != nil
    }

    public func session() -> any ModelSession { ONNXSession() }

    public func network(named: String?, weights: String?) throws(ModelError) -> String? {
        guard let named else { return nil }
        throw ModelError(.usage, "\(named): an ONNX model holds its network itself; give the .onnx file alone")
    }

    /// The file of the numbers, for a model whose numbers lie in files of their own.
    public func networkPlace(besideWeights path: String, madeFrom input: String?) -> String? {
        guard let input, (try? ONNXFile.hasExternalTensors(input)) ?? false else { return nil }
        return path + Self.dataEnding
    }

    private static let dataEnding = ".data"

    public func format(ofOutput path: String) throws(ModelError) -> OutputFormat {
        let isNoFile = try readingFile { () throws(FileError) in try FileBytes.isNoFile(path) }
        guard path.hasSuffix(".onnx") || isNoFile else {
            throw ModelError(.usage, "\(path): the input is an ONNX model; give the output a name that ends in .onnx")
        }
        return OutputFormat(name: "onnx")
    }

    public func checkNetworkPlace(_ path: String) throws(ModelError) {
        guard !path.hasSuffix(Self.dataEnding) else { return }
        throw ModelError(.usage, "\(path): an ONNX model holds its network itself, so there is no second file to write")
    }

    public func reasonForNoWeights(in path: String) -> String? { nil }

    public func difference(_ first: ModelFiles, _ second: ModelFiles) throws(ModelError) -> WeightDifference {
        try WeightDifference(ofModels: first.weights ?? "", second.weights ?? "")
    }

    public func conversion(of files: ModelFiles) throws(ModelError) -> any WeightConversion {
        try ONNXConversion(path: files.weights ?? "")
    }

    public func format(ofConverted path: String, network: String?) throws(ModelError) -> OutputFormat {
        _ = try format(ofOutput: path)
        guard let network else { return ONNXConversion.Target.whole }
        try checkNetworkPlace(network)
        return ONNXConversion.Target.apart
    }

    public func networkPlace(ofConverted path: String, network: String?, madeFrom input: String) -> String? { network }

    /// Where the numbers of a model go that are to lie in a file of their own.
    public static func dataPlace(besideModel path: String) -> String { path + dataEnding }
}

/// Reads one model after the other.
public struct ONNXSession: ModelSession {
    public init() {}

    public mutating func open(_ files: ModelFiles, options: ModelOptions) throws(ModelError) -> any Model {
        guard let path = files.weights ?? files.network else {
            throw ModelError(.internalFault, "a model of ONNX is read without a file")
        }
        try ONNXOptions.check(options)
        return try ONNXPair(files, path: path, options: options)
    }
}
