import NetGraph

/// What turning a TEST-phase net into a deploy net does to one layer.
public struct DeployChange: Hashable, Sendable {
    public enum Kind: Hashable, Sendable {
        /// A data layer became an Input.
        case becameInput(from: String)
        /// A loss became the function that it applies to the scores, and got its names.
        case becameFunction(from: String, to: String, names: FunctionNames)
        /// A loss or a metric went.
        case droppedObjective
        /// The layer only fed layers that went.
        case feedsNothing
        /// The layer hands its input on unchanged.
        case identity
    }

    /// What a loss is called before and after, as a layer and as a blob.
    public struct FunctionNames: Hashable, Sendable {
        public var oldLayer: String
        public var layer: String
        /// `nil` for a loss without a top.
        public var oldBlob: String?
        public var blob: String
    }

    public var layer: LayerID
    public var kind: Kind
}

/// A network as it is deployed, and what that changed.
struct DeployedNetwork {
    var network: Network
    var changes: [DeployChange]
    /// BatchNorms that normalised by the batch, as training needs, and now use their stored statistics.
    var switchedNormalizations: [LayerID]
}

extension CaffeNetwork {
    /// The network as it is deployed: no data layers, labels, losses or metrics, nothing that only fed those, no Dropout, and BatchNorms that
    /// use their stored statistics.
    ///
    /// What the net computes from its data stays and keeps its names; scores that only a loss or a metric read become outputs.
    ///
    /// - Parameter keepsBatchStatistics: leave `use_global_stats: false` as it is. In a net without training parts it stays in any case: there
    ///   somebody asked for it.
    func deployed(keepsBatchStatistics: Bool) -> DeployedNetwork {
        var deployment = Deployment(self)
        deployment.replaceObjectives()
        deployment.dropDead()
        deployment.replaceDataSources()
        deployment.dropIdentities()
        let changes = deployment.changes.sorted { $0.layer < $1.layer }
        var result = DeployedNetwork(network: deployment.network, changes: changes, switchedNormalizations: [])
        if !keepsBatchStatistics, hasTrainingParts(changes) { result.useStoredStatistics(of: self) }
        return result
    }
}

extension DeployedNetwork {
    /// `use_global_stats: false` is what training needs; Caffe's documentation has it switched for deployment. A layer's own `phase: TRAIN` is
    /// no such habit and stays.
    fileprivate mutating func useStoredStatistics(of source: CaffeNetwork) {
        for position in network.layers.indices {
            guard case .batchNorm(var batchNorm) = network.layers[position].operation, !batchNorm.usesGlobalStatistics,
                source.definition(of: network.layers[position].id)?.deniesGlobalStatistics == true
            else { continue }
            batchNorm.usesGlobalStatistics = true
            network.layers[position].operation = .batchNorm(batchNorm)
            switchedNormalizations.append(network.layers[position].id)
        }
    }
}

/// The steps of `deployed()`, in order.
private struct Deployment {
    private(set) var network: Network
    private(set) var changes: [DeployChange] = []
    /// The values that somebody wants, besides the layers that stay.
    private var wanted: ValueSet
    /// Values that weights were applied to.
    private let learned: ValueSet
    /// The names of all values, once one has to be found that is not among them.
    private var valueNames: Set<String>?

    private let source: CaffeNetwork

    init(_ source: CaffeNetwork) {
        self.source = source
        network = source.network
        wanted = ValueSet(capacity: network.values.count)
        var learned = ValueSet(capacity: network.values.count)
        for layer in network.layers
        where !layer.operation.parameters.isEmpty || layer.inputs.contains(where: learned.contains) {
            learned.insert(layer.outputs)
        }
        self.learned = learned
    }

