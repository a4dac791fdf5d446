import NetGraph
import TestSupport

/// A network without numbers, under construction.
struct GraphSketch {
    var network = Network()

    mutating func add(_ name: String, _ operation: Operation, _ inputs: [ValueID] = [], value: String? = nil) -> ValueID
    {
        let output = network.addValue(Value(name: value ?? name))
        network.layers.append(
            Layer(
                id: LayerID(network.layers.count), name: name, operation: operation, inputs: inputs, outputs: [output]))
        return output
    }
}

extension Operation {
    static let rectifier = Operation.activation(.relu(negativeSlope: 0))
    static let dropout = Operation.identity(type: "Dropout")

    /// The shape of the only output for known and unknown lengths; `nil` stands for an unknown shape.
    func shape(of inputs: [Int?]?...) throws -> [Int?]? {
        try outputShapes(of: inputs.map { $0.map { TensorShape($0) } }, outputCount: 1)[0]?.dimensions
    }
}

/// A convolution whose parameters play no role.
func window(
    outputs: Int = 8, _ kernel: [Int], stride: [Int]? = nil, before: [Int]? = nil, after: [Int]? = nil,
    dilation: [Int]? = nil, channelAxis: Int = 1
) -> Convolution {
    Convolution(
        weight: ParameterID(0), bias: nil, outputChannels: outputs, kernel: kernel, stride: stride, padBefore: before,
        padAfter: after, dilation: dilation, channelAxis: channelAxis)
}
