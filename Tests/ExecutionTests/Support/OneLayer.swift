import Execution
import NetGraph
import TestSupport

/// Numbers of parameters that are in memory.
struct MemoryWeights: WeightStore {
    var numbers: [[Double]]

    func read<Element: WeightElement>(
        _ parameter: ParameterID, from start: Int, into buffer: UnsafeMutableBufferPointer<Element>
    ) throws(WeightError) {
        for index in buffer.indices { buffer[index] = Element(numbers[parameter.index][start + index]) }
    }
}

/// Runs a single layer.
struct OneLayer {
    var operation: Operation
    var outputCount = 1
    /// Shapes and numbers by the index of the parameter.
    var parameters: [Tensor<Double>] = []
    var options = ExecutionOptions(threadCount: 2)

    func run<Element: ExecutionElement>(_ inputs: [Tensor<Element>]) throws -> [Tensor<Element>] {
        var network = Network()
        var given: [String: Tensor<Element>] = [:]
        var bottoms: [ValueID] = []
        for (index, input) in inputs.enumerated() {
            let value = network.addValue(Value(name: "input\(index)"))
            network.layers.append(
                Layer(id: LayerID(index), name: "input\(index)", operation: .input, inputs: [], outputs: [value]))
            given["input\(index)"] = input
            bottoms.append(value)
        }
        network.outputs = (0..<outputCount).map { network.addValue(Value(name: "output\($0)")) }
        for (index, parameter) in parameters.enumerated() {
            _ = network.addParameter(Parameter(name: "parameter \(index)", shape: parameter.shape))
        }
        network.layers.append(
            Layer(
                id: LayerID(inputs.count), name: "layer", operation: operation, inputs: bottoms,
                outputs: network.outputs))
        let interpreter = try Interpreter<Element>(
            network, weights: MemoryWeights(numbers: parameters.map(\.elements)), options: options)
        let outputs = try interpreter.outputs(of: given)
        return network.outputs.compactMap { outputs[$0] }
    }

    func run<Element: ExecutionElement>(_ input: Tensor<Element>) throws -> Tensor<Element> { try run([input])[0] }
}

extension Tensor where Element == Double {
    /// The shape must have as many elements.
    init(_ shape: [Int], _ elements: [Double]) {
        self = Tensor(shape: shape, elements: elements) ?? Tensor(shape: [0], elements: [])!
        precondition(self.shape == shape)
    }

    /// Numbers between -1 and 1 that look random and are the same each time.
    init(noise shape: [Int], seed: UInt64 = 1) {
        var state = seed &* 0x9E37_79B9_7F4A_7C15
        let elements = (0..<shape.reduce(1, *)).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Double(Int64(bitPattern: state) >> 11) / Double(1 << 52)
        }
        self.init(shape, elements)
    }

    /// 0, 1, 2 ...
    init(counting shape: [Int]) { self.init(shape, (0..<shape.reduce(1, *)).map(Double.init)) }

    var floats: Tensor<Float> { Tensor<Float>(shape: shape, elements: elements.map(Float.init))! }

    subscript(indices: Int...) -> Double { elements[offset(indices)] }
    subscript(indices: [Int]) -> Double { elements[offset(indices)] }

    private func offset(_ indices: [Int]) -> Int { zip(indices, shape).reduce(0) { $0 * $1.1 + $1.0 } }

    /// The largest difference of any two elements; infinite for other shapes.
    func distance<Other: ExecutionElement>(to other: Tensor<Other>) -> Double {
        guard shape == other.shape else { return .infinity }
        return zip(elements, other.elements).reduce(0) { largest, pair in
            let other = Double(pair.1)
            if pair.0 == other || pair.0.isNaN && other.isNaN { return largest }
            let distance = abs(pair.0 - other)
            return distance.isNaN ? .infinity : max(largest, distance)
        }
    }
}

/// Rounding of a few thousand additions of numbers around 1, with room.
let doubleNoise = 1e-12
let floatNoise = 1e-4

/// Every list of indices below a shape, in row-major order.
func positions(in shape: [Int]) -> [[Int]] {
    shape.reduce([[]]) { lists, length in lists.flatMap { list in (0..<length).map { list + [$0] } } }
}
