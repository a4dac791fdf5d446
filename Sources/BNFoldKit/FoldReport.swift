import Frontend

/// The whole outcome of folding or inspecting one network: what became of each affine layer, and why.
///
/// Its JSON form is described in `docs/report.md`; `schema` changes when a field changes its meaning or goes.
public struct FoldReport: Codable, Hashable, Sendable {
    /// The version of bnfold.
    public var bnfold = Version.string
    public var schema = 1
    public var network: String
    public var input: Files
    /// `nil` when nothing was written.
    public var output: Files?
    public var layers: Counts
    /// Layers of each type that the network has before or after, sorted by name.
    public var types: [TypeCounts]
    public var folds: [FoldedChain]
    /// What is left of chains that nothing takes as a whole: each is one Scale or Bias.
    public var scales: [LeftoverChain]
    /// Affine layers that stay as they are.
    public var kept: [KeptLayer]
    /// Affine layers that change nothing, alone or together, and went.
    public var dropped: [LayerName]
    /// Values that hold other numbers than before, under new names.
    public var regauged: [RegaugedValue]
    /// Shared parameters that layers had to part with, because their folds differ.
    public var unshared: [UnsharedParameter]
    public var deployment: [DeploymentChange]
    /// Normalisations that ask for the statistics of each batch.
    public var batchStatistics: BatchStatistics
    /// What data layers did to the data, which the caller of the network does now.
    public var preprocessing: [Preprocessing]
    public var renamed: [Rename]
    public var findings: [Finding]
    /// Layers of the weights that the network lacks.
    public var surplus: [SurplusLayer]
    /// What is worth telling about how weights and network belong together.
    public var remarks: [Remark]
    /// That the planner came to the end of its work before it had tried all it could; `nil` when it did not.
    public var search: SearchEnd?
    /// What became of the ranges of channels; `nil` where they were left.
    public var equalization: EqualizationReport?
    /// What running both networks showed; `nil` when they were not run.
    public var verification: VerifyReport?
    /// How far the stored statistics are from those of samples; `nil` when none were given.
    public var drift: DriftReport?
    /// The statistics that were measured on the way, with the stored ones; `nil` where those were folded.
    public var calibration: CalibrateReport?
    /// The channels that were taken out because they held one number; `nil` where nobody asked for that.
    public var constantChannels: ConstantChannelReport?
    /// What was stored in half precision; `nil` where that was not asked for.
    public var half: HalfPrecision?
    /// The words of the framework, for texts; no part of the JSON form.
    public var vocabulary = Vocabulary.plain

    private enum CodingKeys: CodingKey {
        case bnfold, schema, network, input, output, layers, types, folds, scales, kept, dropped, regauged, unshared
        case deployment, batchStatistics, preprocessing, renamed, findings, surplus, remarks, search, equalization,
            verification, drift, calibration, constantChannels, half
    }

    public struct Counts: Codable, Hashable, Sendable {
        public var before: Int
        public var after: Int
    }

    public struct TypeCounts: Codable, Hashable, Sendable {
        public var type: String
        public var before: Int
        public var after: Int
    }

    public struct LayerName: Codable, Hashable, Sendable {
        public var name: String
        public var type: String
    }

    public struct Reason: Codable, Hashable, Sendable {
        /// A stable name, for example `other-readers`.
        public var name: String
        public var sentence: String
    }

    public struct FoldedChain: Codable, Hashable, Sendable {
        public var into: LayerName
        public var from: [LayerName]
        public var channels: Int
        /// Whether the layer had no bias before.
        public var addsBias: Bool
        /// The way of each affine that it takes.
        public var takes: [Take]
    }

    public struct Take: Codable, Hashable, Sendable {
        public var from: [LayerName]
        /// `backward` into the layer that computes what the affine reads, `forward` into one that reads what the affine writes.
        public var direction: String
        /// The layers that it passes on its way.
        public var through: [LayerName]
    }

    public struct RegaugedValue: Codable, Hashable, Sendable {
        public var from: String
        public var to: String
        /// The affine layer that it took or gave away.
        public var layer: LayerName
    }

    public struct UnsharedParameter: Codable, Hashable, Sendable {
        /// The name by which it was shared.
        public var name: String
        /// The layers that shared it, in groups that still do.
        public var groups: [[String]]
    }

    public struct LeftoverChain: Codable, Hashable, Sendable {
        /// The layer that became the Scale or Bias, by its old name and type, or a new layer.
        public var layer: LayerName
        /// `Scale` or `Bias`.
        public var type: String
        /// Whether the layer is new.
        public var isInserted: Bool
        public var from: [LayerName]
        public var channels: Int
        /// Why nothing before it takes it.
        public var reason: Reason
        /// Why nothing behind it takes it; `nil` where nobody asked.
        public var forwardReason: Reason?
    }

    public struct KeptLayer: Codable, Hashable, Sendable {
        public var layer: LayerName
        public var reason: Reason
        /// Why nothing behind it takes it; `nil` where nobody asked.
        public var forwardReason: Reason?
    }

    public struct SearchEnd: Codable, Hashable, Sendable {
        /// The work that the planner may do on a net of this size (`docs/planner.md`).
        public var work: Int
        public var sentence: String

        static func sentence(work: Int) -> String {
            "the search for a better plan ended after \(work) steps, as this net has more ways for affines than are tried: what is planned is exact, but more might fold"
        }
    }

    public struct DeploymentChange: Codable, Hashable, Sendable {
        public var layer: LayerName
        /// `input`, `function`, `objective`, `feeds-nothing` or `identity`.
        public var change: String
        public var sentence: String
        /// The names of a loss that became a function, before and after; `nil` for other layers.
        public var names: FunctionNames?
    }

    public struct FunctionNames: Codable, Hashable, Sendable {
        public var oldLayer: String
        public var layer: String
        /// `nil` for a loss that wrote none.
        public var oldValue: String?
        public var value: String

        private enum CodingKeys: String, CodingKey {
            case oldLayer, layer
            case oldValue = "oldBlob"
            case value = "blob"
        }
    }

    public struct BatchStatistics: Codable, Hashable, Sendable {
        /// Layers that are deployed with their stored statistics all the same, as training needs `false` and deployment does not.
        public var switched: [String]
        /// Layers that still normalise by each batch.
        public var remaining: [String]
        /// What to do about those that remain.
        public var remedy: String?
    }

    public struct Preprocessing: Codable, Hashable, Sendable {
        /// The data layer.
        public var layer: LayerName
        /// The value that gets the data.
        public var value: String
        public var steps: [Step]

        private enum CodingKeys: String, CodingKey {
            case layer, steps
            case value = "blob"
        }

        public struct Step: Codable, Hashable, Sendable {
            /// The option that asks for it, with what it lies in, separated by dots.
            public var field: String
            public var value: String
        }
    }

    public struct Rename: Codable, Hashable, Sendable {
        public var from: String
        public var to: String
    }

    public struct Finding: Codable, Hashable, Sendable {
        public var layer: String
        /// `note`, `warning` or `error`.
        public var severity: String
        /// A stable name, for example `untrained`.
        public var kind: String
        public var message: String
        /// All channels that it is about, counted from 0; empty where it is about the layer as a whole.
        public var channels: [Int]
    }

    /// The report as JSON, with sorted keys and a final newline: the same report gives the same bytes.
    public func json() throws(BNFoldError) -> [UInt8] { try JSONText.encode(self) }

    /// The layers of a type before and after.
    public func count(of type: String) -> Counts {
        let counts = types.first { $0.type == type }
        return Counts(before: counts?.before ?? 0, after: counts?.after ?? 0)
    }
}
