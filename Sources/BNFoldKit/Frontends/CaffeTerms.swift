import CaffeModel
import Frontend

// Requests in the terms of Caffe.

extension FoldRequest {
    /// The net; `nil` to look for it beside the weights.
    public var prototxt: String? {
        get { network }
        set { network = newValue }
    }

    /// The deploy prototxt; `nil` for the name of the output with `.prototxt`.
    public var outputPrototxt: String? {
        get { outputNetwork }
        set { outputNetwork = newValue }
    }

    public var caffe: CaffeOptions {
        get { model.caffe }
        set { model.caffe = newValue }
    }
}

extension InspectRequest {
    public init(input: String?, prototxt: String?) { self.init(input: input, network: prototxt) }

    public var caffe: CaffeOptions {
        get { model.caffe }
        set { model.caffe = newValue }
    }
}

extension VerifyRequest {
    /// The original net; `nil` to look for it beside its weights.
    public var prototxt: String? {
        get { network }
        set { network = newValue }
    }

    /// The folded net; `nil` to look for it beside its weights.
    public var foldedPrototxt: String? {
        get { foldedNetwork }
        set { foldedNetwork = newValue }
    }

    public var caffe: CaffeOptions {
        get { model.caffe }
        set { model.caffe = newValue }
    }
}

extension ConvertRequest {
    /// The net: gives layers their types, and gets the new names where the container cannot hold the old ones.
    public var prototxt: String? {
        get { network }
        set { network = newValue }
    }

    /// Where the prototxt with the new names goes; `nil` for the name of the output with `.prototxt`.
    public var outputPrototxt: String? {
        get { outputNetwork }
        set { outputNetwork = newValue }
    }
}

extension JobOptions {
    public var caffe: CaffeOptions {
        get { model.caffe }
        set { model.caffe = newValue }
    }
}

extension BatchJob {
    public var prototxt: String? {
        get { network }
        set { network = newValue }
    }

    public var outputPrototxt: String? {
        get { outputNetwork }
        set { outputNetwork = newValue }
    }

    public init(
        name: String, input: String, prototxt: String?, output: String, outputPrototxt: String? = nil,
        options: JobOptions = JobOptions(), mayHoldNoWeights: Bool = false
    ) {
        self.init(
            name: name, input: input, network: prototxt, output: output, outputNetwork: outputPrototxt,
            options: options, mayHoldNoWeights: mayHoldNoWeights)
    }
}

extension JobDefaults {
    public var prototxt: String? {
        get { network }
        set { network = newValue }
    }

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
