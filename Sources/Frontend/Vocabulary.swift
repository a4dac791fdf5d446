/// What the users of one framework call things, for reports and messages.
public struct Vocabulary: Hashable, Sendable {
    /// A value that one layer hands to another, in singular and plural: "blob", "blobs".
    public var value: String
    public var values: String
    /// The file of the network; where it lies with the weights, the file of both.
    public var networkFile: String
    /// The types of layers that are affine, in the order in which reports count them.
    public var affineTypes: [String]
    /// The same for a sentence that says that there are none: "BatchNorm, Scale or Bias".
    public var affineLayers: String
    /// The type that a normalisation has, in singular and plural.
    public var normalization: String
    public var normalizations: String
    /// How a normalisation is told to use the statistics of each batch.
    public var batchStatisticsSetting: String

    /// Words that belong to no framework.
    public static let plain = Vocabulary(
        value: "value", values: "values", networkFile: "network", affineTypes: [], affineLayers: "normalization",
        normalization: "normalization",
        normalizations: "normalizations", batchStatisticsSetting: "statistics of each batch")

    public init(
        value: String, values: String, networkFile: String, affineTypes: [String], affineLayers: String,
        normalization: String,
        normalizations: String, batchStatisticsSetting: String
    ) {
        self.value = value
        self.values = values
        self.networkFile = networkFile
        self.affineTypes = affineTypes
        self.affineLayers = affineLayers
        self.normalization = normalization
        self.normalizations = normalizations
        self.batchStatisticsSetting = batchStatisticsSetting
    }
}
