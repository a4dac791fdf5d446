import Frontend

/// What running a network and its folded twin side by side showed.
///
/// Its JSON form is described in `docs/report.md`; `schema` changes when a field changes its meaning or goes.
public struct VerifyReport: Codable, Hashable, Sendable {
    /// The version of bnfold.
    public var bnfold = Version.string
    public var schema = 1
    public var original: FoldReport.Files
    public var folded: FoldReport.Files
    /// `single` or `double`.
    public var precision: String
    public var tolerance: Double
    /// Why the tolerance is another than the precision's own, though nobody asked for it; `nil` where it is that.
    public var toleranceReason: String?
    /// What the weights of the folded network were replaced by; `nil` where it ran with its own.
    public var simulation: Simulation?
    public var samples: Samples
    /// Layers of the original that ran, of all that it has.
    public var layersRun: Int
    public var layerCount: Int
    /// Whether every value is within the tolerance, every fold within its bound, no output missing, and all that was required is met.
    public var isWithin: Bool
    /// Where to look first; `nil` when all is within.
    public var first: First?
    public var folds: [Fold]
    public var values: [ComparedValue]
    public var missingOutputs: [String]
    /// What could not run, and why.
    public var obstacles: [String]
    /// The classes that the samples got; `nil` where no value has scores of classes.
    public var classes: [Classes]?
    /// What the user requires of them; `nil` for nothing.
    public var requirements: [Requirement]?
    /// What is worth telling about how the weights and the network of either side belong together; `nil` where nothing is.
    public var remarks: [FoldReport.Remark]?
    /// The words of the framework, for texts; no part of the JSON form.
    public var vocabulary = Vocabulary.plain

    private enum CodingKeys: String, CodingKey {
        case bnfold, schema, original, folded, precision, tolerance, toleranceReason, simulation, samples, layersRun,
            layerCount,
            isWithin, first
        case folds, missingOutputs, obstacles, classes, requirements, remarks
        case values = "blobs"
    }

    public struct Samples: Codable, Hashable, Sendable {
        public var count: Int
        /// The files; `nil` for noise.
        public var files: [String]?
        public var seed: UInt64?
        /// The deviation of the noise, and the BatchNorm whose statistics told it.
        public var scale: Double?
        public var scaledBy: String?
    }

    /// The first value beyond the tolerance, and the fold that lies before it.
    public struct First: Codable, Hashable, Sendable {
        public var value: String?
        public var layer: String?
        /// Layers with new numbers, and the layers that went into them.
        public var changed: [String]
        public var removed: [String]

        private enum CodingKeys: String, CodingKey {
            case layer, changed, removed
            case value = "blob"
        }
    }

    /// A place where the two networks differ, tried by itself in double precision.
    public struct Fold: Codable, Hashable, Sendable {
        /// Layers of the folded network with numbers of their own.
        public var changed: [String]
        /// Layers of the original that the folded network does not have.
        public var removed: [String]
        public var values: [String]
        /// `network`, `site` or `none`.
        public var coverage: String
        /// Why it was not tried.
        public var obstacle: String?
        public var isBeyond: Bool
        /// Of the channel that comes nearest to its bound: the largest difference, in the units of the value, and the channel's number.
        public var error: Double?
        public var channel: Int?
        /// The largest magnitude of the value.
        public var magnitude: Double
        /// What the rounding of the weights allows; `nil` where no bound is known.
        public var bound: Double?
        /// The error relative to its bound, or to the tolerance; `nil` when it is not finite.
        public var ratio: Double?
        /// Of the channel with the largest error relative to the magnitude of its value: dead channels may come nearer to bounds that are next to nothing.
        /// `nil` when nothing was compared.
        public var largest: Channel?
        /// Both shapes, when they differ.
        public var shapes: String?

        private enum CodingKeys: String, CodingKey {
            case changed, removed, coverage, obstacle, isBeyond, error, channel, magnitude, bound, ratio, largest,
                shapes
            case values = "blobs"
        }

        /// One channel of one value; the fields as those of the fold.
        public struct Channel: Codable, Hashable, Sendable {
            public var channel: Int
            public var error: Double?
            public var magnitude: Double
            public var bound: Double?
            public var ratio: Double?
        }
    }

    /// A value that both networks have, as compared.
    public struct ComparedValue: Codable, Hashable, Sendable {
        public var name: String
        /// The layer of the folded network that computes it.
        public var layer: String
        public var type: String
        public var isOutput: Bool
        /// The output of which a last softmax, sigmoid or tanh reads this value; `nil` for all others, and where the framework's comparisons do not tell it.
        public var beforeOutput: String?
        public var isBeyond: Bool
        /// Whether it follows a layer that decides, and is not judged.
        public var isDecision: Bool
        public var elements: Int
        /// Elements that are not finite on one side, or on both in another way.
        public var nonFinite: Int
        /// Elements that are not finite on both sides in the same way, and were not compared; `nil` for none.
        public var nonFiniteInBoth: Int?
        public var largestAbsolute: Double
        /// `nil` when it is not finite.
        public var largestRelative: Double?
        public var rootMeanSquare: Double
        public var cosine: Double
        /// The sample and the place in its value of the worst element.
        public var worstSample: Int
        public var worstIndex: [Int]
        /// Both shapes, when they differ.
        public var shapes: String?
        /// Why it was not compared.
        public var obstacle: String?
    }

    /// The report as JSON, with sorted keys and a final newline.
    public func json() throws(BNFoldError) -> [UInt8] { try JSONText.encode(self) }
}
