import NetGraph

/// Turns a network that wants the channels of an input in one order into one that wants them in another: the layers that tell channels apart get the
/// channels of their weights in the new order, which is exact.
public struct ChannelSwap {
    /// A layer whose channels cannot be put into another order.
    public struct Refusal: Error {
        public var layer: String
        public var type: String
        public var reason: String
    }

    /// How the tensors of the layers that changed are made.
    public private(set) var recipes: [ParameterID: ParameterRecipe] = [:]
    /// The tensors that were made, by how.
    private var known: [ParameterRecipe: ParameterID] = [:]
    private var network: Network
    /// Values with the channels in the new order.
    private var swapped: Set<ValueID>
    private let order: [Int]

    /// - Parameters:
    ///   - values: inputs of the network, all with as many channels as `order`, which may be its own reverse only.
    ///   - order: which channel of the old order each channel of the new one is.
    /// - Throws: `Refusal` for the first layer that has no weights for this.
    public static func apply(
        to network: inout Network, values: Set<ValueID>, order: [Int]
    ) throws(Refusal) -> [ParameterID: ParameterRecipe] {
        var swap = ChannelSwap(network: network, swapped: values, order: order)
        try swap.run()
        network = swap.network
        return swap.recipes
    }

    private init(network: Network, swapped: Set<ValueID>, order: [Int]) {
        self.network = network
        self.swapped = swapped
        self.order = order
    }

    private mutating func run() throws(Refusal) {
        let outputs = Set(network.outputs)
        var users: [ParameterID: [Int]] = [:]
        for (position, layer) in network.layers.enumerated() {
            for parameter in Set(layer.operation.parameters) { users[parameter, default: []].append(position) }
        }
        var changed: [ParameterID: [Int]] = [:]
        for position in network.layers.indices {
            let layer = network.layers[position]
            guard layer.inputs.contains(where: swapped.contains) else { continue }
            let before = layer.operation
            let ends = try step(position)
            if !ends { swapped.formUnion(layer.outputs) }
            for parameter in before.parameters where !network.layers[position].operation.parameters.contains(parameter)
            {
                changed[parameter, default: []].append(position)
            }
            if !ends, layer.outputs.contains(where: outputs.contains) {
                throw refusal(layer, "what it computes is an output, whose channels must stay in their order")
            }
        }
        // A framework that calls one layer several times has one set of weights for it.
        for (parameter, positions) in changed where !network[parameter].mayBeParted {
            guard Set(positions) == Set(users[parameter] ?? []) else {
                throw refusal(
                    network.layers[positions[0]], "it is called several times, and its other calls read something else")
            }
        }
    }

    private func refusal(_ layer: Layer, _ reason: String) -> Refusal {
        Refusal(layer: layer.name, type: layer.type, reason: reason)
    }

    /// - Returns: whether the channels end here: they are summed up.
    private mutating func step(_ position: Int) throws(Refusal) -> Bool {
        let layer = network.layers[position]
        switch layer.operation {
        case .convolution(let convolution), .deconvolution(let convolution):
            guard convolution.groups == 1, convolution.channelAxis == 1, layer.inputs.count == 1 else {
                throw refusal(layer, convolution.groups == 1 ? "its channels run along another axis" : "it has groups")
            }
            return try reorderInputs(position)
        case .innerProduct(let product):
            guard product.axis == 1 else { throw refusal(layer, "it sums along other axes") }
            return try reorderInputs(position)
        case .batchNorm(var batchNorm):
            guard batchNorm.axis == 1, batchNorm.stored.allSatisfy({ fits($0) }) else {
                throw refusal(layer, "its numbers run along another axis")
            }
            batchNorm.replaceParameters { reordered($0) }
            network.layers[position].operation = .batchNorm(batchNorm)
            return false
        case .scale(var scale):
            guard layer.inputs.count == 1, scale.axes.isScalar || scale.axes == .axes(1..<2) else {
                throw refusal(layer, "its factors run along another axis")
            }
            if scale.axes.isScalar { return false }
            scale.gamma = scale.gamma.map { reordered($0) }
            scale.beta = scale.beta.map { reordered($0) }
            network.layers[position].operation = .scale(scale)
            return false
        case .bias(var bias):
            guard layer.inputs.count == 1, bias.axes.isScalar || bias.axes == .axes(1..<2) else {
                throw refusal(layer, "its terms run along another axis")
            }
            if bias.axes.isScalar { return false }
            bias.beta = bias.beta.map { reordered($0) }
            network.layers[position].operation = .bias(bias)
            return false
        case .power, .pooling, .padding, .identity, .split, .resize, .interpolation, .sink:
            return false
        case .activation where layer.operation.parameters.isEmpty:
            return false
        case .eltwise where layer.inputs.allSatisfy(swapped.contains):
            return false
        default:
            throw refusal(layer, "its channels have an order of their own")
        }
    }

    /// Whether a parameter has a number for each channel, or one for all.
    private func fits(_ parameter: ParameterID) -> Bool {
        guard let count = network[parameter].elementCount else { return false }
        return count == order.count || count == 1
    }

    /// A vector with its numbers in the new order.
    private mutating func reordered(_ parameter: ParameterID) -> ParameterID {
        guard network[parameter].elementCount == order.count else { return parameter }
        return add(parameter, ChannelOrder(layout: ChannelLayout(vectorOf: order.count), order: order))
    }

    private mutating func reorderInputs(_ position: Int) throws(Refusal) -> Bool {
        let layer = network.layers[position]
        guard let linear = LinearLayer(layer.operation), let shape = network[linear.weight].shape,
            let layout = linear.inputLayout(weightShape: shape, channels: order.count)
        else { throw refusal(layer, "its weight does not divide into \(order.count) input channels") }
        let weight = add(linear.weight, ChannelOrder(layout: layout, order: order))
        network.layers[position].operation = layer.operation.replacingLinearParameters(
            weight: weight, bias: linear.bias)
        return true
    }

    /// One new tensor for each old one and order, also where several layers share it.
    private mutating func add(_ parameter: ParameterID, _ order: ChannelOrder) -> ParameterID {
        let recipe = ParameterRecipe.reordered(parameter, order)
        if let new = known[recipe] { return new }
        let new = network.addParameter(network[parameter])
        recipes[new] = recipe
        known[recipe] = new
        return new
    }
}

extension BatchNorm {
    /// Puts another parameter in the place of each.
    fileprivate mutating func replaceParameters(_ replacement: (ParameterID) -> ParameterID) {
        mean = mean.map(replacement)
        gamma = gamma.map(replacement)
        beta = beta.map(replacement)
        stored = stored.map(replacement)
        switch spread {
        case .variance(let parameter): spread = .variance(replacement(parameter))
        case .inverseDeviation(let parameter): spread = .inverseDeviation(replacement(parameter))
        case .applied: break
        }
    }
}
