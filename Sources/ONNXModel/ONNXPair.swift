import Files
import Folding
import Frontend
import NetGraph
import ProtobufWire

/// A model of ONNX with its file, as the commands see it.
struct ONNXPair: Model {
    let files: ModelFiles
    let file: ONNXFile
    let graph: ONNXNetwork
    private let options: ModelOptions

    /// - Parameter joins: outputs of the nodes that may become one layer with the product before them; `nil` for any.
    init(
        _ files: ModelFiles, path: String, options: ModelOptions, joins: Set<String>? = nil
    ) throws(ModelError) {
        self.files = files
        self.options = options
        let file = try onWire { () throws(WireError) in try ONNXFile(path: path, data: files.network) }
        self.file = file
        var builder = ONNXGraphBuilder(
            file, options: options, keepsOverridableInputs: options[ONNXOptions.self].keepsOverridableInputs)
        builder.joins = joins
        graph = try builder.build()
    }

    var original: Network { graph.network }
    var network: Network { graph.network }
    var weights: (any WeightStore)? { ONNXWeightStore(file: file, constants: graph.constants) }
    var weightBytesBeside: Int {
        Set(file.externalPlaces.map(\.location)).reduce(0) { sum, location in
            sum + ((try? file.external.open(location).byteCount) ?? 0)
        }
    }

    var switchedNormalizations: [LayerID] { [] }
    var preparations: [DataPreparation] { [] }
    var remarks: [ReadingRemark] { graph.remarks }
    var surplusLayers: [SurplusWeights] { [] }

    func deployment(of folded: Network) -> [LayerDeployment] { [] }

    var batchStatisticsRemedy: String {
        "export the model in evaluation mode, or take the stored ones with --assume-global-stats"
    }

    // Nothing has to be asked for: what normalises by the batch does so in every reading.
    var usesBatchStatistics: Bool { false }

    /// Constants that a layer reads, and parts of what one node computes, are no nodes of their own.
    func isCounted(_ layer: LayerID) -> Bool {
        guard let origin = graph.origins[layer] else { return layer.index < file.nodes.count + file.inputs.count }
        return origin.part == nil
    }

    func deployed() throws(ModelError) -> any Model { self }

    /// Plain products of the outermost graph, and the nodes that are new.
    func mayLoseChannels(_ layer: Layer) -> Bool {
        guard let origin = graph.origins[layer.id] else { return true }
        let node = file.nodes[origin.node]
        switch layer.operation {
        case .convolution, .deconvolution, .innerProduct:
            return ["Conv", "ConvTranspose", "Gemm", "MatMul"].contains(node.type) && origin.part == nil
                && origin.turn == nil && origin.weightInput != nil && node.scope == 0
        case .scale, .bias:
            let before = graph.network.layers.first { $0.id == layer.id }
            return graph.isLeftover(layer, before: before) && node.scope == 0
        default: return false
        }
    }

    func network(withNamesOf twin: Network, weights: (any WeightStore)?) -> Network { network }

    // MARK: Writing

    /// Weights and biases of layers that fold: what other nodes read may be a number that has to be exact, or statistics. One that the file does not
    /// store, such as the output of a ConstantOfShape, would take more room than before.
    func fitsHalfPrecision(_ parameter: ParameterID, of layer: Layer, in folded: FoldedNetwork) -> Bool {
        guard let origin = graph.origins[layer.id], origin.part == nil, origin.weightInput != nil,
            folded.network[parameter].factors == .any,
            folded.recipes[parameter] != nil || graph.constants[parameter]?.isStored ?? false
        else { return false }
        switch layer.operation {
        case .convolution, .deconvolution, .innerProduct: return true
        default: return false
        }
    }

    func renames(of folded: FoldedNetwork, in format: OutputFormat) -> [LayerID: String] { [:] }

    func unshared(by folded: FoldedNetwork) -> [PartedParameter] { [] }

    func networkFile(
        for folded: FoldedNetwork, plan: FoldPlan, format: OutputFormat
    ) throws(ModelError) -> [UInt8]? { nil }

    func writeWeights(
        of folded: FoldedNetwork, to path: String, settings: WriteSettings, magnitudes: WeightMagnitudes?
    ) throws(ModelError) {
        if folded.computesInHalf {
            return try writeInHalf(folded, to: path, settings: settings, magnitudes: magnitudes)
        }
        let prepared = try graph.prepared(folded, for: file)
        var writer = ONNXWriter()
        writer.checkpoint = settings.checkpoint
        writer.side = settings.side
        try writer.write(
            prepared, of: graph, file: file, weights: folds(of: prepared, magnitudes: magnitudes), to: path)
    }

