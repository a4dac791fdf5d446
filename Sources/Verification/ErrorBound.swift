import Execution
import NetGraph

/// How far a value of the folded network may lie from the original's because folded weights are rounded to their number format.
///
/// Each folded weight and bias is rounded once, by at most u of itself (u = 2^-24 for Float), so output channel c of a linear layer is off by
///
///     |dy_c| <= u (||W'_c||_1 max|x| + |b'_c|)
///
/// and by ||W'_c||_1 times what its input is off by. Numbers below the smallest normal one are off by half a step of the subnormal ones, however
/// small they are: that much more for each weight, times max|x|. A weight that is stored as whole numbers and scales is rounded three times: before the
/// fold, in its scale, and after the fold. What lies between two folded layers hands an error on by its Lipschitz constant.
struct ErrorBound {
    /// One bound for each channel (axis 1), or a single one for all elements.
    private(set) var channels: [Double]

    static let zero = ErrorBound(channels: [0])

    var largest: Double { channels.max() ?? 0 }

    func ofChannel(_ channel: Int) -> Double {
        channels.count == 1 ? channels[0] : channels.indices.contains(channel) ? channels[channel] : largest
    }

    /// A single bound that holds for every channel.
    var merged: ErrorBound { ErrorBound(channels: [largest]) }

    func scaled(by factor: Double) -> ErrorBound { ErrorBound(channels: channels.map { $0 * factor }) }

    /// What the arithmetic of the comparison itself adds, relative to the same terms as the rounding: sums of up to 2^16 products in double
    /// precision are off by at most 2^16 * 2^-53 of their terms.
    static let noiseOfDouble = 0x1p-37

    /// By how much a number is off that was rounded once, at most: `relative` of itself and `absolute`.
    private struct Rounding {
        var relative: Double
        var absolute: Double

        /// - Parameter type: `nil` for numbers that are what they were.
        init(to type: ElementType?, times: Double = 1) {
            let (relative, absolute) =
                switch type {
                case .float16: (0x1p-11, 0x1p-25)
                case .float32: (0x1p-24, 0x1p-150)
                case .float64: (0x1p-53, .leastNonzeroMagnitude)
                case nil: (0, 0)
                }
            (self.relative, self.absolute) = (relative * times, absolute * times)
        }

        /// What the rounding and the arithmetic make of a number, or of a sum of `count` numbers with this sum of magnitudes.
        func error(of magnitude: Double, count: Int = 1) -> Double {
            (relative + ErrorBound.noiseOfDouble) * magnitude + absolute * Double(count)
        }
    }

