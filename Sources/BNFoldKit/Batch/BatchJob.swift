/// One pair of files to fold.
public struct BatchJob: Hashable, Sendable {
    /// What the job is known by in reports: its output, below the output folder or absolute. No two jobs of a batch share it.
    public var name: String
    /// Trained weights. This and the other paths are absolute.
    public var input: String
    /// The network, where it has a file of its own; `nil` to look for it beside the weights.
    public var network: String?
    public var output: String
    /// Where the network goes, where it has a file of its own; `nil` for a name that follows from that of the output.
    public var outputNetwork: String?
    public var options: JobOptions
    /// Whether the name says no more than that the input may hold weights. One without any is skipped instead of failing.
    public var mayHoldNoWeights: Bool

    public init(
        name: String, input: String, network: String? = nil, output: String, outputNetwork: String? = nil,
        options: JobOptions = JobOptions(), mayHoldNoWeights: Bool = false
    ) {
        self.name = name
        self.input = input
        self.network = network
        self.output = output
        self.outputNetwork = outputNetwork
        self.options = options
        self.mayHoldNoWeights = mayHoldNoWeights
    }

    /// Where the network goes; `nil` where it lies in the file of the weights. Looks at the input where the job does not tell.
    var networkPlace: String? {
        get throws(BNFoldError) {
            if let outputNetwork { return outputNetwork }
            return try Frontends.frontend(of: input).networkPlace(besideWeights: output, madeFrom: input)
        }
    }

    /// The places of all files that the job writes.
    var places: [String] {
        get throws(BNFoldError) { [output, try networkPlace].compactMap(\.self) }
    }
}
