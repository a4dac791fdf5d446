import CaffeModel
import Frontend

// Requests in the terms of Caffe.

/// What tells how a model is read.
public protocol ModelReading {
    var model: ModelOptions { get set }
}

extension ModelReading {
    /// The options as Caffe has them.
    public var caffe: CaffeOptions {
        get { model.caffe }
        set { model.caffe = newValue }
    }
}

/// What names the network that is read.
public protocol NetworkNaming {
    var network: String? { get set }
}

extension NetworkNaming {
    /// The net; `nil` to look for it beside the weights.
    public var prototxt: String? {
        get { network }
        set { network = newValue }
    }
}

/// What names the network that is read, and the one that is written.
public protocol OutputNetworkNaming: NetworkNaming {
    var outputNetwork: String? { get set }
}

extension OutputNetworkNaming {
    /// The prototxt to write; `nil` for the name of the output with `.prototxt`.
    public var outputPrototxt: String? {
        get { outputNetwork }
        set { outputNetwork = newValue }
    }
}

extension FoldRequest: ModelReading, OutputNetworkNaming {}
extension ConvertRequest: ModelReading, OutputNetworkNaming {}
extension JobOptions: ModelReading {}

extension InspectRequest: ModelReading {
    public init(input: String?, prototxt: String?) { self.init(input: input, network: prototxt) }
}

extension VerifyRequest: ModelReading, NetworkNaming {
    /// The folded net; `nil` to look for it beside its weights.
    public var foldedPrototxt: String? {
        get { foldedNetwork }
        set { foldedNetwork = newValue }
    }
}

extension BatchJob: OutputNetworkNaming {
    public init(
        name: String, input: String, prototxt: String?, output: String, outputPrototxt: String? = nil,
        options: JobOptions = JobOptions(), mayHoldNoWeights: Bool = false
    ) {
        self.init(
            name: name, input: input, network: prototxt, output: output, outputNetwork: outputPrototxt,
            options: options, mayHoldNoWeights: mayHoldNoWeights)
    }
}

extension JobDefaults: NetworkNaming {
    public init(prototxt: String?, options: JobOptions = JobOptions()) {
        self.init(network: prototxt, options: options)
    }
}

extension ConvertReport {
    /// The prototxt that was written, because names of layers changed.
    public var prototxt: String? { network }
}

extension FoldReport.Files {
    public var prototxt: String { network ?? "" }
}

extension FoldReport.FunctionNames {
    public var oldBlob: String? { oldValue }
    public var blob: String { value }
}

extension FoldReport.Preprocessing {
    public var blob: String { value }
}

extension JobRecord.Digests {
    public var prototxt: String? { network }
    public var outputPrototxt: String? { outputNetwork }
}

extension VerifyReport {
    public typealias Blob = ComparedValue

    /// What both networks compute, in the order of the folded one.
    public var blobs: [ComparedValue] { values }
}

extension VerifyReport.First {
    public var blob: String? { value }
}

extension VerifyReport.Fold {
    public var blobs: [String] { values }
}

extension DiffReport {
    public typealias Blob = Tensor

    public var blobs: [Tensor] { tensors }
}
