import NetGraph

/// What a layer does with the channels of what it reads, as far as channels that hold one number everywhere are concerned.
enum ChannelRule {
    /// A weighted sum over channels. In a depthwise one each input channel has outputs of its own.
    case linear(weight: ParameterID, bias: ParameterID?, WeightLayout, isDepthwise: Bool, Passing)
    /// Each channel of the output comes from the same channel of the input. The function tells what becomes of a number that fills a channel; `nil`
    /// when that is not known to be one number.
    case alike((_ channel: Int, _ number: Double) -> Double?)
    /// The channels of the inputs one after another.
    case concatenation
    /// The same channel of every input, put together.
    case combination(([Double]) -> Double)
    /// Each channel becomes a block of elements, in this order.
    case flattening(block: Int, ElementOrder)
    /// It needs every channel, or is not known well enough; the reason reads as the end of a sentence about the layer.
    case barrier(String)

    /// Which numbers of an input channel are the same term in each output.
    enum Passing {
        case any
        /// Only 0: around the input lies a padding of zeros, or places get different sums.
        case zeroAlone
        /// Only 0: it has no bias and no room for one.
        case withoutBias

        func takes(_ number: Double) -> Bool { if case .any = self { true } else { number == 0 } }
    }
}

/// Finds the rule of each layer of a network.
struct ChannelRules {
    let network: Network
    /// Reads vectors.
    let store: FoldedWeights<AnyWeightStore>
    /// Whether a layer with parameters can be written with fewer channels.
    let mayChange: (Layer) -> Bool
    private let uses: [ParameterID: Int]

    init(_ network: Network, store: FoldedWeights<AnyWeightStore>, mayChange: @escaping (Layer) -> Bool) {
        self.network = network
        self.store = store
        self.mayChange = mayChange
        uses = network.layers.reduce(into: [:]) { uses, layer in
            for parameter in Set(layer.operation.parameters) { uses[parameter, default: 0] += 1 }
        }
    }

    /// - Parameter channels: how many channels the first input has, where that is known.
    func rule(of layer: Layer, channels: Int?) throws(WeightError) -> ChannelRule {
        let parameters = layer.operation.parameters
        if parameters.contains(where: { uses[$0] != 1 || !network[$0].mayBeParted }) {
            return .barrier("shares its parameters with another layer")
        }
        if parameters.contains(where: { network[$0].factors != .any }) {
            return .barrier("has weights that are stored as whole numbers")
        }
        if !parameters.isEmpty, !mayChange(layer) { return .barrier("can be written with all its channels only") }
        switch layer.operation {
        case .convolution(let convolution): return rule(of: convolution, isTransposed: false)
        case .deconvolution(let convolution): return rule(of: convolution, isTransposed: true)
        case .innerProduct(let product):
            guard product.axis == 1, let count = network[product.weight].elementCount,
                let layout = product.weightLayout(elementCount: count, channels: channels ?? 1)
            else { return .barrier("sums along other axes than the channel's") }
            return .linear(weight: product.weight, bias: product.bias, layout, isDepthwise: false, .any)
        case .activation(let activation): return try rule(of: activation)
        case .scale(let scale) where layer.inputs.count == 1:
            return try rule(gamma: scale.gamma, beta: scale.beta, axes: scale.axes)
        case .bias(let bias) where layer.inputs.count == 1:
            return try rule(gamma: nil, beta: bias.beta, axes: bias.axes)
        case .power(let power):
            return .alike { _, number in
                let inner = power.shift + power.scale * number
                return power.power == 1 ? inner : power.power == 2 ? inner * inner : nil
            }
        case .pooling(let pooling): return rule(of: pooling)
        case .padding: return .alike { _, number in number == 0 ? 0 : nil }
        case .identity, .split, .sink: return .alike { _, number in number }
        case .concat(axis: 1): return .concatenation
        case .eltwise(let eltwise):
            return .combination { terms in
                switch eltwise.combination {
                case .sum: zip(terms, eltwise.coefficients).reduce(0) { $0 + $1.0 * $1.1 }
                case .product: terms.reduce(1, *)
                case .maximum: terms.max() ?? 0
                }
            }
        case .arithmetic(let arithmetic): return rule(of: arithmetic, layer)
        case .axisReduction(let reduction): return rule(of: reduction, layer)
        case .flatten(first: 1, let last, let order):
            guard let shape = network[layer.inputs[0]].shape?.known, last == shape.count - 1 || last == -1,
                shape.count > 1
            else { return .barrier("merges axes whose lengths are not known") }
            return .flattening(block: shape[2...].reduce(1, *), order)
        case .batchNorm: return .barrier("is a normalisation that nothing took")
        default: return .barrier("needs all its channels")
        }
    }