    /// Writes the model with weights in half precision first, holds that against the plan, and makes of it one that computes in half precision.
    private func writeInHalf(
        _ folded: FoldedNetwork, to path: String, settings: WriteSettings, magnitudes: WeightMagnitudes?
    ) throws(ModelError) {
        guard settings.side == nil else {
            throw ModelError(
                .usage,
                "\(files.weights ?? ""): has numbers in a file of their own, which --half graph does not write; take them in first: bnfold convert"
            )
        }
        var weightsAlone = folded
        weightsAlone.computesInHalf = false
        let stage = path + ".weights"
        defer { try? SystemCall.remove(stage) }
        try writeWeights(of: weightsAlone, to: stage, settings: settings, magnitudes: magnitudes)
        try check(weightsAlone, files: ModelFiles(weights: stage), format: settings.format)
        let half = try ONNXHalfGraph(try onWire { () throws(WireError) in try ONNXFile(path: stage) }, named: file.path)
        try half.write(to: path, checkpoint: settings.checkpoint)
        try half.check(path)
        settings.remarks?.all = half.remarks
    }

    private func folds(
        of prepared: ONNXPreparedFold, magnitudes: WeightMagnitudes? = nil
    ) -> FoldedWeights<ONNXWeightStore> {
        FoldedWeights(
            base: ONNXWeightStore(file: file, constants: prepared.constants), folded: prepared.folded,
            magnitudes: magnitudes)
    }

    // MARK: Writing other statistics

    var containerFormat: OutputFormat { OutputFormat(name: "onnx") }

    var trainingBatchSize: Int? { nil }

    func networkFile(recalibrated folded: FoldedNetwork) throws(ModelError) -> [UInt8]? { nil }

    func writeWeights(
        recalibrated folded: FoldedNetwork, to path: String, settings: WriteSettings
    ) throws(ModelError) {
        try writeWeights(of: folded, to: path, settings: settings, magnitudes: nil)
    }

    func check(_ folded: FoldedNetwork, files: ModelFiles, format: OutputFormat) throws(ModelError) {
        // That was held against what it was made of when it was written.
        guard !folded.computesInHalf else { return }
        guard let path = files.weights else { throw ModelError(.internalFault, "no model was written") }
        var prepared = try graph.prepared(folded, for: file)
        let written: ONNXPair
        var options = options
        options.tellsHalfPrecision = folded.halved != nil
        do {
            let joins = graph.joins(of: prepared.folded.network, in: file)
            written = try ONNXPair(files, path: path, options: options, joins: joins)
        } catch {
            guard error.kind == .malformed || error.kind == .usage else { throw error }
            throw ModelError(.internalFault, "the written model does not load: \(error)")
        }
        prepared.folded = prepared.folded.withSumsOfOneValue(readAs: written.network)
        let expected = prepared.folded.network
        let found = written.network.withoutOlderHalves(expecting: expected)
        if let difference = NetworkStructure(expected).firstDifference(from: NetworkStructure(found)) {
            throw ModelError(
                .internalFault,
                "the written model is not the planned network; planned: \(difference.expected); written: \(difference.found)"
            )
        }
        let store = folds(of: prepared)
        let reread = ONNXWeightStore(file: written.file, constants: written.graph.constants)
        for (planned, found) in zip(expected.layers, written.network.layers) {
            for (parameter, copy) in zip(planned.operation.parameters, found.operation.parameters) {
                guard try WeightComparison.agree(parameter, in: store, copy, in: reread, of: expected) else {
                    throw ModelError(
                        .internalFault, "the written weights of layer '\(planned.name)' are not the planned ones")
                }
            }
        }
    }
}

extension Network {
    /// Tensors that had a Cast to Float before the fold as what they were read as then.
    fileprivate func withoutOlderHalves(expecting expected: Network) -> Network {
        var result = self
        for (planned, found) in zip(expected.layers, layers) {
            for (parameter, copy) in zip(planned.operation.parameters, found.operation.parameters)
            where result[copy].elementType == .float16 && expected[parameter].elementType == .float32 {
                result.parameters[copy.index].elementType = .float32
            }
        }
        return result
    }
}

extension FoldedNetwork {
    /// Sums of two values that became one: the written model is read with a factor of 2 there.
    fileprivate func withSumsOfOneValue(readAs written: Network) -> FoldedNetwork {
        guard written.layers.count == network.layers.count else { return self }
        var result = self
        for (position, layer) in network.layers.enumerated()
        where layer.inputs.count == 2 && layer.inputs[0] == layer.inputs[1] && layer.type == "Add" {
            let found = written.layers[position]
            guard case .arithmetic(Arithmetic(.sum)) = layer.operation, case .scale(let scale) = found.operation,
                let gamma = scale.gamma, let shape = written[gamma].shape
            else { continue }
            let factor = result.network.addParameter(
                Parameter(name: "\(layer.name) factor", shape: shape, elementType: written[gamma].elementType))
            result.recipes[factor] = .vector([Double](repeating: 2, count: TensorShape.elementCount(shape) ?? 0))
            result.network.layers[position].inputs.removeLast()
            result.network.layers[position].operation = .scale(Scale(gamma: factor, beta: nil, axes: scale.axes))
        }
        return result
    }
}