    /// Losses and metrics go, or become the function that they apply to the scores.
    mutating func replaceObjectives() {
        var dataTops = ValueSet(capacity: network.values.count)
        for layer in network.layers where layer.isDataSource { dataTops.insert(layer.outputs) }
        let labels = labelValues(in: network.layers)
        let read = ValueSet(readBy: network.layers, of: network)
        let namesake = losses(labels: labels, read: read).mostWeighty
        var objectiveTops = ValueSet(capacity: network.values.count)
        // What a loss or a metric says, as opposed to the function that a loss may give as its second top.
        var verdicts = ValueSet(capacity: network.values.count)
        var kept: [Layer] = []
        let functions = functionsOfScores()
        for layer in network.layers {
            let readsVerdict = !layer.isSink && layer.inputs.contains(where: verdicts.contains)
            guard
                let type = objectiveType(of: layer, labels: labels, read: read)
                    ?? (readsVerdict ? layer.type : nil)
            else {
                kept.append(layer)
                continue
            }
            objectiveTops.insert(layer.outputs)
            verdicts.insert(function(of: type, layer: layer.id) == nil ? layer.outputs[...] : layer.outputs.prefix(1))
            let scores = layer.inputs.filter { learned.contains($0) && !verdicts.contains($0) }
            if let function = function(of: type, layer: layer.id), let score = layer.inputs.first {
                if let twin = functions[ScoreFunction(operation: function, score: score)] {
                    wanted.insert(twin)
                } else {
                    let (layer, names) = converted(layer, to: function, score: score, isMain: layer.id == namesake)
                    kept.append(layer)
                    changes.append(
                        DeployChange(
                            layer: layer.id, kind: .becameFunction(from: type, to: function.caffeType, names: names)))
                    continue
                }
            } else if readsVerdict {
                wanted.insert(scores)
            } else {
                wanted.insert(scores.isEmpty ? layer.inputs.prefix(1).filter { !dataTops.contains($0) } : scores)
            }
            changes.append(DeployChange(layer: layer.id, kind: .droppedObjective))
        }
        wanted.insert(network.outputs.filter { !dataTops.contains($0) && !objectiveTops.contains($0) })
        let keptLabels = labelValues(in: kept)
        for layer in kept {
            for output in layer.outputs where keptLabels.contains(output) { wanted.remove(output) }
        }
        network.layers = kept
        for layer in kept where layer.operation == .input { wanted.insert(layer.outputs) }
    }

    /// The type of a layer that only training and evaluation need.
    ///
    /// Of types that are not known it is one that compares with labels and that nobody reads: there are no labels at deployment.
    private func objectiveType(of layer: Layer, labels: ValueSet, read: ValueSet) -> String? {
        switch layer.operation {
        case .objective(let type): type
        case .opaque(let opaque)
        where opaque.parameters.isEmpty && layer.inputs.contains(where: labels.contains)
            && layer.inputs.contains(where: learned.contains) && !layer.outputs.contains(where: read.contains):
            opaque.type
        default: nil
        }
    }

    /// A function that a loss may apply to scores.
    private struct ScoreFunction: Hashable {
        var operation: Operation
        var score: ValueID
    }

    /// What the first layer of each such function writes.
    private func functionsOfScores() -> [ScoreFunction: [ValueID]] {
        var functions: [ScoreFunction: [ValueID]] = [:]
        for layer in network.layers where layer.inputs.count == 1 {
            switch layer.operation {
            case .softmax, .activation:
                let function = ScoreFunction(operation: layer.operation, score: layer.inputs[0])
                if functions[function] == nil { functions[function] = layer.outputs }
            default: continue
            }
        }
        return functions
    }

    /// What remains of a loss at deployment; `nil` when nothing does.
    private func function(of type: String, layer: LayerID) -> Operation? {
        switch type {
        case "SoftmaxWithLoss": .softmax(axis: source.definition(of: layer)?.softmaxAxis ?? 1)
        case "SigmoidCrossEntropyLoss": .activation(.sigmoid)
        default: nil
        }
    }

    /// The loss as a function of the scores. Its second top, if any, was that function's result already, and keeps its name.
    ///
    /// - Parameter isMain: whether it is the one that is called `prob`.
    private mutating func converted(
        _ layer: Layer, to function: Operation, score: ValueID, isMain: Bool
    ) -> (layer: Layer, names: DeployChange.FunctionNames) {
        var result = layer
        result.operation = function
        result.type = function.caffeType
        result.inputs = [score]
        let oldTop = layer.outputs.prefix(2).last
        let oldBlob = oldTop.map { network[$0].name }
        let isFree = isMain && isFree(Self.functionName, beside: layer)
        if isFree { result.name = Self.functionName }
        let top: ValueID
        if let oldTop {
            top = oldTop
            if isFree, layer.outputs.count == 1 { network.values[top.index].name = Self.functionName }
        } else {
            // A loss may leave out its top, a function may not.
            let own = result.name.isEmpty ? layer.type : result.name
            if valueNames == nil { valueNames = Set(network.values.map(\.name)) }
            let name = valueNames?.contains(own) ?? false ? own + "_prob" : own
            valueNames?.insert(name)
            top = network.addValue(Value(name: name))
        }
        network.values[top.index].shape = network[score].shape
        result.outputs = [top]
        wanted.insert(top)
        let names = DeployChange.FunctionNames(
            oldLayer: layer.name, layer: result.name, oldBlob: oldBlob, blob: network[top].name)
        return (result, names)
    }

