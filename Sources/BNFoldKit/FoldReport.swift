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
    /// Chains that became one Scale.
    public var scales: [LeftoverChain]
    /// Affine layers that stay as they are.
    public var kept: [KeptLayer]
    public var deployment: [DeploymentChange]
    public var renamed: [Rename]
    public var findings: [Finding]
    /// What running both networks showed; `nil` when they were not run.
    public var verification: VerifyReport?

    public struct Files: Codable, Hashable, Sendable {
        public var weights: String?
        public var prototxt: String
        /// The size of the weights file in bytes.
        public var weightBytes: Int?
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
    }

    public struct LeftoverChain: Codable, Hashable, Sendable {
        /// The layer that became the Scale, by its old name and type.
        public var layer: LayerName
        public var from: [LayerName]
        public var channels: Int
        public var reason: Reason
    }

    public struct KeptLayer: Codable, Hashable, Sendable {
        public var layer: LayerName
        public var reason: Reason
    }

    public struct DeploymentChange: Codable, Hashable, Sendable {
        public var layer: LayerName
        /// `input`, `function`, `objective`, `feeds-nothing` or `identity`.
        public var change: String
        public var sentence: String
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
    }

    /// The report as JSON, with sorted keys and a final newline: the same report gives the same bytes.
    public func json() throws(BNFoldError) -> [UInt8] { try JSONText.encode(self) }

    /// The layers of a type before and after.
    public func count(of type: String) -> Counts {
        let counts = types.first { $0.type == type }
        return Counts(before: counts?.before ?? 0, after: counts?.after ?? 0)
    }
}