    /// The bound of each output of a layer.
    ///
    /// - Parameters:
    ///   - inputs: the bounds of its inputs.
    ///   - magnitudes: the largest magnitude in each input.
    ///   - isRounded: whether the layer's numbers were rounded by a fold.
    /// - Returns: `nil` for a layer whose effect on an error is not known.
    static func outputs(
        of layer: Layer, inputs: [ErrorBound], magnitudes: [Double], isRounded: Bool,
        interpreter: Interpreter<Double>
    ) -> [ErrorBound]? {
        let widest = inputs.map(\.largest).max() ?? 0
        let magnitude = magnitudes.max() ?? 0
        func all(_ bound: ErrorBound) -> [ErrorBound] { layer.outputs.map { _ in bound } }
        func rounding(_ parameter: ParameterID) -> Rounding {
            let parameter = interpreter.network[parameter]
            return Rounding(
                to: isRounded ? parameter.elementType : nil, times: parameter.factors == .any ? 1 : 3)
        }
        switch layer.operation {
        case .convolution(let convolution), .deconvolution(let convolution):
            return linear(layer, convolution.weight, convolution.bias, widest, magnitude, rounding, interpreter)
                .map { all(convolution.channelAxis == 1 ? $0 : $0.merged) }
        case .innerProduct(let product):
            return linear(layer, product.weight, product.bias, widest, magnitude, rounding, interpreter)
                .map { all(product.axis == 1 ? $0 : $0.merged) }
        case .scale(let scale) where inputs.count == 1:
            guard let gamma = scale.gamma, let factors = interpreter.numbers(of: gamma) else { return nil }
            let terms = scale.beta.flatMap { interpreter.numbers(of: $0) } ?? []
            // Along another axis than the channel, a factor meets every channel.
            let isPerChannel = scale.axes == .axes(1..<2)
            let bounds = factors.enumerated().map { channel, factor in
                let error = isPerChannel ? inputs[0].ofChannel(channel) : widest
                let term = terms.indices.contains(channel) ? abs(terms[channel]) : 0
                return abs(factor) * error + rounding(gamma).error(of: abs(factor)) * magnitude
                    + (scale.beta.map { rounding($0).error(of: term) } ?? 0)
            }
            let bound = ErrorBound(channels: bounds)
            return all(isPerChannel ? bound : bound.merged)
        case .bias(let bias) where inputs.count == 1:
            guard let beta = bias.beta, let terms = interpreter.numbers(of: beta) else { return nil }
            let isPerChannel = bias.axes == .axes(1..<2)
            let bounds = terms.enumerated().map { channel, term in
                (isPerChannel ? inputs[0].ofChannel(channel) : widest) + rounding(beta).error(of: abs(term))
                    + noiseOfDouble * magnitude
            }
            let bound = ErrorBound(channels: bounds)
            return all(isPerChannel ? bound : bound.merged)
        case .scale where inputs.count == 2:
            let bound =
                inputs[0].largest * magnitudes[1] + inputs[1].largest * magnitudes[0]
                + inputs[0].largest * inputs[1].largest
            return all(ErrorBound(channels: [bound]))
        case .batchNorm(let batchNorm):
            return normalization(batchNorm, inputs.first, magnitude, rounding, interpreter).map(all)
        case .activation(let activation):
            guard let slope = steepestSlope(of: activation, interpreter: interpreter), let input = inputs.first else {
                return nil
            }
            // Folding changes no slopes, but storing them in half precision does.
            guard case .prelu(let slopes, _) = activation, interpreter.network[slopes].elementType == .float16 else {
                return all(input.scaled(by: slope))
            }
            let rounded = rounding(slopes).error(of: slope) * magnitude
            return all(ErrorBound(channels: input.channels.map { $0 * slope + rounded }))
        case .power(let power):
            return power.power == 1 ? inputs.first.map { all($0.scaled(by: abs(power.scale))) } : nil
        case .pooling(let pooling):
            switch pooling.method {
            case .stochastic: return nil
            case .max, .average: return inputs.first.map(all)
            case .norm:
                // No more than by the sum of what its elements are off by.
                let count = (pooling.kernel ?? planeShape(of: layer, interpreter)).flatMap(TensorShape.elementCount)
                return count.flatMap { count in inputs.first.map { all($0.scaled(by: Double(count))) } }
            }
        case .identity, .split, .padding: return inputs.first.map(all)
        case .concat(let axis):
            let lengths = layer.inputs.map { interpreter.network[$0].shape?.length(ofAxis: 1) }
            guard axis == 1, !lengths.contains(nil) else { return all(ErrorBound(channels: [widest])) }
            let joined = zip(inputs, lengths).flatMap { bound, length in (0..<(length ?? 0)).map(bound.ofChannel) }
            return all(ErrorBound(channels: joined))
        case .eltwise(let eltwise):
            switch eltwise.combination {
            case .maximum: return all(ErrorBound(channels: [widest]))
            case .sum:
                let sum = zip(eltwise.coefficients, inputs).reduce(0) { $0 + abs($1.0) * $1.1.largest }
                return all(ErrorBound(channels: [sum]))
            case .product:
                // (x + e)(y + f) ... - x y ..., each factor at its largest.
                let exact = magnitudes.reduce(1, *)
                let off = zip(magnitudes, inputs).reduce(1) { $0 * ($1.0 + $1.1.largest) }
                return all(ErrorBound(channels: [off - exact + noiseOfDouble * exact]))
            }
        case .slice, .flatten, .reshape, .crop, .permute, .shuffleChannel, .pixelShuffle, .tile, .upsample, .reorg,
            .softmax, .interpolation, .gathering, .stridedSlice, .pixelBlocks:
            return inputs.first.map { all($0.merged) }
        case .arithmetic, .contraction, .axisReduction, .resize, .logSoftmax, .gatedHalves:
            return combined(layer, inputs, magnitudes, interpreter).map { all(ErrorBound(channels: [$0])) }
        case .embed(let embed) where inputs.allSatisfy({ $0.largest == 0 }):
            // A row is another one or the same: only the numbers of the table can be off.
            guard let numbers = interpreter.numbers(of: embed.weight), embed.bias == nil,
                numbers.count == embed.rowCount * embed.outputCount
            else { return nil }
            var largest = [Double](repeating: 0, count: embed.outputCount)
            for (index, number) in numbers.enumerated() {
                let channel = index % embed.outputCount
                largest[channel] = max(largest[channel], abs(number))
            }
            let bound = ErrorBound(channels: largest.map { rounding(embed.weight).error(of: $0) })
            return all(embed.order == .channelsLast ? bound : bound.merged)
        case .scale, .bias, .input, .dataSource, .objective, .stochastic, .localResponse, .meanVariance, .normalize,
            .sink, .argMax, .reduction, .spatialPyramid, .im2col, .axpy, .batchReindex, .filter, .embed, .recurrent,
            .fill, .parameter, .priorBox, .detectionOutput, .regionPooling, .opaque, .standardization, .normDivision:
            return nil
        }
    }

