import Folding
import Frontend
import NetGraph

/// A net of Caffe with its files, as the commands see it.
struct CaffePair: Model {
    let conversion: CaffeConversion
    let files: ModelFiles
    private let options: ModelOptions

    init(_ conversion: CaffeConversion, files: ModelFiles, options: ModelOptions) {
        self.conversion = conversion
        self.files = files
        self.options = options
    }

    var original: Network { conversion.original.network }
    var network: Network { conversion.network }
    var weights: (any WeightStore)? { conversion.weights }
    var switchedNormalizations: [LayerID] { conversion.switchedNormalizations }
    var usesBatchStatistics: Bool { conversion.usesBatchStatistics }
    var preparations: [DataPreparation] { conversion.preprocessing }

    func dataTransforms() throws(ModelError) -> [DataTransform]? {
        try conversion.original.dataTransforms(in: network, conversion.changes)
    }

    var remarks: [ReadingRemark] { conversion.original.remarks + conversion.typeRemarks }

    func inStandardTypes(_ folded: FoldedNetwork) -> FoldedNetwork { conversion.inStandardTypes(folded) }

    var surplusLayers: [SurplusWeights] { conversion.surplus }

    func deployment(of folded: Network) -> [LayerDeployment] {
        let inputs = Dictionary(
            folded.layers.filter { $0.operation == .input }.map { layer in
                (layer.id, layer.outputs.map { folded[$0] })
            }, uniquingKeysWith: { first, _ in first })
        return conversion.changes.map { $0.told(inputs: inputs[$0.layer] ?? []) }
    }

    var batchStatisticsRemedy: String {
        if options.keepsTraining {
            return "without --keep-training they are deployed with the averages that training stored"
        }
        if options.keepsBatchStatistics {
            return "without --keep-batch-statistics the averages that training stored are used"
        }
        return
            "training stores averages of mean and variance for this; --assume-global-stats uses them, and folds these layers"
    }

    func deployed() throws(ModelError) -> any Model {
        guard options.keepsTraining else { return self }
        var deployed = options
        deployed.keepsTraining = false
        var session = CaffeSession()
        return try session.open(files, options: deployed)
    }

    func network(withNamesOf twin: Network, weights: (any WeightStore)?) -> Network {
        conversion.network(withNamesOf: twin)
    }

    /// Caffe reads any blob in half precision. Statistics have a range of their own: variances of 1e-9 or 1e6 are common.
    func fitsHalfPrecision(_ parameter: ParameterID, of layer: Layer, in folded: FoldedNetwork) -> Bool {
        switch layer.operation {
        case .batchNorm, .opaque, .parameter: false
        default: true
        }
    }

    func renames(of folded: FoldedNetwork, in format: OutputFormat) -> [LayerID: String] {
        conversion.renames(of: folded, in: WeightContainer(format))
    }

    func unshared(by folded: FoldedNetwork) -> [PartedParameter] { conversion.unshared(by: folded) }

    func networkFile(
        for folded: FoldedNetwork, plan: FoldPlan, format: OutputFormat
    ) throws(ModelError) -> [UInt8]? {
        try conversion.prototxt(for: folded, plan: plan, container: WeightContainer(format))
    }

    func writeWeights(
        of folded: FoldedNetwork, to path: String, settings: WriteSettings, magnitudes: WeightMagnitudes?
    ) throws(ModelError) {
        try conversion.writeWeights(
            of: folded, to: path, as: WeightContainer(settings.format), compression: settings.compression,
            magnitudes: magnitudes, checkpoint: settings.checkpoint)
    }

    func accuracies() throws(ModelError) -> [AccuracyMetric] { try conversion.original.definition.accuracies() }

    private var container: WeightContainer {
        conversion.weights.map { WeightContainer.container(of: $0.file) } ?? .hdf5
    }

    var containerFormat: OutputFormat { container.format }

    var trainingBatchSize: Int? { conversion.original.definition.trainingBatchSize }

    func networkFile(recalibrated folded: FoldedNetwork) throws(ModelError) -> [UInt8]? {
        try conversion.prototxt(recalibrated: folded)
    }

    func writeWeights(
        recalibrated folded: FoldedNetwork, to path: String, settings: WriteSettings
    ) throws(ModelError) {
        guard container == WeightContainer(settings.format) else {
            throw ModelError(
                .usage,
                "\(files.weights ?? ""): is \(container == .hdf5 ? "HDF5" : "a .caffemodel"), and new statistics are written in the container that they came in; give OUTPUT a name that ends in \(container == .hdf5 ? ".h5" : ".caffemodel"), and use 'bnfold convert' for another"
            )
        }
        try conversion.writeWeights(
            recalibrated: folded, to: path, compression: settings.compression, checkpoint: settings.checkpoint)
    }

    func check(_ folded: FoldedNetwork, files: ModelFiles, format: OutputFormat) throws(ModelError) {
        guard let prototxt = files.network, let weights = files.weights else {
            throw ModelError(.internalFault, "a net of Caffe was not written as a pair of files")
        }
        try conversion.check(folded, prototxt: prototxt, weights: weights, container: WeightContainer(format))
    }
}

extension DeployChange {
    /// The change for people.
    ///
    /// - Parameter inputs: what the layer hands out, if it became an Input.
    fileprivate func told(inputs: [Value]) -> LayerDeployment {
        switch kind {
        case .becameInput:
            let shapes = inputs.map { "\($0.name) \($0.shape.map(\.description) ?? "of unknown shape")" }
            return LayerDeployment(
                layer: layer, kind: .input, sentence: "became Input: " + shapes.joined(separator: ", "))
        case .becameFunction(_, let function, let names):
            return LayerDeployment(
                layer: layer, kind: .function,
                sentence: (["became \(function)"] + names.renamings).joined(separator: "; "),
                names: LayerDeployment.FunctionNames(
                    oldLayer: names.oldLayer, layer: names.layer, oldValue: names.oldBlob, value: names.blob))
        case .droppedObjective:
            return LayerDeployment(
                layer: layer, kind: .objective, sentence: "gone: only training and evaluation need it")
        case .feedsNothing:
            return LayerDeployment(
                layer: layer, kind: .feedsNothing, sentence: "gone: it only fed layers that are gone")
        case .identity:
            return LayerDeployment(
                layer: layer, kind: .identity, sentence: "gone: it hands its input on unchanged")
        }
    }
}

extension DeployChange.FunctionNames {
    /// What is called otherwise than before.
    fileprivate var renamings: [String] {
        let isOneName = oldLayer == oldBlob && layer == blob
        if isOneName, layer != oldLayer { return ["layer and blob '\(oldLayer)' are now '\(layer)'"] }
        var texts: [String] = []
        if layer != oldLayer { texts.append("layer '\(oldLayer)' is now '\(layer)'") }
        if blob != oldBlob { texts.append((oldBlob.map { "blob '\($0)' is now" } ?? "its blob is") + " '\(blob)'") }
        return texts
    }
}
