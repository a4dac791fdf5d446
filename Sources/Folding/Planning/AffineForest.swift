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
    /// The affine layers by themselves, for Scales that belong to the BatchNorm before them.
    private var batchNorms: [Int: BatchNorm] = [:]

    /// - Parameters:
    ///   - shapes: of all values, as far as they are known.
    ///   - statistics: reads the numbers; `nil` to assume the worst about all that are not told by the structure.
    /// - Throws: `WeightError` when a vector cannot be read.
    init(
        _ network: Network, connections: Connections, shapes: [BlobShape?], statistics: inout StatisticsReader?
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
        _ layer: Layer, at position: Int, network: Network, _ connections: Connections, shapes: [BlobShape?],
        _ statistics: inout StatisticsReader?
    ) throws(WeightError) -> RefusalReason? {
        guard layer.outputs.count == 1 else { return .channelsDisagree }
        let root = root(of: layer.inputs[0])
        let parent = root == layer.inputs[0] ? nil : nodeOfValue[layer.inputs[0].index]
        let known = statistics?.findings.count ?? 0
        // A Scale belongs to the BatchNorm that it reads: gamma / sqrt(...) is then rounded once.
        let before: Int?
        var element: ChannelAffine?
        if case .scale(let scale) = layer.operation, !scale.axes.isScalar, let parent,
            let batchNorm = batchNorms[parent]
        {
            before = nodes[parent].parent
            element = try Self.affine(
                of: batchNorm, layer: network.layers[nodes[parent].position], scale: scale, scaleLayer: layer,
                &statistics)
        } else {
            before = parent
            element = try Self.affine(of: layer, &statistics)
        }
        guard let element, let affine = before.map({ nodes[$0].affine.followed(by: element) }) ?? element else {
            return .channelsDisagree
        }
        if let channels = shapes[root.index]?.length(ofAxis: 1), !affine.isUniform, affine.channelCount != channels {
            let producer = connections.producer(of: root).map { network.layers[$0] }
            return producer.flatMap { LinearLayer($0.operation) } == nil
                ? .channelsDisagree
                : .channelCount(
                    producer: producer?.name ?? "", channels: channels, affineChannels: affine.channelCount)
        }
        if let statistics, !affine.isFinite, !statistics.findings[known...].contains(where: { $0.severity == .error }) {
            return .overflow(producer: layer.name)
        }
        if case .batchNorm(let batchNorm) = layer.operation, batchNorm.gamma == nil, batchNorm.beta == nil {
            batchNorms[nodes.count] = batchNorm
        }
        nodeOfValue[layer.outputs[0].index] = nodes.count
        nodes.append(Node(position: position, parent: parent, root: root, affine: affine))
        return nil
    }

    /// A Scale together with the BatchNorm that it reads.
    private static func affine(
        of batchNorm: BatchNorm, layer: Layer, scale: Scale, scaleLayer: Layer, _ statistics: inout StatisticsReader?
    ) throws(WeightError) -> ChannelAffine? {
        guard var reader = statistics.take() else {
            return .uniform(scale: .nan, offset: scale.beta == nil && batchNorm.mean == nil ? 0 : .nan)
        }
        defer { statistics = reader }
        try reader.checkFinite(scaleLayer.operation.parameters, of: scaleLayer)
        let gamma = try scale.gamma.map { parameter throws(WeightError) in try reader.vector(parameter) }
        let beta = try scale.beta.map { parameter throws(WeightError) in try reader.vector(parameter) }
        if let gamma { reader.examineGamma(gamma, of: scaleLayer) }
        return try reader.affine(of: batchNorm, layer: layer, gamma: gamma, beta: beta)
    }

    private static func affine(
        of layer: Layer, _ statistics: inout StatisticsReader?
    ) throws(WeightError) -> ChannelAffine? {
        if case .power(let power) = layer.operation { return .uniform(scale: power.scale, offset: power.shift) }
        guard var reader = statistics.take() else { return layer.operation.assumedAffine }
        defer { statistics = reader }
        switch layer.operation {
        case .batchNorm(let batchNorm):
            return try reader.affine(of: batchNorm, layer: layer, gamma: nil, beta: nil)
        case .scale(let scale):
            try reader.checkFinite(layer.operation.parameters, of: layer)
            guard let gamma = scale.gamma else { return nil }
            let factors = try reader.vector(gamma)
            let terms = try scale.beta.map { parameter throws(WeightError) in try reader.vector(parameter) }
            reader.examineGamma(factors, of: layer)
            guard !factors.isEmpty, terms.map({ $0.count == factors.count }) ?? true else { return nil }
            return ChannelAffine(scale: factors, offset: terms, isUniform: scale.axes.isScalar)
        case .bias(let bias):
            try reader.checkFinite(layer.operation.parameters, of: layer)
            guard let beta = bias.beta else { return nil }
            let terms = try reader.vector(beta)
            guard !terms.isEmpty else { return nil }
            return ChannelAffine(
                scale: [Double](repeating: 1, count: terms.count), offset: terms, isUniform: bias.axes.isScalar)
        default:
            return nil
        }
    }
}

extension Layer {
    /// Whether the layer is what Caffe puts behind each BatchNorm: a factor, and perhaps a term, for each channel.
    fileprivate var isScaleByChannel: Bool {
        if case .scale(let scale) = operation { !scale.axes.isScalar } else { false }
    }
}

extension Operation {
    /// The affine that structure alone tells: NaN for what is not known. A BatchNorm without a factor of its own only divides, so its factors are
    /// positive.
    fileprivate var assumedAffine: ChannelAffine? {
        switch self {
        case .batchNorm(let batchNorm):
            let hasShift = batchNorm.mean != nil || batchNorm.beta != nil
            let isPlain = batchNorm.gamma == nil
            return .uniform(
                scale: isPlain && batchNorm.spread == .applied ? 1 : .nan, offset: hasShift ? .nan : 0,
                hasPositiveScale: isPlain)
        case .scale(let scale): return .uniform(scale: .nan, offset: scale.beta == nil ? 0 : .nan)
        case .bias: return .uniform(scale: 1, offset: .nan)
        default: return nil
        }
    }
}
