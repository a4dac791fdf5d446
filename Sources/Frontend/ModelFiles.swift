/// The files of one model. Some frameworks keep network and weights apart, others in one file.
public struct ModelFiles: Hashable, Sendable {
    /// The weights, or the file that holds all; `nil` to work from the network alone.
    public var weights: String?
    /// The network, where it has a file of its own.
    public var network: String?

    public init(weights: String?, network: String? = nil) {
        self.weights = weights
        self.network = network
    }

    /// Those that there are, the weights first.
    public var paths: [String] { [weights, network].compactMap(\.self) }
}

/// What weights are written as.
public struct OutputFormat: Hashable, Sendable {
    /// A name that the frontend knows it by.
    public let name: String

    public init(name: String) { self.name = name }
}

/// How a folded model is written.
public struct WriteSettings {
    public var format: OutputFormat
    /// gzip level of what is stored, 0 for none.
    public var compression = 0
    /// Called between slices; throws to stop.
    public var checkpoint: () throws(ModelError) -> Void
    /// The second file of the model, where it has one.
    public var side: SideFile?
    /// Gets what is worth telling of what was written; `nil` where nobody asks.
    public var remarks: WritingRemarks?

    /// A file that belongs to another one.
    public struct SideFile {
        /// Where it waits.
        public var staged: String
        /// Where it is going to be.
        public var path: String

        public init(staged: String, path: String) {
            self.staged = staged
            self.path = path
        }
    }

    public init(
        format: OutputFormat, compression: Int = 0, side: SideFile? = nil,
        checkpoint: @escaping () throws(ModelError) -> Void
    ) {
        self.format = format
        self.compression = compression
        self.side = side
        self.checkpoint = checkpoint
    }
}

/// What the names of a frontend's files end in.
public struct FileEndings: Hashable, Sendable {
    /// Of files that hold weights for sure; a folder is searched for them.
    public var weights: [String]
    /// Of files that may hold weights or something else; their content tells.
    public var perhapsWeights: [String]
    /// Of files that belong to training and are left out.
    public var trainingState: [String]
    /// Those of weights for messages.
    public var summary: String

    public init(
        weights: [String], perhapsWeights: [String] = [], trainingState: [String] = [], summary: String = ""
    ) {
        self.summary = summary
        self.weights = weights
        self.perhapsWeights = perhapsWeights
        self.trainingState = trainingState
    }
}

/// What is worth telling of what was written.
public final class WritingRemarks {
    public var all: [ReadingRemark] = []

    public init() {}
}
