import Execution
import NetGraph

/// What a network's own statistics tell about its values.
struct ValueStatistics {
    let interpreter: Interpreter<Double>
    private let connections: Connections

    init(interpreter: Interpreter<Double>) {
        self.interpreter = interpreter
        connections = Connections(interpreter.network)
    }

    private var network: Network { interpreter.network }

    /// 2 GiB of numbers.
    private static let maximumCount = 1 << 28

    /// Numbers that a value could hold: normal, with the mean and deviation of the normalisation before it, cut off by what lies between.
    ///
    /// - Returns: `nil` for a shape that is too large.
    func noise(for value: ValueID, shape: [Int], _ noise: inout GaussianNoise) -> Tensor<Double>? {
        guard let count = TensorShape(shape).elementCount(in: 0..<shape.count), count <= Self.maximumCount else {
            return nil
        }
        let source = normalization(before: value)
        let channels = shape.count > 1 ? max(shape[1], 1) : 1
        let inner = max(shape.dropFirst(2).reduce(1, *), 1)
        let elements = (0..<count).map { index in
            let channel = index / inner % channels
            let mean = source.means.indices.contains(channel) ? source.means[channel] : 0
            let deviation = source.deviations.indices.contains(channel) ? source.deviations[channel] : 1
            let number = mean + deviation * noise.next()
            return source.isRectified ? max(number, 0) : number
        }
        return Tensor(shape: shape, elements: elements)
    }

    /// The shape of a value, or one that its readers could take: small, with the channels that their weights tell.
    func shape(of value: ValueID, readBy positions: [Int]) -> [Int]? {
        if let known = network[value].shape?.known { return known }
        for position in positions where network.layers[position].inputs.contains(value) {
            switch network.layers[position].operation {
            case .convolution(let convolution):
                guard let inputs = inputChannels(of: convolution, isTransposed: false) else { continue }
                let reach = zip(convolution.kernel, convolution.dilation).map { 8 + min($0, 1024) * min($1, 1024) }
                return [2, inputs] + reach
            case .deconvolution(let convolution):
                guard let inputs = inputChannels(of: convolution, isTransposed: true) else { continue }
                return [2, inputs] + convolution.kernel.map { _ in 6 }
            case .innerProduct(let product) where product.axis == 1:
                guard let count = network[product.weight].elementCount, product.outputCount > 0 else { continue }
                return [2, count / product.outputCount]
            case .batchNorm(let batchNorm) where batchNorm.axis == 1:
                guard let channels = batchNorm.stored.first.flatMap({ network[$0].elementCount }) else { continue }
                return [2, channels, 6, 6]
            case .scale(let scale) where scale.axes == .axes(1..<2):
                guard let channels = scale.gamma.flatMap({ network[$0].elementCount }) else { continue }
                return [2, channels, 6, 6]
            case .bias(let bias) where bias.axes == .axes(1..<2):
                guard let channels = bias.beta.flatMap({ network[$0].elementCount }) else { continue }
                return [2, channels, 6, 6]
            default: continue
            }
        }
        return nil
    }

    private func inputChannels(of convolution: Convolution, isTransposed: Bool) -> Int? {
        network[convolution.weight].elementCount.flatMap {
            convolution.weightLayout(isTransposed: isTransposed, elementCount: $0)
        }?.inputChannels
    }

    private struct Normalization {
        var means: [Double] = []
        var deviations: [Double] = []
        var isRectified = false
    }

    /// The last BatchNorm, and its Scale, on the way to a value; a mean of 0 and a deviation of 1 where there is none.
    private func normalization(before value: ValueID) -> Normalization {
        var result = Normalization()
        var value = value
        for _ in network.layers.indices {
            guard let position = connections.producer(of: value) else { return result }
            let layer = network.layers[position]
            guard let input = layer.inputs.first else { return result }
            switch layer.operation {
            case .activation(.relu), .activation(.relu6): result.isRectified = true
            case .activation, .pooling, .padding, .identity, .split: break
            case .scale(let scale) where layer.inputs.count == 1:
                result.deviations = scale.gamma.flatMap { interpreter.numbers(of: $0) }.map { $0.map(abs) } ?? []
                result.means = scale.beta.flatMap { interpreter.numbers(of: $0) } ?? []
                return result
            case .batchNorm(let batchNorm) where batchNorm.axis == 1:
                result.deviations = batchNorm.gamma.flatMap { interpreter.numbers(of: $0) }.map { $0.map(abs) } ?? []
                result.means = batchNorm.beta.flatMap { interpreter.numbers(of: $0) } ?? []
                return result
            default: return result
            }
            value = input
        }
        return result
    }
}
