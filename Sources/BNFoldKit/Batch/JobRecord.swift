/// What became of one job: a line of the results file. `docs/batch.md` describes the fields.
public struct JobRecord: Hashable, Sendable {
    public enum Status: String, Hashable, Sendable {
        case done
        case failed
        /// There was nothing to fold; `reason` says why.
        case skipped
    }

    /// Changes when a field changes its meaning or goes.
    public static let schema = 1

    public var job: BatchJob
    public var status: Status
    /// The version of bnfold that ran the job.
    public var version = Version.string
    /// When the job began, in UTC: `2025-01-31T12:00:00Z`.
    public var started = ""
    public var seconds = Seconds()
    public var digests = Digests()
    public var sizes = Sizes()
    /// `nil` unless done.
    public var counts: Counts?
    /// `nil` unless the job verifies.
    public var verification: Verification?
    /// Why there was nothing to fold.
    public var reason: String?
    /// `nil` unless failed.
    public var failure: Failure?
    /// What happened on the way, such as an interrupted run that was finished.
    public var notices: [String] = []

    public init(job: BatchJob, status: Status) {
        self.job = job
        self.status = status
    }

    init(job: BatchJob, failure error: BNFoldError) {
        self.init(job: job, status: .failed)
        failure = Failure(exitCode: error.exitCode, message: error.message)
    }

    public struct Seconds: Hashable, Sendable {
        public var total = 0.0
        /// Of these, for digests of inputs and outputs.
        public var digests = 0.0
    }

    /// SHA-256 in hexadecimal digits; `nil` for a file that was not there or not read.
    public struct Digests: Hashable, Sendable {
        public var input: String?
        public var network: String?
        public var output: String?
        public var outputNetwork: String?
    }

    /// Of the weights, in bytes.
    public struct Sizes: Hashable, Sendable {
        public var input: Int?
        public var output: Int?
    }

    public struct Counts: Hashable, Sendable {
        public var layersBefore: Int
        public var layersAfter: Int
        /// Chains of affine layers that vanished into a layer before them.
        public var folds: Int
        /// Chains that became one Scale.
        public var scales: Int
        /// Affine layers that stay.
        public var kept: Int
        /// Suspect statistics.
        public var findings: Int
    }

    /// How far the folded network is from the original.
    public struct Verification: Hashable, Sendable {
        public var samples: Int
        /// Of all values: the largest difference relative to the largest magnitude of its value.
        public var largestRelative: Double
    }

    public struct Failure: Hashable, Sendable {
        /// The one that `bnfold fold` would have ended with.
        public var exitCode: Int32
        public var message: String
    }
}
