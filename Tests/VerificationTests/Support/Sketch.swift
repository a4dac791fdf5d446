import Execution
import NetGraph
import TestSupport
import Verification

/// Parameters in memory. A number of a float32 parameter is handed out as a Float holds it.
struct MemoryWeights: WeightStore {
    var numbers: [[Double]] = []

    func read<Element: WeightElement>(
        _ parameter: ParameterID, from start: Int, into buffer: UnsafeMutableBufferPointer<Element>
    ) throws(WeightError) {
        for index in buffer.indices { buffer[index] = Element(numbers[parameter.index][start + index]) }
    }
}

/// A network under construction, in which layers follow one another unless they are told otherwise.
struct Sketch {
    var network = Network(name: "sketch")
    var weights = MemoryWeights()
    /// What the next layer reads.
    var last = ValueID(0)

    init(_ shape: [Int] = [1, 1, 1, 1]) { last = input("data", shape) }

    @discardableResult
    mutating func input(_ name: String, _ shape: [Int]) -> ValueID {
        add(name, .input, from: [], shape: TensorShape(shape))
    }

    /// Adds a layer whose top has the name `top`, or the layer's own. A name that exists gives a layer in place.
    @discardableResult
    mutating func add(
        _ name: String, _ operation: Operation, from inputs: [ValueID]? = nil, top: String? = nil,
        shape: TensorShape? = nil
    ) -> ValueID {
        let output = network.addValue(Value(name: top ?? name, shape: shape))
        network.layers.append(
            Layer(
                id: LayerID(network.layers.count), name: name, operation: operation, inputs: inputs ?? [last],
                outputs: [output]))
        last = output
        network.outputs = [output]
        return output
    }

    mutating func parameter(_ numbers: [Double], shape: [Int]? = nil, _ type: ElementType = .float32) -> ParameterID {
        weights.numbers.append(numbers)
        return network.addParameter(
            Parameter(name: "parameter", shape: shape ?? [numbers.count], elementType: type))
    }

    /// A convolution of kernel 1: `weight` holds a row of inputs for each output.
    @discardableResult
    mutating func convolution(
        _ name: String, _ weight: [Double], bias: [Double]? = nil, outputs: Int = 1, _ type: ElementType = .float32,
        from inputs: [ValueID]? = nil, top: String? = nil
    ) -> ValueID {
        let operation = Convolution(
            weight: parameter(weight, shape: [outputs, weight.count / outputs, 1, 1], type),
            bias: bias.map { parameter($0, type) }, outputChannels: outputs, kernel: [1, 1])
        return add(name, .convolution(operation), from: inputs, top: top)
    }

    @discardableResult
    mutating func batchNorm(
        _ name: String, mean: [Double], variance: [Double], from inputs: [ValueID]? = nil, top: String? = nil
    ) -> ValueID {
        let operation = BatchNorm(mean: parameter(mean), variance: parameter(variance), epsilon: 0)
        return add(name, .batchNorm(operation), from: inputs, top: top)
    }

    @discardableResult
    mutating func scale(
        _ name: String, _ gamma: [Double], _ beta: [Double]? = nil, axes: AffineAxes = .axes(1..<2),
        from inputs: [ValueID]? = nil, top: String? = nil
    ) -> ValueID {
        let operation = Scale(gamma: parameter(gamma), beta: beta.map { parameter($0) }, axes: axes)
        return add(name, .scale(operation), from: inputs, top: top)
    }

    @discardableResult
    mutating func relu(_ name: String, from inputs: [ValueID]? = nil, top: String? = nil) -> ValueID {
        add(name, .activation(.relu(negativeSlope: 0)), from: inputs, top: top)
    }
}

extension Sketch {
    /// Runs two networks on the same input and compares them.
    static func verify(
        _ original: Sketch, _ folded: Sketch, on inputs: [String: Tensor<Double>],
        precision: Verifier<MemoryWeights, MemoryWeights>.Precision = .double, tolerance: Double = 1e-5
    ) throws -> Verification {
        var verifier = try Verifier(
            original: .init(name: "original", network: original.network, weights: original.weights),
            folded: .init(name: "folded", network: folded.network, weights: folded.weights), precision: precision,
            tolerance: tolerance, options: ExecutionOptions(threadCount: 1))
        try verifier.run(inputs, samples: inputs.values.first?.shape.first ?? 1) {}
        return verifier.finished(seed: 1)
    }

    static func verify(
        _ original: Sketch, _ folded: Sketch, on input: Tensor<Double>, tolerance: Double = 1e-5
    ) throws -> Verification {
        try verify(original, folded, on: ["data": input], tolerance: tolerance)
    }
}

extension Tensor where Element == Double {
    /// The shape must have as many elements.
    init(_ shape: [Int], _ elements: [Double]) {
        self = Tensor(shape: shape, elements: elements)!
    }
}

/// Numbers between -1 and 1, the same for the same seed.
struct SeededNumbers {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

    mutating func next() -> Double {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Double(Int64(bitPattern: state) >> 11) * 0x1p-52
    }

    mutating func next(_ count: Int) -> [Double] { (0..<count).map { _ in next() } }
}
