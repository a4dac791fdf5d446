/// One pair of files to fold.
public struct BatchJob: Hashable, Sendable {
    /// What the job is known by in reports: its output, below the output folder or absolute. No two jobs of a batch share it.
    public var name: String
    /// Trained weights. This and the other paths are absolute.
    public var input: String
    /// The network; `nil` to look for it beside the weights.
    public var prototxt: String?
    public var output: String
    /// `nil` for the name of the output with `.prototxt`.
    public var outputPrototxt: String?
    public var options: JobOptions
    /// Whether only the name's `.h5` says that the input holds weights. One without any is skipped instead of failing.
    public var mayHoldNoWeights: Bool

    public init(
        name: String, input: String, prototxt: String? = nil, output: String, outputPrototxt: String? = nil,
        options: JobOptions = JobOptions(), mayHoldNoWeights: Bool = false
    ) {
        self.name = name
        self.input = input
        self.prototxt = prototxt
        self.output = output
        self.outputPrototxt = outputPrototxt
        self.options = options
        self.mayHoldNoWeights = mayHoldNoWeights
    }

    /// Where the deploy prototxt goes.
    var prototxtPlace: String { outputPrototxt ?? FileNames.prototxt(besideWeights: output) }
}
