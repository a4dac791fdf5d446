import Execution
import NetGraph

/// Samples for a network whose data are not at hand: normal noise, scaled to what its first BatchNorm saw in training.
///
/// A BatchNorm that reads the input itself tells the mean and deviation of each channel. Otherwise the network runs on noise of deviation 1 as far as
/// its first BatchNorm, and the variance that is measured there against the stored one tells the scale.
public struct InputNoise {
    public private(set) var scale = 1.0
    /// The BatchNorm that told the scale; `nil` when the network has none.
    public private(set) var layer: String?
    private let shapes: [String: [Int]]
    private var noise: GaussianNoise
    private var means: [String: [Double]] = [:]
    private var deviations: [String: [Double]] = [:]
    /// Of inputs that choose rows of a table: the number of rows.
    private let rowCounts: [String: Int]

    /// Scales are kept within these, so that statistics that mean nothing give no numbers that mean nothing.
    private static let sensible = 1e-4...1e4

    init(interpreter: Interpreter<Double>, shapes: [String: [Int]], seed: UInt64) {
        self.shapes = shapes
        noise = GaussianNoise(seed: seed)
        let network = interpreter.network
        rowCounts = Self.rowCounts(of: network)
        let isUsable = { (layer: Layer) -> BatchNorm? in
            guard case .batchNorm(let batchNorm) = layer.operation, batchNorm.usesGlobalStatistics,
                batchNorm.hasStatistics, batchNorm.axis == 1
            else { return nil }
            return batchNorm
        }
        guard let first = network.layers.first(where: { isUsable($0) != nil }), let batchNorm = isUsable(first),
            let statistics = Self.statistics(of: batchNorm, interpreter: interpreter)
        else { return }
        layer = first.name
        let source = network[first.inputs[0]].name
        if let shape = shapes[source],
            network.layers.contains(where: { $0.operation == .input && $0.outputs == first.inputs })
        {
            guard shape.count > 1, statistics.means.count == shape[1] else { return }
            means[source] = statistics.means
            deviations[source] = statistics.variances.map { $0.squareRoot() }
            return
        }
        let target = statistics.variances.reduce(0, +) / Double(statistics.variances.count)
        guard let measured = Self.variance(of: first.inputs[0], interpreter: interpreter, inputs: next()), measured > 0
        else { return }
        let factor = (target / measured).squareRoot()
        if factor.isFinite { scale = min(max(factor, Self.sensible.lowerBound), Self.sensible.upperBound) }
        noise = GaussianNoise(seed: seed)
    }

    /// The next batch, by name of the input.
    public mutating func next() -> [String: Tensor<Double>] {
        var inputs: [String: Tensor<Double>] = [:]
        for name in shapes.keys.sorted() {
            guard let shape = shapes[name] else { continue }
            let channels = shape.count > 1 ? max(shape[1], 1) : 1
            let inner = max(shape.dropFirst(2).reduce(1, *), 1)
            let elements = (0..<shape.reduce(1, *)).map { index in
                if let rows = rowCounts[name] { return noise.wholeNumber(below: rows) }
                let channel = index / inner % channels
                return (means[name]?[channel] ?? 0) + (deviations[name]?[channel] ?? scale) * noise.next()
            }
            inputs[name] = Tensor(shape: shape, elements: elements)
        }
        return inputs
    }

    /// Inputs that reach a layer which looks up rows of a table: no noise is a row's number.
    private static func rowCounts(of network: Network) -> [String: Int] {
        guard network.layers.contains(where: { if case .embed = $0.operation { true } else { false } }) else {
            return [:]
        }
        var sources: [ValueID: Set<ValueID>] = [:]
        var counts: [ValueID: Int] = [:]
        for layer in network.layers {
            switch layer.operation {
            case .input:
                for output in layer.outputs { sources[output] = [output] }
            case .embed(let embed):
                for source in layer.inputs.flatMap({ sources[$0] ?? [] }) {
                    counts[source] = min(counts[source] ?? .max, max(embed.rowCount, 1))
                }
            case .identity, .split, .flatten, .reshape, .permute, .slice, .concat, .crop, .gathering, .stridedSlice,
                .tile:
                // The same numbers in other places.
                let all = layer.inputs.reduce(into: Set<ValueID>()) { $0.formUnion(sources[$1] ?? []) }
                for output in layer.outputs where !all.isEmpty { sources[output] = all }
            default: continue
            }
        }
        return Dictionary(counts.map { (network[$0].name, $1) }, uniquingKeysWith: min)
    }

    /// Means and variances that make sense; `nil` when there are none.
    private static func statistics(
        of batchNorm: BatchNorm, interpreter: Interpreter<Double>
    ) -> (means: [Double], variances: [Double])? {
        let factor = batchNorm.factor.flatMap { interpreter.numbers(of: $0)?.first } ?? 1
        guard factor != 0, let mean = batchNorm.mean.flatMap({ interpreter.numbers(of: $0) }) else { return nil }
        let variances: [Double]?
        switch batchNorm.spread {
        case .variance(let id): variances = interpreter.numbers(of: id)?.map { $0 / factor }
        case .inverseDeviation(let id):
            variances = interpreter.numbers(of: id)?.map { 1 / ($0 * $0) - batchNorm.epsilon }
        case .applied: variances = nil
        }
        guard let variances, variances.count == mean.count, !variances.isEmpty,
            variances.allSatisfy({ $0.isFinite && $0 >= 0 }), mean.allSatisfy(\.isFinite)
        else { return nil }
        return (mean.map { $0 / factor }, variances)
    }

    /// The variance of a value about the means of its channels, on the given input.
    private static func variance(
        of value: ValueID, interpreter: Interpreter<Double>, inputs: [String: Tensor<Double>]
    ) -> Double? {
        guard var pass = try? interpreter.start(inputs) else { return nil }
        while let layer = try? pass.next() {
            guard layer.outputs.contains(value) else { continue }
            guard let tensor = pass.tensor(of: value), tensor.shape.count > 1, tensor.shape[1] > 0 else { return nil }
            let inner = max(tensor.shape.dropFirst(2).reduce(1, *), 1)
            let channels = tensor.shape[1]
            var sums = [Double](repeating: 0, count: channels)
            var squares = sums
            for (index, element) in tensor.elements.enumerated() {
                sums[index / inner % channels] += element
                squares[index / inner % channels] += element * element
            }
            let count = Double(max(tensor.elements.count / channels, 1))
            let variances = zip(sums, squares).map { $1 / count - ($0 / count) * ($0 / count) }
            return variances.reduce(0, +) / Double(channels)
        }
        return nil
    }
}