    /// What Caffe's own deploy nets call the function that takes the place of a loss, as a layer and as a blob.
    private static let functionName = "prob"

    /// Whether no other layer and no blob of another layer has a name.
    private func isFree(_ name: String, beside layer: Layer) -> Bool {
        source.network.layers.allSatisfy { other in
            other.id == layer.id || other.name != name && other.outputs.allSatisfy { network[$0].name != name }
        }
    }

    /// The losses that become functions, in order, with their weights.
    private func losses(labels: ValueSet, read: ValueSet) -> [(layer: LayerID, weight: Double)] {
        let functions = functionsOfScores()
        return network.layers.compactMap { layer in
            guard let type = objectiveType(of: layer, labels: labels, read: read),
                let function = function(of: type, layer: layer.id), let score = layer.inputs.first,
                functions[ScoreFunction(operation: function, score: score)] == nil
            else { return nil }
            return (layer.id, source.definition(of: layer.id)?.lossWeight ?? 1)
        }
    }

    /// Values computed from data without any weights while other data feeds layers with weights: labels, and what is made of them.
    private func labelValues(in layers: [Layer]) -> ValueSet {
        var feedsWeights = ValueSet(capacity: network.values.count)
        for layer in layers.reversed()
        where !layer.operation.parameters.isEmpty || layer.outputs.contains(where: feedsWeights.contains) {
            feedsWeights.insert(layer.inputs)
        }
        var labels = ValueSet(capacity: network.values.count)
        for layer in layers {
            if layer.isDataSource {
                labels.insert(layer.outputs.lazy.filter { !feedsWeights.contains($0) })
            } else if !layer.inputs.isEmpty, layer.inputs.allSatisfy(labels.contains) {
                labels.insert(layer.outputs)
            }
        }
        return labels
    }

    /// Layers whose outputs nobody wants go, from the end to the beginning.
    mutating func dropDead() {
        var live = wanted
        var kept: [Layer] = []
        for layer in network.layers.reversed() {
            if case .sink = layer.operation {
                kept.append(layer)
                continue
            }
            guard layer.outputs.contains(where: live.contains) || layer.operation == .input else {
                changes.append(DeployChange(layer: layer.id, kind: .feedsNothing))
                continue
            }
            live.insert(layer.inputs)
            kept.append(layer)
        }
        kept.reverse()
        // A sink keeps what would otherwise become an output: values of layers that stay and that nobody else reads.
        var produced = ValueSet(capacity: network.values.count)
        for layer in kept where !layer.isDataSource { produced.insert(layer.outputs) }
        network.layers = kept.compactMap { layer in
            guard case .sink = layer.operation else { return layer }
            var sink = layer
            sink.inputs = layer.inputs.filter { produced.contains($0) && !wanted.contains($0) }
            if sink.inputs.isEmpty { changes.append(DeployChange(layer: layer.id, kind: .feedsNothing)) }
            return sink.inputs.isEmpty ? nil : sink
        }
        let read = ValueSet(readBy: network.layers, of: network)
        network.outputs = network.layers.filter { !$0.isDataSource }.flatMap(\.outputs).filter { !read.contains($0) }
    }

    /// Data layers become inputs, with the tops that somebody reads.
    mutating func replaceDataSources() {
        let read = ValueSet(readBy: network.layers, of: network)
        for position in network.layers.indices {
            guard case .dataSource(let type) = network.layers[position].operation else { continue }
            network.layers[position].operation = .input
            network.layers[position].type = Operation.input.caffeType
            network.layers[position].outputs.removeAll { !read.contains($0) }
            changes.append(DeployChange(layer: network.layers[position].id, kind: .becameInput(from: type)))
        }
    }

    mutating func dropIdentities() {
        let (result, removed) = network.removingIdentities()
        network = result
        changes += removed.map { DeployChange(layer: $0, kind: .identity) }
    }
}

extension Layer {
    fileprivate var isDataSource: Bool {
        if case .dataSource = operation { true } else { false }
    }

    fileprivate var isSink: Bool {
        if case .sink = operation { true } else { false }
    }
}

extension [(layer: LayerID, weight: Double)] {
    /// The first of those with the largest weight: where there are several losses, the others are often auxiliary.
    fileprivate var mostWeighty: LayerID? {
        let largest = map(\.weight).max()
        return first { $0.weight == largest }?.layer
    }
}
