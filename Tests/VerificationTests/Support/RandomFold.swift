import Execution
import Folding
import NetGraph
import TestSupport
import Verification

/// A small random net of what makes pairs hard to tell: layers in place, inputs overwritten, values read twice, negations, layers and parameters shared,
/// several outputs. It is made from steps, each with numbers of its own, so that a net that shows a fault can be shrunk by leaving steps out.
struct RandomFold {
    var seeds: [UInt64]

    init(seed: UInt64, steps: ClosedRange<Int> = 3...12) {
        var random = StepNumbers(seed: seed)
        seeds = (0..<Int.random(in: steps, using: &random)).map { _ in random.next() }
    }

    func sketch() -> Sketch {
        var builder = RandomFoldBuilder()
        for seed in seeds { builder.add(seed: seed) }
        return builder.finished()
    }

    /// The smallest net found by leaving out steps for which something still holds.
    func shrunk(while holds: (RandomFold) -> Bool) -> RandomFold {
        var smallest = self
        var index = 0
        while index < smallest.seeds.count {
            var candidate = smallest
            candidate.seeds.remove(at: index)
            if !candidate.seeds.isEmpty, holds(candidate) {
                smallest = candidate
                index = 0
            } else {
                index += 1
            }
        }
        return smallest
    }
}

typealias StepNumbers = TestSupport.SeededNumbers

extension StepNumbers {
    /// Numbers that a Float can hold.
    mutating func numbers(_ count: Int, _ bounds: ClosedRange<Double> = -1...1) -> [Double] {
        (0..<count).map { _ in Double(Float(Double.random(in: bounds, using: &self))) }
    }

    mutating func happens(_ part: Int, of whole: Int) -> Bool { Int.random(in: 0..<whole, using: &self) < part }
    mutating func one<Element>(of choices: [Element]) -> Element {
        choices[Int.random(in: 0..<choices.count, using: &self)]
    }
}

/// Adds layers to a net, each from a seed.
private struct RandomFoldBuilder {
    private var sketch = Sketch([2, 4, 3, 3])
    /// Values that layers may read.
    private var open: [ValueID] = [ValueID(0)]
    private var read: Set<ValueID> = []
    private var random = StepNumbers(seed: 0)

    init() { open.append(sketch.input("other", [2, 4, 3, 3])) }

    mutating func finished() -> Sketch {
        // An input that nobody reads is left as it is: one value at least is computed.
        var outputs = open.filter { !read.contains($0) && !isInput($0) }
        if outputs.isEmpty, let last = open.last { outputs = [last] }
        sketch.network.outputs = outputs
        return sketch
    }

    mutating func add(seed: UInt64) {
        random = StepNumbers(seed: seed)
        let value = pick()
        switch Int.random(in: 0..<24, using: &random) {
        case 0...4: addConvolution(value)
        case 5...7: addBatchNorm(value)
        case 8...9: addScale(value)
        case 10: addNegation(value)
        case 11: addLayer("bias", .bias(Bias(beta: parameter("beta", random.numbers(channels(value))))), [value], true)
        case 12...14: addActivation(value)
        case 15...16: addPooling(value)
        case 17...18: addConcat(value)
        case 19...21: addEltwise(value)
        case 22: addTwin(value)
        default: addLayer("dropout", .identity(type: "Dropout"), [value], true)
        }
    }

    private func shape(_ value: ValueID) -> [Int] { sketch.network[value].shape?.known ?? [] }
    private func channels(_ value: ValueID) -> Int { shape(value)[1] }

    private func isInput(_ value: ValueID) -> Bool {
        sketch.network.layers.contains { $0.operation == .input && $0.outputs.contains(value) }
    }

    /// A value to read: mostly one of the last.
    private mutating func pick(like shape: [Int]? = nil) -> ValueID {
        let fitting = open.filter { shape == nil || self.shape($0) == shape }
        return random.one(of: random.happens(2, of: 3) ? Array(fitting.suffix(2)) : fitting)
    }

    /// In place where Caffe allows it and chance wants it: nobody else reads the value.
    private mutating func addLayer(
        _ type: String, _ operation: Operation, _ inputs: [ValueID], _ mayBeInPlace: Bool = false
    ) {
        guard let shapes = try? operation.outputShapes(of: inputs.map { sketch.network[$0].shape }, outputCount: 1),
            let length = shapes.first??.known?.reduce(1, *), (1...600).contains(length)
        else { return }
        let isInPlace = mayBeInPlace && !read.contains(inputs[0]) && random.happens(1, of: 2)
        let output = sketch.add(
            "\(type)\(sketch.network.layers.count)", operation, from: inputs,
            top: isInPlace ? sketch.network[inputs[0]].name : nil, shape: shapes.first ?? nil)
        read.formUnion(inputs)
        if isInPlace { open.removeAll { $0 == inputs[0] } }
        open.append(output)
    }

