import NetGraph

/// Takes constant channels out of a network: out of the layers that write them, and out of those that read them, whose biases take what they gave.
///
/// Exact in real arithmetic. Source of the condition: a linear layer whose weights of an output are all 0 gives its bias at every place.
public struct ChannelRemoval {
    /// A linear layer with fewer channels.
    public struct Change: Hashable, Sendable {
        public var layer: LayerID
        /// Output channels.
        public var outputs: Int
        public var removedOutputs: Int
        public var removedInputs: Int
    }

    /// Constant channels that stay, and why.
    public struct Obstacle: Hashable, Sendable {
        /// The layer that gives them.
        public var layer: LayerID
        public var count: Int
        /// The layer for which they stay; may be the same.
        public var reader: LayerID
        /// The reason, as the end of a sentence about the reader.
        public var reason: String
    }

    /// Sizes of a network.
    public struct Size: Hashable, Sendable {
        /// Output channels of linear layers.
        public var channels: Int
        /// Numbers of all parameters.
        public var parameters: Int
        /// Products of one pass of one sample; `nil` where shapes are not known.
        public var multiplications: Int?
    }

    public private(set) var folded: FoldedNetwork
    public private(set) var changes: [Change] = []
    public private(set) var obstacles: [Obstacle] = []
    public private(set) var before: Size
    public private(set) var after: Size
    private let store: FoldedWeights<AnyWeightStore>
    private let constants: ConstantChannels

    /// - Parameters:
    ///   - weights: of the network before the fold.
    ///   - mayChange: whether a layer with parameters can be written with fewer channels.
    /// - Throws: `WeightError` when numbers cannot be read.
    public init(
        of folded: FoldedNetwork, weights: any WeightStore, mayChange: @escaping (Layer) -> Bool
    ) throws(WeightError) {
        self.folded = folded
        store = FoldedWeights(base: AnyWeightStore(weights), folded: folded)
        constants = try ConstantChannels(of: folded.network, store: store, mayChange: mayChange)
        before = Size(of: folded.network)
        after = before
        let network = folded.network
        obstacles = constants.obstacles.map { obstacle in
            Obstacle(
                layer: network.layers[obstacle.producer].id, count: obstacle.count,
                reader: network.layers[obstacle.reader].id, reason: obstacle.reason)
        }
        guard constants.removable.contains(where: { $0?.contains(true) ?? false }) else { return }
        for position in network.layers.indices { try change(position) }
        for index in network.values.indices {
            guard let channels = constants.removable[index], channels.contains(true) else { continue }
            guard var shape = network.values[index].shape, shape.rank > 1 else { continue }
            shape.dimensions[1] = channels.count { !$0 }
            self.folded.network.values[index].shape = shape
        }
        after = Size(of: self.folded.network)
    }

    /// The channels of a value that stay; `nil` for all.
    private func remaining(_ value: ValueID?) -> [Int]? {
        guard let value, let channels = constants.removable[value.index], channels.contains(true) else { return nil }
        return channels.indices.filter { !channels[$0] }
    }

    private mutating func change(_ position: Int) throws(WeightError) {
        let layer = folded.network.layers[position]
        let kept = remaining(layer.inputs.first)
        switch constants.rules[position] {
        case .linear(let weight, let bias, let layout, let isDepthwise, _):
            try change(linear: position, weight: weight, bias: bias, layout, isDepthwise: isDepthwise)
        case .alike:
            guard let kept else { return }
            var operation = layer.operation
            switch operation {
            case .scale(var scale):
                scale.gamma = try scale.gamma.map { (gamma) throws(WeightError) in try selected(gamma, kept) }
                scale.beta = try scale.beta.map { (beta) throws(WeightError) in try selected(beta, kept) }
                operation = .scale(scale)
            case .bias(var bias):
                bias.beta = try bias.beta.map { (beta) throws(WeightError) in try selected(beta, kept) }
                operation = .bias(bias)
            case .activation(.prelu(let slope, axes: nil)):
                operation = .activation(.prelu(slope: try selected(slope, kept), axes: nil))
            default: break
            }
            folded.network.layers[position].operation = operation
        case .concatenation, .combination, .flattening, .barrier: break
        }
    }

    /// The numbers of some channels of a vector; the same vector where it has one number for all.
    private mutating func selected(_ parameter: ParameterID, _ kept: [Int]) throws(WeightError) -> ParameterID {
        var new = folded.network[parameter]
        guard new.elementCount != 1, let shape = new.shape else { return parameter }
        let numbers = try store.vector(parameter, of: folded.network)
        new.shape = shape.count == 1 ? [kept.count] : [kept.count] + shape.dropFirst()
        return add(new, .vector(kept.map { numbers[$0] }))
    }

    private mutating func add(_ parameter: Parameter, _ recipe: ParameterRecipe) -> ParameterID {
        let new = folded.network.addParameter(parameter)
        folded.recipes[new] = recipe
        return new
    }

