/// What the users of one framework call things, for reports and messages.
public struct Vocabulary: Hashable, Sendable {
    /// The framework, for sentences about what it does.
    public var framework: String
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
    /// What a layer keeps of its training: "blobs".
    public var tensors = "tensors"
    /// What a layer reads, in singular and plural, and what it writes: "bottom", "bottoms", "tops".
    public var input = "input"
    public var inputs = "inputs"
    public var outputs = "outputs"
    /// Whether networks take the channels of images as blue, green, red.
    public var takesBlueFirst = false
    /// How a normalisation is told to use the statistics of each batch.
    public var batchStatisticsSetting: String
    /// What to do about such a one, as the end of a sentence with what parts it from the rest; empty where nothing can be done.
    public var batchStatisticsRemedy = ""
    /// The same for one that stores no statistics.
    public var missingStatisticsRemedy = ""

    /// Words that belong to no framework.
    public static let plain = Vocabulary(
        framework: "the framework", value: "value", values: "values", networkFile: "network", affineTypes: [],
        affineLayers: "normalization", normalization: "normalization", normalizations: "normalizations",
        batchStatisticsSetting: "statistics of each batch")

    public init(
        framework: String, value: String, values: String, networkFile: String, affineTypes: [String],
        affineLayers: String, normalization: String, normalizations: String, batchStatisticsSetting: String
    ) {
        self.framework = framework
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