    /// A new parameter, or one of the same role and shape that another layer has.
    private mutating func parameter(_ role: String, _ numbers: [Double], shape: [Int]? = nil) -> ParameterID {
        let shape = shape ?? [numbers.count]
        let parameters = sketch.network.parameters
        let twins = parameters.indices.filter { parameters[$0].name == role && parameters[$0].shape == shape }
        if !twins.isEmpty, random.happens(1, of: 4) { return ParameterID(random.one(of: twins)) }
        let parameter = sketch.parameter(numbers, shape: shape)
        sketch.network.parameters[parameter.index].name = role
        return parameter
    }

    private mutating func addConvolution(_ value: ValueID) {
        let outputs = random.one(of: [2, 4])
        let kernel = random.one(of: [1, 1, 3])
        let weight = parameter(
            "weight", random.numbers(outputs * channels(value) * kernel * kernel),
            shape: [outputs, channels(value), kernel, kernel])
        let bias = random.happens(1, of: 2) ? parameter("bias", random.numbers(outputs)) : nil
        let pad = kernel / 2
        addLayer(
            "conv",
            .convolution(
                Convolution(
                    weight: weight, bias: bias, outputChannels: outputs, kernel: [kernel, kernel],
                    padBefore: [pad, pad])),
            [value])
    }

    private mutating func addBatchNorm(_ value: ValueID) {
        let count = channels(value)
        // A variance of 1 and a mean of 0 change next to nothing: 5e-6.
        let isPlain = random.happens(1, of: 5)
        let mean = parameter("mean", isPlain ? [Double](repeating: 0, count: count) : random.numbers(count))
        let variance = parameter(
            "variance", isPlain ? [Double](repeating: 1, count: count) : random.numbers(count, 0.25...4))
        addLayer("bn", .batchNorm(BatchNorm(mean: mean, variance: variance, epsilon: 1e-5)), [value], true)
    }

    private mutating func addScale(_ value: ValueID) {
        let count = channels(value)
        let isPositive = random.happens(1, of: 2)
        let factors = random.numbers(count, 0.25...2).map { factor in
            isPositive ? factor : random.one(of: [factor, factor, -factor, 0])
        }
        let gamma = parameter("gamma", factors)
        let beta = random.happens(1, of: 2) ? parameter("beta", random.numbers(count)) : nil
        addLayer("scale", .scale(Scale(gamma: gamma, beta: beta)), [value], true)
    }

    private mutating func addNegation(_ value: ValueID) {
        addLayer(
            "power", .power(Power(scale: random.one(of: [-1, -1, 2]), shift: random.one(of: [0, 0, 0.5]))), [value],
            true)
    }

    private mutating func addActivation(_ value: ValueID) {
        let activation: Activation =
            switch Int.random(in: 0..<6, using: &random) {
            case 0...1: .relu(negativeSlope: 0)
            case 2: .relu(negativeSlope: 0.125)
            case 3: .prelu(slope: parameter("slope", random.numbers(channels(value))))
            case 4: .absolute
            default: .sigmoid
            }
        addLayer("act", .activation(activation), [value], true)
    }

    private mutating func addPooling(_ value: ValueID) {
        let method = random.one(of: [Pooling.Method.max, .average])
        let kernel = random.one(of: [2, 3])
        let pad = kernel == 3 ? 1 : 0
        addLayer(
            "pool", .pooling(Pooling(method: method, kernel: [kernel, kernel], stride: [1, 1], pad: [pad, pad])),
            [value])
    }

    private mutating func addConcat(_ value: ValueID) {
        let others = (0..<Int.random(in: 1...2, using: &random)).map { _ in
            random.happens(1, of: 3) ? value : pick(like: shape(value))
        }
        addLayer("concat", .concat(axis: 1), [value] + others)
    }

    private mutating func addEltwise(_ value: ValueID) {
        let other = random.happens(1, of: 4) ? value : pick(like: shape(value))
        let combination = random.one(of: [Eltwise.Combination.sum, .sum, .sum, .maximum, .product])
        addLayer(
            "eltwise",
            .eltwise(Eltwise(combination: combination, coefficients: [1, random.one(of: [1, 1, 0.5, -1])])),
            [value, other])
    }

    /// A layer with parameters once more, over another value.
    private mutating func addTwin(_ value: ValueID) {
        let twins = sketch.network.layers.filter {
            !$0.operation.parameters.isEmpty && $0.inputs.count == 1
                && sketch.network[$0.inputs[0]].shape == sketch.network[value].shape
        }
        guard !twins.isEmpty else { return }
        addLayer("twin", random.one(of: twins).operation, [value])
    }
}