    private mutating func change(
        linear position: Int, weight: ParameterID, bias: ParameterID?, _ layout: WeightLayout, isDepthwise: Bool
    ) throws(WeightError) {
        let layer = folded.network.layers[position]
        let outputs = remaining(layer.outputs.first)
        let inputs = remaining(layer.inputs.first)
        guard outputs != nil || inputs != nil, let shape = folded.network[weight].shape else { return }
        let selection =
            isDepthwise
            ? WeightSelection(of: layout, groups: inputs)
            : WeightSelection(of: layout, outputs: outputs, inputs: inputs)
        let part = selection.result
        var new = folded.network[weight]
        new.shape = Self.shape(shape, of: layer.operation, from: layout, to: part)
        let count = layout.groups * layout.outputs
        var terms = try bias.map { (bias) throws(WeightError) in try store.vector(bias, of: folded.network) }
        if !isDepthwise, let gained = try gained(from: layer.inputs[0], weight: weight, layout) {
            terms = (0..<count).map { (terms?[$0] ?? 0) + gained[$0] }
        }
        var newBias = bias
        if let terms, outputs != nil || bias == nil || !isDepthwise {
            var vector =
                bias.map { folded.network[$0] }
                ?? Parameter(name: "\(layer.name) bias", shape: [count], elementType: new.elementType)
            let old = vector.shape ?? [count]
            // Older files keep a bias as 1 x 1 x 1 x outputs.
            vector.shape = old.map { $0 == count ? (outputs?.count ?? count) : $0 }
            newBias = add(vector, .vector(outputs.map { $0.map { terms[$0] } } ?? terms))
        }
        let newWeight = add(new, .selected(weight, selection))
        var operation = layer.operation.replacingLinearParameters(weight: newWeight, bias: newBias)
        switch operation {
        case .convolution(var convolution):
            convolution.outputChannels = outputs?.count ?? count
            if isDepthwise { convolution.groups = part.groups }
            operation = .convolution(convolution)
        case .deconvolution(var convolution):
            convolution.outputChannels = outputs?.count ?? count
            if isDepthwise { convolution.groups = part.groups }
            operation = .deconvolution(convolution)
        case .innerProduct(var product):
            product.outputCount = outputs?.count ?? count
            operation = .innerProduct(product)
        default: break
        }
        folded.network.layers[position].operation = operation
        changes.append(
            Change(
                layer: layer.id, outputs: count, removedOutputs: count - (outputs?.count ?? count),
                removedInputs: isDepthwise ? 0 : layout.inputs - (inputs?.count ?? layout.inputs)))
    }

    /// What the channels that go gave to each output: the sum of their numbers times their weights; `nil` for nothing.
    private func gained(
        from input: ValueID, weight: ParameterID, _ layout: WeightLayout
    ) throws(WeightError) -> [Double]? {
        guard let channels = constants.removable[input.index], let numbers = constants.numbers[input.index] else {
            return nil
        }
        let factors = channels.indices.map { channels[$0] ? numbers[$0] ?? 0 : 0 }
        guard factors.contains(where: { $0 != 0 }) else { return nil }
        let (inputs, outputs) = (ChannelLayout(layout, .inputs), ChannelLayout(layout, .outputs))
        var sums = [Double](repeating: 0, count: layout.outputs)
        try store.forEachSlice(of: weight, elementCount: outputs.elementCount) {
            (slice: UnsafeMutableBufferPointer<Double>, start) throws(WeightError) in
            inputs.multiply(slice, from: start, by: factors)
            outputs.forEachChannel(in: slice, from: start) { channel, number in sums[channel] += number }
        }
        return sums
    }

    /// The shape of a part of a weight. Two of its axes count channels: the first two of a convolution that is stored outputs first (inputs first, if
    /// it is transposed), the last two otherwise.
    private static func shape(
        _ shape: [Int], of operation: Operation, from old: WeightLayout, to new: WeightLayout
    ) -> [Int] {
        let isProduct = if case .innerProduct = operation { true } else { false }
        let isFirst = !isProduct && old.roles.last == .kernel
        func lengths(_ layout: WeightLayout) -> [Int] {
            func length(_ place: Int) -> Int { layout.length(of: layout.roles[place]) }
            return switch (isProduct, old.roles) {
            case (true, [.groups, .outputs, .inputs, .kernel]): [layout.outputs, layout.inputs * layout.kernel]
            case (true, _): [layout.inputs * layout.kernel, layout.outputs]
            case (false, _) where isFirst: [layout.groups * length(1), length(2)]
            case (false, [.kernel, .groups, .outputs, .inputs]): [layout.groups, layout.outputs * layout.inputs]
            case (false, _): [length(1), layout.groups * length(3)]
            }
        }
        let place = isFirst ? 0 : shape.count - 2
        guard shape.count > 1, Array(shape[place..<place + 2]) == lengths(old) else {
            return [new.groups * new.outputs * new.inputs * new.kernel]
        }
        var result = shape
        result.replaceSubrange(place..<place + 2, with: lengths(new))
        return result
    }
}

extension ChannelRemoval.Size {
    /// The size of a network.
    init(of network: Network) {
        channels = 0
        parameters = 0
        multiplications = 0
        var counted: Set<ParameterID> = []
        for layer in network.layers {
            for parameter in layer.operation.parameters where counted.insert(parameter).inserted {
                parameters += network[parameter].elementCount ?? 0
            }
            guard let linear = LinearLayer(layer.operation), !linear.shiftsWeight else { continue }
            channels += linear.outputChannels
            let places = network[layer.outputs[0]].shape.flatMap { shape in
                shape.rank > 2 ? shape.elementCount(in: 2..<shape.rank) : 1
            }
            guard let places, let weights = network[linear.weight].elementCount, let total = multiplications else {
                multiplications = nil
                continue
            }
            multiplications = total + places * weights
        }
    }
}
