import Folding
import NetGraph
import TestSupport

/// A network under construction together with its weights.
struct NetworkSketch {
    var network = Network()
    var weights = MemoryWeights()
    var random = SeededNumbers(seed: 20)

    mutating func input(_ name: String = "data", _ shape: [Int?]? = nil) -> ValueID {
        add(name, .input, [], valueShape: shape.map { TensorShape($0) })
    }

    mutating func parameter(
        _ name: String, _ values: [Double], shape: [Int]? = nil, _ type: ElementType = .float32
    ) -> ParameterID {
        let parameter = network.addParameter(Parameter(name: name, shape: shape ?? [values.count], elementType: type))
        weights.tensors[parameter] = values
        return parameter
    }

    /// Adds a layer with one output, named after the layer.
    mutating func add(
        _ name: String, _ operation: Operation, _ inputs: [ValueID], valueShape: TensorShape? = nil
    ) -> ValueID {
        let output = network.addValue(Value(name: name, shape: valueShape))
        network.layers.append(
            Layer(
                id: LayerID(network.layers.count), name: name, operation: operation, inputs: inputs, outputs: [output]))
        return output
    }

    /// A 1x1 convolution of one input channel: one weight for each output channel.
    mutating func pointwise(
        _ name: String = "conv", of value: ValueID, _ weight: [Double], bias: [Double]? = nil,
        _ type: ElementType = .float32
    ) -> ValueID {
        add(name, .convolution(pointwiseOperation(name, weight, bias: bias, type)), [value])
    }

    mutating func pointwiseOperation(
        _ name: String, _ weight: [Double], bias: [Double]? = nil, _ type: ElementType = .float32
    ) -> Convolution {
        Convolution(
            weight: parameter("\(name) weight", weight, shape: [weight.count, 1, 1, 1], type),
            bias: bias.map { parameter("\(name) bias", $0, type) }, outputChannels: weight.count, kernel: [1, 1])
    }

    mutating func batchNorm(
        _ name: String = "bn", of value: ValueID, mean: [Double], variance: [Double], factor: Double? = 1,
        gamma: [Double]? = nil, beta: [Double]? = nil, epsilon: Float = 1e-5, _ type: ElementType = .float32
    ) -> ValueID {
        let batchNorm = BatchNorm(
            mean: parameter("\(name) mean", mean, type), variance: parameter("\(name) variance", variance, type),
            factor: factor.map { parameter("\(name) factor", [$0], type) },
            gamma: gamma.map { parameter("\(name) gamma", $0, type) },
            beta: beta.map { parameter("\(name) beta", $0, type) }, epsilon: Double(epsilon))
        return add(name, .batchNorm(batchNorm), [value])
    }

    mutating func scale(
        _ name: String = "scale", of value: ValueID, _ gamma: [Double], _ beta: [Double]? = nil,
        axes: AffineAxes = .axes(1..<2), _ type: ElementType = .float32
    ) -> ValueID {
        let shape = axes.isScalar ? [] : [gamma.count]
        let scale = Scale(
            gamma: parameter("\(name) gamma", gamma, shape: shape, type),
            beta: beta.map { parameter("\(name) beta", $0, shape: shape, type) }, axes: axes)
        return add(name, .scale(scale), [value])
    }

    mutating func bias(_ name: String = "bias", of value: ValueID, _ beta: [Double]) -> ValueID {
        add(name, .bias(Bias(beta: parameter("\(name) beta", beta))), [value])
    }

    mutating func relu(_ name: String = "relu", of value: ValueID) -> ValueID {
        add(name, .activation(.relu(negativeSlope: 0)), [value])
    }

    /// A function that nothing passes.
    mutating func tanh(_ name: String = "tanh", of value: ValueID) -> ValueID {
        add(name, .activation(.tanh), [value])
    }

    mutating func finish(_ outputs: ValueID...) { network.outputs = outputs }
}

extension NetworkSketch {
    func layer(_ name: String) -> LayerID? { network.layers.first { $0.name == name }?.id }

    func names(_ layers: [LayerID]) -> [String] {
        layers.compactMap { id in network.layers.first { $0.id == id }?.name }
    }

    func plan(
        _ options: FoldPlanner.Options = FoldPlanner.Options()
    ) throws -> (plan: FoldPlan, findings: [StatisticsFinding]) {
        try FoldPlanner(network, options: options).plan(weights: weights)
    }

    /// The network after its plan, with the numbers of every parameter.
    func folded(_ options: FoldPlanner.Options = FoldPlanner.Options()) throws -> FoldedSketch {
        let plan = try plan(options).plan
        let folded = plan.applied(to: network)
        return FoldedSketch(plan: plan, folded: folded, weights: FoldedWeights(base: weights, folded: folded))
    }

    /// The reason why a layer stays or becomes a Scale, from a plan made with weights.
    func reason(_ name: String) throws -> RefusalReason? { reason(name, in: try plan().plan) }

    func reason(_ name: String, in plan: FoldPlan) -> RefusalReason? {
        let id = layer(name)
        return plan.refusals.first { $0.layer == id }?.reason
            ?? plan.leftovers.first { leftover in leftover.chain.contains { $0 == id } }?.reason
    }
}

/// A network with its plan applied.
struct FoldedSketch {
    var plan: FoldPlan
    var folded: FoldedNetwork
    var weights: FoldedWeights<MemoryWeights>

    var network: Network { folded.network }

    var layerNames: [String] { network.layers.map(\.name) }

    func operation(_ name: String) -> Operation? { network.layers.first { $0.name == name }?.operation }

    /// The numbers of a layer's parameters, each in its own format, in the order of the framework.
    func numbers(_ name: String) throws -> [[Double]] {
        try (operation(name)?.parameters ?? []).map { try weights.stored($0, of: network) }
    }
}