    private static func linear(
        _ layer: Layer, _ weight: ParameterID, _ bias: ParameterID?, _ error: Double, _ magnitude: Double,
        _ rounding: (ParameterID) -> Rounding, _ interpreter: Interpreter<Double>
    ) -> ErrorBound? {
        guard let norms = interpreter.weightNorms(of: layer), let count = interpreter.network[weight].elementCount
        else { return nil }
        let terms = bias.flatMap { interpreter.numbers(of: $0) } ?? []
        return ErrorBound(
            channels: norms.enumerated().map { channel, norm in
                let term = terms.indices.contains(channel) ? abs(terms[channel]) : 0
                return norm * error + rounding(weight).error(of: norm, count: count / norms.count) * magnitude
                    + (bias.map { rounding($0).error(of: term) } ?? 0)
            })
    }

    /// gamma (x - mean) / deviation + beta: each parameter is rounded by itself, the variance under a root, so by half as much.
    private static func normalization(
        _ batchNorm: BatchNorm, _ input: ErrorBound?, _ magnitude: Double, _ rounding: (ParameterID) -> Rounding,
        _ interpreter: Interpreter<Double>
    ) -> ErrorBound? {
        guard batchNorm.usesGlobalStatistics, batchNorm.hasStatistics, let input else { return nil }
        func numbers(_ parameter: ParameterID?) -> [Double]? { parameter.flatMap { interpreter.numbers(of: $0) } }
        let share = numbers(batchNorm.factor)?.first ?? 1
        let (means, gammas, betas) = (numbers(batchNorm.mean), numbers(batchNorm.gamma), numbers(batchNorm.beta))
        /// For each channel what it divides by, and by how much of itself that is off.
        let deviations: [(value: Double, error: Double)]?
        switch batchNorm.spread {
        case .variance(let parameter):
            deviations = numbers(parameter)?.map { stored in
                let variance = share == 0 ? 0 : stored / share
                let deviation = batchNorm.deviation(ofVariance: variance)
                let error = rounding(parameter).error(of: abs(variance)) / 2
                return (deviation, error / (deviation * deviation) * (batchNorm.addsEpsilonToDeviation ? 2 : 1))
            }
        case .inverseDeviation(let parameter):
            deviations = numbers(parameter)?.map { (1 / $0, rounding(parameter).error(of: abs($0)) / abs($0)) }
        case .applied: deviations = (gammas ?? means ?? betas)?.map { _ in (1, 0) }
        }
        guard let deviations, deviations.allSatisfy({ $0.value.isFinite && $0.value != 0 }) else { return nil }
        func entry(_ numbers: [Double]?, _ channel: Int, missing: Double) -> Double {
            numbers.map { $0.count == 1 ? $0[0] : $0.indices.contains(channel) ? $0[channel] : missing } ?? missing
        }
        let isPerChannel = batchNorm.axis == 1
        let bounds = deviations.enumerated().map { channel, deviation in
            let mean = share == 0 ? 0 : entry(means, channel, missing: 0) / share
            let gamma = abs(entry(gammas, channel, missing: 1))
            let beta = entry(betas, channel, missing: 0)
            let factor = gamma / abs(deviation.value)
            let centered = magnitude + abs(mean)
            let meanError = batchNorm.mean.map { rounding($0).error(of: abs(mean)) } ?? 0
            let gammaError = batchNorm.gamma.map { rounding($0).error(of: gamma) } ?? 0
            return factor * ((isPerChannel ? input.ofChannel(channel) : input.largest) + meanError)
                + (gammaError / abs(deviation.value) + factor * (deviation.error + noiseOfDouble)) * centered
                + (batchNorm.beta.map { rounding($0).error(of: abs(beta)) } ?? 0)
        }
        let bound = ErrorBound(channels: bounds)
        return isPerChannel ? bound : bound.merged
    }
}
