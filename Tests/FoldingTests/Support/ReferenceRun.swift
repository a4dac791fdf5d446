import NetGraph

/// Runs a network in double precision, each operation written from its definition and without regard to speed.
struct ReferenceRun<Weights: WeightStore> {
    /// What stops a run: a layer that it cannot do.
    struct Unsupported: Error { var layer: String }

    var network: Network
    var weights: Weights
    /// Takes the magnitude of every weight: the sums of magnitudes that rounding bounds are made of.
    var takesMagnitudes = false

    /// The outputs of the network in the order of their names, for one input, which every input layer gets.
    func outputs(for input: Blob) throws -> [Blob] {
        var blobs: [ValueID: Blob] = [:]
        for layer in network.layers {
            let inputs = layer.inputs.compactMap { blobs[$0] }
            let result =
                switch layer.operation {
                case .input: input
                case .convolution(let convolution): try convolve(inputs[0], convolution)
                case .deconvolution(let convolution): try deconvolve(inputs[0], convolution)
                case .innerProduct(let product): try multiply(inputs[0], product)
                case .batchNorm(let batchNorm): try normalize(inputs[0], batchNorm)
                case .scale(let scale):
                    try affine(
                        inputs[0], factors: try numbers(scale.gamma), terms: try numbers(scale.beta))
                case .bias(let bias): try affine(inputs[0], factors: nil, terms: try numbers(bias.beta))
                case .power(let power) where power.power == 1:
                    Blob(inputs[0].shape, inputs[0].values.map { power.shift + power.scale * $0 })
                case .activation(.relu(0)): Blob(inputs[0].shape, inputs[0].values.map { max($0, 0) })
                default: throw Unsupported(layer: layer.name)
                }
            blobs[layer.outputs[0]] = result
        }
        return network.outputs.sorted { network[$0].name < network[$1].name }.compactMap { blobs[$0] }
    }

    private func numbers(_ parameter: ParameterID?) throws -> [Double]? {
        guard let parameter else { return nil }
        let values = try weights.stored(parameter, of: network)
        return takesMagnitudes ? values.map(abs) : values
    }

    private func tensor(_ parameter: ParameterID) throws -> Blob {
        Blob(network[parameter].shape ?? [], try numbers(parameter) ?? [])
    }

    /// y[n, o, p] = b[o] + sum over i of o's group and k of W[o, i, k] x[n, i, p stride + k dilation - pad]
    private func convolve(_ input: Blob, _ operation: Convolution) throws -> Blob {
        let weight = try tensor(operation.weight)
        let bias = try numbers(operation.bias)
        let axes = operation.kernel.indices
        let extent = axes.map { operation.dilation[$0] * (operation.kernel[$0] - 1) + 1 }
        let pad = operation.padding(of: Array(input.shape[2...]))
        let sizes = axes.map { axis in
            let padded = input.shape[axis + 2] + pad.before[axis] + pad.after[axis]
            return (padded - extent[axis]) / operation.stride[axis] + 1
        }
        let inputsPerGroup = input.shape[1] / operation.groups
        let outputsPerGroup = operation.outputChannels / operation.groups
        var output = Blob(zeros: [input.shape[0], operation.outputChannels] + sizes)
        let taps = Blob.indices([inputsPerGroup] + operation.kernel)
        for index in Blob.indices(output.shape) {
            let group = index[1] / outputsPerGroup
            var sum = bias?[index[1]] ?? 0
            for tap in taps {
                let place = axes.map { axis in
                    index[axis + 2] * operation.stride[axis] + tap[axis + 1] * operation.dilation[axis]
                        - pad.before[axis]
                }
                guard axes.allSatisfy({ (0..<input.shape[$0 + 2]).contains(place[$0]) }) else { continue }
                sum += weight[[index[1]] + tap] * input[[index[0], group * inputsPerGroup + tap[0]] + place]
            }
            output[index] = sum
        }
        return output
    }

