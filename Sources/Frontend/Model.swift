import Folding
import NetGraph

/// One model that was read: its network before and after what deployment asks for, its weights, and the way back into files.
public protocol Model {
    var files: ModelFiles { get }

    /// The network as it was read.
    var original: Network { get }

    /// The network that is to be planned and folded. Its layers have the identifiers of those of `original`.
    var network: Network { get }

    /// The numbers of the parameters; `nil` when only the network was given.
    var weights: (any WeightStore)? { get }

    /// How many bytes of numbers lie in files beside the one of the weights.
    var weightBytesBeside: Int { get }

    /// What deployment did to the layers of `original`.
    ///
    /// - Parameter folded: tells the shapes of inputs as they are written.
    func deployment(of folded: Network) -> [LayerDeployment]

    /// Normalisations that ask for the statistics of each batch, as training needs, and are deployed with their stored ones.
    var switchedNormalizations: [LayerID] { get }

    /// What to do about normalisations that depend on the batch, as part of a sentence.
    var batchStatisticsRemedy: String { get }

    /// Whether a layer of the network normalises by the statistics of each batch, though it has stored ones, which its original does only when asked to.
    var usesBatchStatistics: Bool { get }

    /// What was done to the data before the network got it.
    var preparations: [DataPreparation] { get }

    /// What the layers for data do to each sample, of those that became inputs; `nil` in a framework without such
    /// layers.
    ///
    /// - Throws: for fields that say nothing that can be done.
    func dataTransforms() throws(ModelError) -> [DataTransform]?

    /// What is worth telling about how the parts belong together.
    var remarks: [ReadingRemark] { get }

    /// Layers of the weights that the network lacks, and that are left out.
    var surplusLayers: [SurplusWeights] { get }

    /// The same model as it is deployed, where it was read to be folded only.
    func deployed() throws(ModelError) -> any Model

    /// The network with the names that its layers have in a folded twin, where writing gave them others.
    ///
    /// - Parameter weights: of the twin, for a framework whose names alone do not tell; `nil` where there are none.
    func network(withNamesOf twin: Network, weights: (any WeightStore)?) -> Network

    /// Whether a layer of the network, or of its folded twin, counts as a layer of the model: parts of one do not.
    func isCounted(_ layer: LayerID) -> Bool

    // MARK: Writing

    /// The network with the types of layers that it is to be written with; it computes the same.
    func inStandardTypes(_ folded: FoldedNetwork) -> FoldedNetwork

    /// Whether a layer with parameters can be written with fewer channels than it had.
    func mayLoseChannels(_ layer: Layer) -> Bool

    /// Whether a parameter of a layer of a folded network can be stored in half precision.
    func fitsHalfPrecision(_ parameter: ParameterID, of layer: Layer, in folded: FoldedNetwork) -> Bool

    /// New names of the layers whose names the format cannot hold.
    func renames(of folded: FoldedNetwork, in format: OutputFormat) -> [LayerID: String]

    /// The shared parameters that layers had to part with, because their folds differ.
    func unshared(by folded: FoldedNetwork) -> [PartedParameter]

    /// The file of the network; `nil` where it lies in that of the weights.
    ///
    /// - Parameter plan: the plan that `folded` came from.
    /// - Throws: when something is not known that the file has to tell, with the option that gives it.
    func networkFile(
        for folded: FoldedNetwork, plan: FoldPlan, format: OutputFormat
    ) throws(ModelError) -> [UInt8]?

    /// Writes the folded weights, or the file that holds all.
    ///
    /// - Parameter magnitudes: gets to know the folded weights on the way.
    /// - Throws: `ModelError`, of the kind `overflow` with the layers that have to stay as they are when a number leaves its format.
    func writeWeights(
        of folded: FoldedNetwork, to path: String, settings: WriteSettings, magnitudes: WeightMagnitudes?
    ) throws(ModelError)

    /// Layers of training that count how often the network is right, which deployment drops.
    func accuracies() throws(ModelError) -> [AccuracyMetric]

    // MARK: Writing other statistics

    /// The format of the file that the weights came in.
    var containerFormat: OutputFormat { get }

    /// How many samples a batch of the training had, where the files tell.
    var trainingBatchSize: Int? { get }

    /// The file of the network, in which everything stays but what new statistics change; `nil` where it lies in that of the weights.
    ///
    /// - Parameter folded: `network` with other statistics alone.
    func networkFile(recalibrated folded: FoldedNetwork) throws(ModelError) -> [UInt8]?

    /// Writes the weights, or the file that holds all, in the container that they came in. Everything stays but the statistics. What was written is
    /// read back.
    func writeWeights(
        recalibrated folded: FoldedNetwork, to path: String, settings: WriteSettings
    ) throws(ModelError)

    /// Reads what was written back and holds it against the folded network: layers, names, sharing, shapes, and numbers.
    ///
    /// - Throws: `ModelError` of the kind `internalFault` that names the first difference.
    func check(_ folded: FoldedNetwork, files: ModelFiles, format: OutputFormat) throws(ModelError)
}

extension Model {
    public func fitsHalfPrecision(_ parameter: ParameterID, of layer: Layer, in folded: FoldedNetwork) -> Bool { false }
    public func inStandardTypes(_ folded: FoldedNetwork) -> FoldedNetwork { folded }
    public func dataTransforms() throws(ModelError) -> [DataTransform]? { nil }
    public func accuracies() throws(ModelError) -> [AccuracyMetric] { [] }
    public func mayLoseChannels(_ layer: Layer) -> Bool { true }
    public func isCounted(_ layer: LayerID) -> Bool { true }
    public var weightBytesBeside: Int { 0 }
}
