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
                id: LayerID(identifiers + offset), name: network[input].name, operation: .input, inputs: [],
                outputs: [input])
        }
        part.layers = sources + positions.sorted().map { network.layers[$0] }
        part.outputs = []
        return Interpreter(network: part, options: options, parameters: parameters, obstacles: obstacles)
    }

    /// What keeps a layer from running, whatever its inputs are.
    public func obstacle(of layer: Layer) -> Obstacle? { obstacles[layer.id] }

    /// Whether two layers hold the same numbers, bit for bit.
    public func hasEqualParameters(_ layer: Layer, _ other: Layer, of interpreter: Interpreter) -> Bool {
        let mine = layer.operation.parameters
        let theirs = other.operation.parameters
        guard mine.count == theirs.count else { return false }
        return zip(mine, theirs).allSatisfy { first, second in
            guard let first = parameters[first], let second = interpreter.parameters[second],
                first.shape == second.shape
            else { return false }
            return memcmp(first.buffer.pointer, second.buffer.pointer, first.count * MemoryLayout<Element>.stride) == 0
        }
    }

    /// The numbers of a parameter that was read; `nil` for one of a layer that cannot run.
    public func numbers(of parameter: ParameterID) -> [Double]? {
        parameters[parameter].map { held in (0..<held.count).map { Double(held.buffer.pointer[$0]) } }
    }

    /// The sum of the magnitudes of the weights of each output channel of a linear layer; `nil` for any other layer.
    public func weightNorms(of layer: Layer) -> [Double]? {
        switch layer.operation {
        case .convolution(let convolution):
            return norms(of: convolution.weight, channels: convolution.outputChannels) { count in
                let perChannel = count / convolution.outputChannels
                return { $0 / perChannel }
            }
        case .deconvolution(let convolution):
            return norms(of: convolution.weight, channels: convolution.outputChannels) { count in
                guard let inputs = parameters[convolution.weight]?.shape.first, inputs > 0, convolution.groups > 0
                else { return nil }
                let perGroup = convolution.outputChannels / convolution.groups
                let inputsPerGroup = inputs / convolution.groups
                let taps = count / inputs / max(perGroup, 1)
                guard perGroup > 0, inputsPerGroup > 0, taps > 0 else { return nil }
                return { index in
                    let row = index / taps
                    return row / perGroup / inputsPerGroup * perGroup + row % perGroup
                }
            }
        case .innerProduct(let product):
            return norms(of: product.weight, channels: product.outputCount) { count in
                let perChannel = count / product.outputCount
                let outputs = product.outputCount
                return product.transposed ? { $0 % outputs } : { $0 / perChannel }
            }
        default:
            return nil
        }
    }

    /// - Parameter layout: from the number of elements to the channel of each, `nil` when they do not divide into channels.
    private func norms(
        of parameter: ParameterID, channels: Int, layout: (Int) -> ((Int) -> Int)?
    ) -> [Double]? {
        guard channels > 0, let held = parameters[parameter], held.count > 0, held.count % channels == 0,
            let channel = layout(held.count)
        else { return nil }
        var norms = [Double](repeating: 0, count: channels)
        for index in 0..<held.count {
            let place = channel(index)
            guard place < channels else { return nil }
            norms[place] += abs(Double(held.buffer.pointer[index]))
        }
        return norms
    }
}
