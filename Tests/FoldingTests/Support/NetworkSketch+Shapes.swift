import NetGraph
import TestSupport

/// Layers whose values have known shapes, so that a net can be run.
extension NetworkSketch {
    /// Adds a layer whose outputs have the shapes that follow from those of its inputs. The first one is named after the layer.
    mutating func append(
        _ name: String, _ operation: Operation, _ inputs: [ValueID], outputCount: Int
    ) throws -> [ValueID] {
        let shapes = try operation.outputShapes(of: inputs.map { network[$0].shape }, outputCount: outputCount)
        let outputs = shapes.enumerated().map { index, shape in
            network.addValue(Value(name: index == 0 ? name : "\(name) \(index)", shape: shape))
        }
        network.layers.append(
            Layer(
                id: LayerID(network.layers.count), name: name, operation: operation, inputs: inputs, outputs: outputs))
        return outputs
    }

    /// Adds a layer with one output.
    mutating func append(_ name: String, _ operation: Operation, _ inputs: ValueID...) throws -> ValueID {
        try append(name, operation, inputs, outputCount: 1)[0]
    }

    /// Lengths that are known.
    func lengths(_ value: ValueID) -> [Int] { network[value].shape?.known ?? [] }

    /// Adds a convolution with seeded numbers: two spatial axes, and a bias.
    mutating func convolution(
        _ name: String = "linear", of value: ValueID, outputs: Int = 4, groups: Int = 1, kernel: [Int] = [1, 1],
        stride: [Int]? = nil, pad: [Int]? = nil, dilation: [Int]? = nil
    ) throws -> ValueID {
        let operation = convolutionOperation(
            name, inputs: lengths(value)[1], outputs: outputs, groups: groups, kernel: kernel, stride: stride,
            pad: pad, dilation: dilation)
        return try append(name, .convolution(operation), value)
    }

    mutating func convolutionOperation(
        _ name: String, inputs: Int, outputs: Int = 4, groups: Int = 1, kernel: [Int] = [1, 1],
        stride: [Int]? = nil, pad: [Int]? = nil, dilation: [Int]? = nil
    ) -> Convolution {
        let shape = [outputs, inputs / groups] + kernel
        return Convolution(
            weight: parameter("\(name) weight", random.numbers(shape.reduce(1, *)), shape: shape),
            bias: parameter("\(name) bias", random.numbers(outputs)), outputChannels: outputs, groups: groups,
            kernel: kernel, stride: stride, padBefore: pad, dilation: dilation)
    }

    mutating func deconvolution(
        _ name: String = "linear", of value: ValueID, outputs: Int = 4, groups: Int = 1, kernel: [Int] = [2, 2],
        stride: [Int]? = nil, pad: [Int]? = nil
    ) throws -> ValueID {
        let shape = [lengths(value)[1], outputs / groups] + kernel
        let operation = Convolution(
            weight: parameter("\(name) weight", random.numbers(shape.reduce(1, *)), shape: shape),
            bias: parameter("\(name) bias", random.numbers(outputs)), outputChannels: outputs, groups: groups,
            kernel: kernel, stride: stride, padBefore: pad)
        return try append(name, .deconvolution(operation), value)
    }

    mutating func innerProduct(
        _ name: String = "linear", of value: ValueID, outputs: Int = 4, axis: Int = 1, transposed: Bool = false
    ) throws -> ValueID {
        let count = lengths(value)[axis...].reduce(1, *)
        let operation = InnerProduct(
            weight: parameter(
                "\(name) weight", random.numbers(outputs * count),
                shape: transposed ? [count, outputs] : [outputs, count]
            ),
            bias: parameter("\(name) bias", random.numbers(outputs)), outputCount: outputs, axis: axis,
            transposed: transposed)
        return try append(name, .innerProduct(operation), value)
    }

    /// Adds a Scale, and a Bias where there are no factors.
    mutating func affine(
        _ name: String = "affine", of value: ValueID, _ scale: [Double]?, _ shift: [Double]? = nil
    ) -> ValueID {
        let result =
            scale.map { self.scale(name, of: value, $0, shift) } ?? bias(name, of: value, shift ?? [0])
        network.values[result.index].shape = network[value].shape
        return result
    }
}
