import Frontend

/// Which statistics to measure on which samples, and where to write them.
public struct CalibrateRequest: Sendable, ModelReading, OutputNetworkNaming {
    /// How statistics are measured.
    public enum Method: String, Hashable, Sendable, CaseIterable {
        /// One pass in batches, whose statistics are averaged, as a framework gathers them in training.
        case batches
        /// Over all samples at once, one layer after the other.
        case population
    }

    /// Trained weights.
    public var input: String
    /// The network, where it has a file of its own; `nil` to look for it beside the weights.
    public var network: String?
    /// The weights with new statistics.
    public var output: String
    /// Where the network goes, where it has a file of its own; `nil` for a name that follows from that of the output.
    public var outputNetwork: String?
    /// How the model is read.
    public var model = ModelOptions()
    public var measuring = MeasuringOptions()
    /// gzip level of the output's datasets, 0 for none.
    public var compression = 0
    /// Where the report goes as JSON; `nil` for nowhere.
    public var reportPath: String?
    /// What becomes of output that exists.
    public var existing = ExistingOutput.refuse
    public var cancellation = Cancellation()
    /// Called with a sentence about something that happened on the way, such as an interrupted run that was finished.
    public var notice: @Sendable (String) -> Void = { _ in }

    public init(input: String, output: String) {
        self.input = input
        self.output = output
    }
}

/// How statistics are measured.
public struct MeasuringOptions: Sendable {
    public var method = CalibrateRequest.Method.batches
    /// Samples by input.
    public var inputs: [SampleInput] = []
    /// A network whose layer for data tells what to do with the samples, and names them where `inputs` does not; `nil` for none.
    public var dataLayerNetwork: String?
    /// How many samples to use, from the first on; `nil` for all.
    public var samples: Int?
    /// The samples of a batch; `nil` for as many as in training, where the files tell, else 32.
    public var batchSize: Int?
    /// The names of the layers to measure; `nil` for all.
    public var layers: [String]?
    /// Only layers without statistics, or with a factor of 0.
    public var missingOnly = false
    /// The most memory that a pass may take, in bytes; `nil` for three quarters of what this machine has.
    public var memoryLimit: Int?
    /// Called now and then.
    public var progress: @Sendable (RunProgress) -> Void = { _ in }
    /// What the caller's users know the choice of layers by, for messages.
    public var layersOption = "--layers"
    /// What they know the samples by.
    public var inputOption = "--input"

    public init() {}
}
