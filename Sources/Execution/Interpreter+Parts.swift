import NetGraph

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

extension Interpreter {
    /// An interpreter for some of the layers, which takes the values that they read as inputs. It shares the parameters of this one.
    ///
    /// - Parameters:
    ///   - positions: the layers, by position in `network.layers`.
    ///   - inputs: the values to be handed in.
    public func part(layers positions: [Int], inputs: [ValueID]) -> Interpreter {
        var part = network
        let identifiers = (network.layers.map(\.id.index).max() ?? 0) + 1
        let sources = inputs.enumerated().map { offset, input in
            Layer(
                id: LayerID(identifiers + offset), name: network[input].name, type: "Input", operation: .input,
                inputs: [], outputs: [input])
        }
        part.layers = sources + positions.sorted().map { network.layers[$0] }
        part.outputs = []
        return Interpreter(
            network: part, options: options, parameters: parameters, reorderedWeights: reorderedWeights,
            obstacles: obstacles)
    }

    /// The same interpreter with other numbers for some of its parameters, in row-major order; it shares all others.
    ///
    /// - Parameter numbers: as many for each parameter as it has. No weights of convolutions, which may be held in another order.
    public func replacing(_ numbers: [ParameterID: [Double]]) -> Interpreter {
        var parameters = parameters
        for (parameter, numbers) in numbers {
            guard var held = parameters[parameter], held.count == numbers.count else { continue }
            held.buffer = ElementBuffer(capacity: numbers.count)
            for (index, number) in numbers.enumerated() { held.buffer.pointer[index] = Element(number) }
            parameters[parameter] = held
        }
        return Interpreter(
            network: network, options: options, parameters: parameters, reorderedWeights: reorderedWeights,
            obstacles: obstacles)
    }

    /// What keeps a layer from running, whatever its inputs are.
    public func obstacle(of layer: Layer) -> Obstacle? { obstacles[layer.id] }

    /// Whether two layers hold the same numbers, bit for bit.
    public func hasEqualParameters(_ layer: Layer, _ other: Layer, of interpreter: Interpreter) -> Bool {
        let mine = layer.operation.parameters
        let theirs = other.operation.parameters
        guard mine.count == theirs.count else { return false }
        return zip(mine, theirs).allSatisfy { first, second in
            guard let first = held(first, by: layer), let second = interpreter.held(second, by: other),
                first.shape == second.shape
            else { return false }
            return memcmp(first.buffer.pointer, second.buffer.pointer, first.count * MemoryLayout<Element>.stride) == 0
        }
    }

    /// Whether a rehearsal knows only some of the shapes: the others follow from what is computed.
    public var shapesDependOnNumbers: Bool { network.layers.contains(where: \.operation.outputDependsOnNumbers) }

    /// The numbers of a parameter that was read; `nil` for one of a layer that cannot run.
    @specialized(where Element == Float)
    @specialized(where Element == Double)
    public func numbers(of parameter: ParameterID) -> [Double]? {
        parameters[parameter].map { held in (0..<held.count).map { Double(held.buffer.pointer[$0]) } }
    }

    /// The sum of the magnitudes of the weights of each output channel of a linear layer; `nil` for any other layer.
    public func weightNorms(of layer: Layer) -> [Double]? {
        switch layer.operation {
        case .convolution(let convolution):
            // (outputs, inputs / groups * kernel)
            return norms(
                held(convolution.weight, by: layer), groups: 1, repeats: 1, channels: convolution.outputChannels)
        case .deconvolution(let convolution):
            // (inputs, outputs / groups, kernel)
            let held = held(convolution.weight, by: layer)
            guard let layout = convolution.weightLayout(isTransposed: true, elementCount: held?.count ?? 0) else {
                return nil
            }
            return norms(held, groups: layout.groups, repeats: layout.inputs, channels: layout.outputs)
        case .innerProduct(let product):
            // (outputs, K), or (K, outputs)
            let held = held(product.weight, by: layer)
            guard product.transposed else {
                return norms(held, groups: 1, repeats: 1, channels: product.outputCount)
            }
            guard let count = held?.count, product.outputCount > 0 else { return nil }
            return norms(held, groups: 1, repeats: count / product.outputCount, channels: product.outputCount)
        default:
            return nil
        }
    }

    /// The weight read as (groups, repeats, channels of a group, rest): the sums of each channel of each group.
    @specialized(where Element == Float)
    @specialized(where Element == Double)
    private func norms(_ held: Parameters?, groups: Int, repeats: Int, channels: Int) -> [Double]? {
        guard groups > 0, repeats > 0, channels > 0, let held else { return nil }
        let rows = groups * repeats * channels
        guard held.count > 0, held.count % rows == 0 else { return nil }
        let inner = held.count / rows
        var norms = [Double](repeating: 0, count: groups * channels)
        for row in 0..<rows {
            var sum = 0.0
            for index in row * inner..<(row + 1) * inner { sum += abs(Double(held.buffer.pointer[index])) }
            norms[row / channels / repeats * channels + row % channels] += sum
        }
        return norms
    }
}