    /// Adds x[n, i, q] W[i, o, k] to y[n, o of i's group, q stride + k dilation - pad], for every q and k.
    private func deconvolve(_ input: Blob, _ operation: Convolution) throws -> Blob {
        let weight = try tensor(operation.weight)
        let bias = try numbers(operation.bias)
        let axes = operation.kernel.indices
        let sizes = axes.map { axis in
            operation.stride[axis] * (input.shape[axis + 2] - 1)
                + operation.dilation[axis] * (operation.kernel[axis] - 1) + 1
                - operation.padBefore[axis] - operation.padAfter[axis]
        }
        let inputsPerGroup = input.shape[1] / operation.groups
        let outputsPerGroup = operation.outputChannels / operation.groups
        var output = Blob(zeros: [input.shape[0], operation.outputChannels] + sizes)
        for index in Blob.indices(output.shape) { output[index] = bias?[index[1]] ?? 0 }
        let taps = Blob.indices([outputsPerGroup] + operation.kernel)
        for index in Blob.indices(input.shape) {
            let group = index[1] / inputsPerGroup
            for tap in taps {
                let place = axes.map { axis in
                    index[axis + 2] * operation.stride[axis] + tap[axis + 1] * operation.dilation[axis]
                        - operation.padBefore[axis]
                }
                guard axes.allSatisfy({ (0..<sizes[$0]).contains(place[$0]) }) else { continue }
                output[[index[0], group * outputsPerGroup + tap[0]] + place] += input[index] * weight[[index[1]] + tap]
            }
        }
        return output
    }

    /// y[m, o] = b[o] + sum over k of W[o, k] x[m, k], everything from `axis` on being one vector; W[k, o] when transposed.
    private func multiply(_ input: Blob, _ operation: InnerProduct) throws -> Blob {
        let weight = try tensor(operation.weight)
        let bias = try numbers(operation.bias)
        let outer = input.shape[..<operation.axis]
        let rows = outer.reduce(1, *)
        let length = input.shape[operation.axis...].reduce(1, *)
        var output = Blob(zeros: [rows, operation.outputCount])
        for index in Blob.indices(output.shape) {
            output[index] = (0..<length).reduce(bias?[index[1]] ?? 0) { sum, k in
                sum + weight[operation.transposed ? [k, index[1]] : [index[1], k]] * input.values[index[0] * length + k]
            }
        }
        return Blob(Array(outer) + [operation.outputCount], output.values)
    }

    /// y = gamma (x - mean / n) / sqrt(variance / n + epsilon) + beta; mean and variance count as 0 when n is 0.
    ///
    /// A stored 1 / sqrt(variance + epsilon) is a factor as it is; without any spread the factor is 1.
    private func normalize(_ input: Blob, _ operation: BatchNorm) throws -> Blob {
        let factor = try numbers(operation.factor)?[0] ?? 1
        let mean = try numbers(operation.mean)
        var variance: [Double]?
        var inverseDeviation: [Double]?
        switch operation.spread {
        case .variance(let parameter): variance = try numbers(parameter)
        case .inverseDeviation(let parameter): inverseDeviation = try numbers(parameter)
        case .applied: break
        }
        let gamma = try numbers(operation.gamma)
        let beta = try numbers(operation.beta)
        return mapChannels(input) { x, channel in
            let center = factor == 0 ? 0 : (mean?[channel] ?? 0) / factor
            let deviation = variance.map { variance in
                let spread = factor == 0 ? 0 : variance[channel] / factor
                return operation.addsEpsilonToDeviation
                    ? spread.squareRoot() + operation.epsilon : (spread + operation.epsilon).squareRoot()
            }
            let normalized = (x - center) * (inverseDeviation?[channel] ?? 1) / (deviation ?? 1)
            return (gamma?[channel] ?? 1) * normalized + (beta?[channel] ?? 0)
        }
    }

    /// A single number counts for every channel.
    private func affine(_ input: Blob, factors: [Double]?, terms: [Double]?) throws -> Blob {
        func entry(_ numbers: [Double]?, _ channel: Int, missing: Double) -> Double {
            numbers.map { $0.count == 1 ? $0[0] : $0[channel] } ?? missing
        }
        return mapChannels(input) { x, channel in
            entry(factors, channel, missing: 1) * x + entry(terms, channel, missing: 0)
        }
    }

    private func mapChannels(_ input: Blob, _ function: (Double, Int) -> Double) -> Blob {
        let inner = input.shape[2...].reduce(1, *)
        return Blob(
            input.shape, input.values.indices.map { function(input.values[$0], $0 / inner % input.shape[1]) })
    }
}
