import NetGraph
import TestSupport

/// Networks of two channels and weights in memory.
struct Chain {
    var network = Network(name: "chain")
    var numbers: [[Double]] = []

    mutating func value(_ name: String) -> ValueID { network.addValue(Value(name: name, shape: TensorShape([4, 2]))) }

    @discardableResult
    mutating func add(_ name: String, _ operation: Operation, from inputs: [ValueID]) -> ValueID {
        let output = value(name)
        network.layers.append(
            Layer(
                id: LayerID(network.layers.count), name: name, operation: operation, inputs: inputs, outputs: [output]))
        network.outputs = [output]
        return output
    }

    mutating func input() -> ValueID { add("data", .input, from: []) }

    mutating func parameter(_ values: [Double]) -> ParameterID {
        numbers.append(values)
        return network.addParameter(Parameter(name: "parameter", shape: [values.count], elementType: .float64))
    }

    /// A normalisation by a stored mean of 0 and a variance of 1, with an epsilon of 0.
    mutating func normalization() -> BatchNorm {
        BatchNorm(mean: parameter([0, 0]), variance: parameter([1, 1]), epsilon: 0)
    }

    mutating func normalize(_ name: String, from input: ValueID) -> ValueID {
        add(name, .batchNorm(normalization()), from: [input])
    }

    /// scale x + shift
    mutating func power(_ name: String, scale: Double = 1, shift: Double = 0, from input: ValueID) -> ValueID {
        add(name, .power(Power(scale: scale, shift: shift)), from: [input])
    }
}

extension Chain: WeightStore {
    func read<Element: WeightElement>(
        _ parameter: ParameterID, from start: Int, into buffer: UnsafeMutableBufferPointer<Element>
    ) throws(WeightError) {
        for index in buffer.indices { buffer[index] = Element(numbers[parameter.index][start + index]) }
    }
}
