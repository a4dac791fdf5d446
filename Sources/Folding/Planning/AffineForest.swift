import NetGraph

/// The affine layers of a network, each with all that lies before it up to the first layer that is none.
///
/// BatchNorm, Scale, Bias and Power (power 1) that read one another, and that nobody else reads, are one affine in effect. A run of them begins at
/// a root: a value that another kind of layer writes, or an affine layer whose output has several readers (a junction).
struct AffineForest {
    struct Node {
        /// Its place in `network.layers`.
        var position: Int
        /// The affine layer whose output it reads.
        var parent: Int?
        var root: ValueID
        /// From the root to the output of the layer.
        var affine: ChannelAffine
    }

    private(set) var nodes: [Node] = []
    /// Layers that look like affines and are none that can be moved.
    private(set) var refusals: [Refusal] = []
    /// Values of affine layers that more than one reads.
    private let junctions: Set<ValueID>
    private var nodeOfValue: [Int?]

    /// Takes the layers in order: what each is by its structure (`AffineRole`), then what it continues, its numbers, and whether these fit.
    ///
    /// - Parameters:
    ///   - shapes: of all values, as far as they are known.
    ///   - kept: layers that stay as they are, and why.
    ///   - statistics: reads the numbers; `nil` to assume the worst about all that are not told by the structure.
    /// - Throws: `WeightError` when a vector cannot be read.
    init(
        _ network: Network, connections: Connections, shapes: [TensorShape?], kept: [LayerID: RefusalReason] = [:],
        statistics: inout StatisticsReader?
    ) throws(WeightError) {
        nodeOfValue = [Int?](repeating: nil, count: network.values.count)
        junctions = Set(
            network.values.indices.map(ValueID.init).filter {
                connections.consumers(of: $0).count + (connections.isOutput($0) ? 1 : 0) > 1
            })
        var keptNormalizations = ValueSet(capacity: network.values.count)
        for (position, layer) in network.layers.enumerated() {
            let reason: RefusalReason?
            switch layer.operation.affineRole(inputCount: layer.inputs.count, network: network) {
            case .notAffine: continue
            case .refused(let cause): reason = cause
            case .element where kept[layer.id] != nil: reason = kept[layer.id]
            case .element where layer.isScaleByChannel && keptNormalizations.contains(layer.inputs[0]):
                reason = .batchNormStays
            case .element:
                reason = try add(layer, at: position, network: network, connections, shapes: shapes, &statistics)
            }
            guard let reason else { continue }
            refusals.append(Refusal(layer: layer.id, reason: reason))
            // Along another axis it is no half of one normalisation with a Scale by channel.
            if case .batchNorm(let batchNorm) = layer.operation, batchNorm.axis == 1 {
                keptNormalizations.insert(layer.outputs)
            }
        }
    }

    /// The affine layer that writes a value.
    func node(writing value: ValueID) -> Int? { nodeOfValue[value.index] }

    /// The value that a run begins with: the value itself when no affine layer writes it, or several read it.
    func root(of value: ValueID) -> ValueID {
        junctions.contains(value) ? value : nodeOfValue[value.index].map { nodes[$0].root } ?? value
    }

    /// The affine layer whose output is a root of its own.
    func junction(writing root: ValueID) -> Int? { junctions.contains(root) ? nodeOfValue[root.index] : nil }

    /// The layers from the root to a node, in order.
    func path(to node: Int) -> [Int] {
        var path: [Int] = []
        var next: Int? = node
        while let node = next {
            path.append(node)
            next = nodes[node].parent
        }
        return path.reversed()
    }

    /// Adds a layer, or says why it cannot be one of the affines.
    private mutating func add(
        _ layer: Layer, at position: Int, network: Network, _ connections: Connections, shapes: [TensorShape?],
        _ statistics: inout StatisticsReader?
    ) throws(WeightError) -> RefusalReason? {
        guard layer.outputs.count == 1 else { return .channelsDisagree }
        let stem = stem(of: layer, network: network)
        let batchNorm = stem.batchNorm.map { network.layers[$0] }
        let known = statistics?.findings.count ?? 0
        let element =
            statistics == nil
            ? layer.operation.assumedAffine(behind: batchNorm?.operation)
            : try statistics?.affine(of: layer, behind: batchNorm)
        guard let element, let affine = stem.affine.map({ $0.followed(by: element) }) ?? element else {
            return .channelsDisagree
        }
        if let channels = shapes[stem.root.index]?.length(ofAxis: 1), !affine.isUniform,
            affine.channelCount != channels
        {
            return .channelMismatch(
                of: affine, channels: channels,
                producer: connections.producer(of: stem.root).map { network.layers[$0] })
        }
        if let statistics, !affine.isFinite, !statistics.findings[known...].contains(where: { $0.severity == .error }) {
            return .overflow(producer: layer.name)
        }
        nodeOfValue[layer.outputs[0].index] = nodes.count
        nodes.append(Node(position: position, parent: stem.parent, root: stem.root, affine: affine))
        return nil
    }

    /// What an affine layer continues.
    private struct Stem {
        var root: ValueID
        /// The affine layer that it reads, unless that is a junction.
        var parent: Int?
        /// The position of the BatchNorm that a Scale belongs to: gamma / sqrt(...) is then rounded once.
        var batchNorm: Int?
        /// All before the layer, or before the two of them.
        var affine: ChannelAffine?
    }

    private func stem(of layer: Layer, network: Network) -> Stem {
        let root = root(of: layer.inputs[0])
        guard root != layer.inputs[0], let parent = node(writing: layer.inputs[0]) else { return Stem(root: root) }
        if layer.isScaleByChannel,
            case .batchNorm(let batchNorm) = network.layers[nodes[parent].position].operation,
            batchNorm.gamma == nil, batchNorm.beta == nil
        {
            return Stem(
                root: root, parent: parent, batchNorm: nodes[parent].position,
                affine: nodes[parent].parent.map { nodes[$0].affine })
        }
        return Stem(root: root, parent: parent, affine: nodes[parent].affine)
    }
}

extension RefusalReason {
    /// Why an affine does not fit the number of channels that it would have to be for.
    fileprivate static func channelMismatch(
        of affine: ChannelAffine, channels: Int, producer: Layer?
    ) -> RefusalReason {
        guard let producer, LinearLayer(producer.operation) != nil else { return .channelsDisagree }
        return .channelCount(producer: producer.name, channels: channels, affineChannels: affine.channelCount)
    }
}

extension Layer {
    /// Whether the layer is what Caffe puts behind each BatchNorm: a factor, and perhaps a term, for each channel.
    fileprivate var isScaleByChannel: Bool {
        if case .scale(let scale) = operation { !scale.axes.isScalar } else { false }
    }
}