    private func rule(of convolution: Convolution, isTransposed: Bool) -> ChannelRule {
        guard convolution.channelAxis == 1, let count = network[convolution.weight].elementCount,
            let layout = convolution.weightLayout(isTransposed: isTransposed, elementCount: count)
        else { return .barrier("has channels along another axis") }
        let isDepthwise = layout.groups > 1 && layout.inputs == 1
        guard layout.groups == 1 || isDepthwise else { return .barrier("has groups of several channels") }
        let passing: ChannelRule.Passing =
            isTransposed || convolution.isPadded
            ? .zeroAlone : convolution.bias == nil && !convolution.mayHaveBias ? .withoutBias : .any
        return .linear(
            weight: convolution.weight, bias: convolution.bias, layout, isDepthwise: isDepthwise, passing)
    }

    private func rule(of activation: Activation) throws(WeightError) -> ChannelRule {
        switch activation {
        case .relu(let slope): return .alike { _, number in number > 0 ? number : slope * number }
        case .relu6: return .alike { _, number in min(max(number, 0), 6) }
        case .clip(let minimum, let maximum): return .alike { _, number in min(max(number, minimum), maximum) }
        case .absolute: return .alike { _, number in abs(number) }
        case .tanh: return .alike { _, number in number == 0 ? 0 : nil }
        case .elu: return .alike { _, number in number == 0 ? 0 : nil }
        case .swish: return .alike { _, number in number == 0 ? 0 : nil }
        case .sigmoid: return .alike { _, number in number == 0 ? 0.5 : nil }
        case .function(let function):
            let formula = function.definition.formula
            return .alike { _, number in
                let result = formula(number)
                return result.isFinite ? result : nil
            }
        case .prelu(let slope, axes: nil):
            let slopes = try store.vector(slope, of: network)
            return .alike { channel, number in
                let slope = slopes.count == 1 ? slopes[0] : slopes[channel]
                return number > 0 ? number : slope * number
            }
        case .prelu: return .barrier("has slopes along other axes")
        case .bnll, .exponential, .logarithm, .threshold:
            return .barrier("is a function that is not followed")
        }
    }

    private func rule(gamma: ParameterID?, beta: ParameterID?, axes: AffineAxes) throws(WeightError) -> ChannelRule {
        guard axes == .axes(1..<2) || axes.isScalar else { return .barrier("has numbers along other axes") }
        let factors = try gamma.map { (gamma) throws(WeightError) in try store.vector(gamma, of: network) }
        let terms = try beta.map { (beta) throws(WeightError) in try store.vector(beta, of: network) }
        return .alike { channel, number in
            (factors.map { $0.count == 1 ? $0[0] : $0[channel] } ?? 1) * number
                + (terms.map { $0.count == 1 ? $0[0] : $0[channel] } ?? 0)
        }
    }

    /// Of values of one shape; others are broadcast, and may be of one channel.
    private func rule(of arithmetic: Arithmetic, _ layer: Layer) -> ChannelRule {
        let shapes = Set(layer.inputs.map { network[$0].shape?.known })
        guard shapes.count == 1, let shape = shapes.first ?? nil, shape.count > 1 else {
            return .barrier("combines values of different shapes")
        }
        switch arithmetic.function {
        case .sum: return .combination { $0.reduce(0, +) }
        case .product: return .combination { $0.reduce(1, *) }
        case .maximum: return .combination { $0.max() ?? 0 }
        case .minimum: return .combination { $0.min() ?? 0 }
        case .mean: return .combination { $0.reduce(0, +) / Double($0.count) }
        case .difference: return .combination { $0.dropFirst().reduce($0[0], -) }
        case .quotient, .power, .greater, .greaterOrEqual, .less, .lessOrEqual, .equal, .notEqual, .choice:
            return .barrier("combines values in a way that is not followed")
        }
    }

    private func rule(of reduction: AxisReduction, _ layer: Layer) -> ChannelRule {
        guard let rank = network[layer.inputs[0]].shape?.rank,
            let (reduced, kept) = try? reduction.networkAxes(rank: rank), reduced.isDisjoint(with: [0, 1]),
            kept.count > 1, kept[1] == 1
        else { return .barrier("joins channels") }
        switch reduction.method {
        case .mean, .maximum, .minimum: return .alike { _, number in number }
        case .sum, .sumOfMagnitudes, .sumOfSquares, .norm, .product, .logarithmOfSum, .logarithmOfExponentials:
            return .barrier("sums up places in a way that is not followed")
        }
    }

    private func rule(of pooling: Pooling) -> ChannelRule {
        switch pooling.method {
        case .max: return .alike { _, number in number }
        case .average:
            let isPadded = pooling.padsToCover || (pooling.padBefore + pooling.padAfter).contains { $0 != 0 }
            let fills = pooling.kernel == nil || !pooling.countsPadding || !isPadded
            return .alike { _, number in fills || number == 0 ? number : nil }
        case .stochastic, .norm: return .barrier("pools in a way that is not followed")
        }
    }
}
