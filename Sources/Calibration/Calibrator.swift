import Execution
import NetGraph

/// How statistics are measured.
public enum MeasuringMethod: Hashable, Sendable {
    /// One pass in batches: each BatchNorm normalises by its batch, and their means and variances are averaged, as a framework gathers them in training.
    case batches
    /// Over all samples at once, one layer after the other: every BatchNorm before already normalises by its new statistics.
    case population
    /// Over all samples at once, in one pass, in which every BatchNorm normalises by what is stored.
    case asStored
}

/// Measures the statistics of BatchNorms on samples.
///
///     var calibrator = try Calibrator(network, weights: store, groups: groups, method: .batches)
///     for _ in 0..<calibrator.passCount {
///         for batch in batches { try calibrator.add(batch) }
///         try calibrator.finishPass()
///     }
///
/// All sums are in double precision and in the order of the batches, so that the result depends on nothing else. Nothing is kept from batch to batch but
/// the sums.
public struct Calibrator {
    public let groups: [StatisticsGroup]
    public let method: MeasuringMethod
    /// How often all samples have to be gone through.
    public var passCount: Int { passes.count }
    /// What was measured, in finished passes; `nil` for a group that could not be.
    public private(set) var statistics: [MeasuredStatistics?]
    /// Why groups could not be measured, by position in `groups`: a layer before them cannot run.
    public private(set) var obstacles: [Int: Obstacle] = [:]

    private let passes: [[Int]]
    private var interpreter: Interpreter<Double>
    /// Where the new statistics of each group lie in the interpreter's network, while BatchNorms behind them are measured.
    private let places: [(mean: ParameterID, variance: ParameterID)]
    private var pass = 0
    private var sums: [Int: StatisticsSum] = [:]
    /// The layers that the current pass needs, and none behind.
    private var part: Interpreter<Double>

    /// - Throws: `ExecutionError` for parameters that cannot be read, and for a BatchNorm whose number of channels is not known.
    public init(
        _ network: Network, weights: some WeightStore, groups: [StatisticsGroup], method: MeasuringMethod,
        options: ExecutionOptions = ExecutionOptions()
    ) throws(ExecutionError) {
        self.groups = groups
        self.method = method
        statistics = [MeasuredStatistics?](repeating: nil, count: groups.count)
        var network = network
        var places: [(mean: ParameterID, variance: ParameterID)] = []
        switch method {
        case .asStored: passes = groups.isEmpty ? [] : [Array(groups.indices)]
        case .batches:
            passes = groups.isEmpty ? [] : [Array(groups.indices)]
            for position in groups.flatMap(\.positions) {
                network.layers[position].normalizeByBatch()
            }
        case .population:
            passes = MeasuringOrder(groups, of: network).passes
            for group in groups { places.append(try group.addPlaces(to: &network)) }
        }
        self.places = places
        interpreter = try Interpreter(
            network, weights: NewStatistics(base: weights, places: places), options: options)
        part = interpreter
        selectPart()
    }

    /// The layers that a pass runs, all passes together: what a bar of progress can count.
    public var stepsPerBatch: [Int] {
        passes.map { groups in Self.positions(before: groups.map { self.groups[$0] }, in: interpreter.network).count }
    }

    /// Runs one batch as far as the current pass needs it.
    ///
    /// - Parameters:
    ///   - inputs: numbers by the name of the network's input.
    ///   - step: called after each layer; throws to stop.
    public mutating func add(
        _ inputs: [String: Tensor<Double>], step: () throws(ExecutionError) -> Void = {}
    ) throws(ExecutionError) {
        var measured: [ValueID: [(group: Int, axis: Int)]] = [:]
        for group in passes[pass] where obstacles[group] == nil {
            for (input, axis) in zip(groups[group].inputs, groups[group].axes) {
                measured[input, default: []].append((group, axis))
            }
        }
        let names = Set(
            part.network.layers.filter { $0.operation == .input }.flatMap(\.outputs).map { part.network[$0].name })
        var forward = try part.start(inputs.filter { names.contains($0.key) })
        for group in passes[pass] where obstacles[group] == nil {
            guard let obstacle = groups[group].inputs.compactMap({ forward.obstacles[$0] }).first else { continue }
            obstacles[group] = obstacle
            sums[group] = nil
        }
        // Uses of one group are added in the order of the network, whatever the order of the passes.
        while let layer = try forward.next() {
            try step()
            for output in layer.outputs {
                for (group, axis) in measured[output] ?? [] where obstacles[group] == nil {
                    guard let moments = forward.moments(of: output, along: axis) else { continue }
                    var sum = sums[group] ?? emptySum
                    guard sum.add(moments) else {
                        throw ExecutionError(
                            .invalidInput,
                            "layer '\(groups[group].names[0])' normalises \(moments.mean.count) channels, but has had another number of them before"
                        )
                    }
                    sums[group] = sum
                }
            }
        }
    }

    /// Ends a pass over all samples.
    ///
    /// - Throws: `ExecutionError` when what was measured is not finite.
    public mutating func finishPass() throws(ExecutionError) {
        var numbers: [ParameterID: [Double]] = [:]
        for group in passes[pass] {
            guard let measured = sums[group]?.statistics else { continue }
            for (channel, pair) in zip(measured.mean, measured.variance).enumerated()
            where !(pair.0.isFinite && pair.1.isFinite) {
                throw ExecutionError(
                    .invalidInput,
                    "what layer '\(groups[group].names[0])' reads is not finite in channel \(channel): its statistics cannot be measured"
                )
            }
            statistics[group] = measured
            guard method == .population else { continue }
            numbers[places[group].mean] = measured.mean
            numbers[places[group].variance] = measured.variance
        }
        sums = [:]
        pass += 1
        if !numbers.isEmpty { interpreter = interpreter.replacing(numbers) }
        if pass < passes.count { selectPart() }
    }

    private var emptySum: StatisticsSum {
        method == .batches
            ? .batches(count: 0, mean: [], variance: []) : .population(ChannelMoments(count: 0, mean: [], squares: []))
    }

    private mutating func selectPart() {
        guard pass < passes.count else { return }
        let measured = passes[pass].map { groups[$0] }
        part = interpreter.part(layers: Self.positions(before: measured, in: interpreter.network), inputs: [])
    }

    /// The layers that lead to what some groups normalise.
    private static func positions(before groups: [StatisticsGroup], in network: Network) -> [Int] {
        var isNeeded = [Bool](repeating: false, count: network.values.count)
        for input in groups.flatMap(\.inputs) { isNeeded[input.index] = true }
        var positions: [Int] = []
        for position in network.layers.indices.reversed() {
            let layer = network.layers[position]
            guard layer.outputs.contains(where: { isNeeded[$0.index] }) else { continue }
            for input in layer.inputs { isNeeded[input.index] = true }
            positions.append(position)
        }
        return positions.reversed()
    }
}

extension Layer {
    fileprivate mutating func normalizeByBatch() {
        guard case .batchNorm(var batchNorm) = operation else { return }
        batchNorm.usesGlobalStatistics = false
        batchNorm.hasStatistics = true
        operation = .batchNorm(batchNorm)
    }
}

extension StatisticsGroup {
    /// Gives the group's layers new statistics, which are measured later.
    fileprivate func addPlaces(
        to network: inout Network
    ) throws(ExecutionError) -> (mean: ParameterID, variance: ParameterID) {
        guard let channels = channels(in: network) else {
            throw ExecutionError(
                .invalidInput, "layer '\(names[0])': its number of channels is not known; give the shape of the input")
        }
        let mean = network.addParameter(Parameter(name: "\(names[0]) mean", shape: [channels]))
        let variance = network.addParameter(Parameter(name: "\(names[0]) variance", shape: [channels]))
        for position in positions {
            guard case .batchNorm(var batchNorm) = network.layers[position].operation else { continue }
            batchNorm.mean = mean
            batchNorm.spread = .variance(variance)
            batchNorm.factor = nil
            batchNorm.stored = [mean, variance] + [batchNorm.gamma, batchNorm.beta].compactMap(\.self)
            batchNorm.usesGlobalStatistics = true
            batchNorm.hasStatistics = true
            network.layers[position].operation = .batchNorm(batchNorm)
        }
        return (mean, variance)
    }

    private func channels(in network: Network) -> Int? {
        if let mean, let count = network[mean].elementCount { return count }
        for (position, (input, axis)) in zip(positions, zip(inputs, axes)) {
            if let shape = network[input].shape?.known, shape.indices.contains(axis) { return shape[axis] }
            guard case .batchNorm(let batchNorm) = network.layers[position].operation,
                let count = batchNorm.stored.compactMap({ network[$0].elementCount }).max()
            else { continue }
            return count
        }
        return nil
    }
}

/// Weights with places for statistics that are measured later: a mean of 0 and a variance of 1 until then.
private struct NewStatistics<Base: WeightStore>: WeightStore {
    var base: Base
    var numbers: [ParameterID: Double] = [:]

    init(base: Base, places: [(mean: ParameterID, variance: ParameterID)]) {
        self.base = base
        for place in places {
            numbers[place.mean] = 0
            numbers[place.variance] = 1
        }
    }

    func read<Element: WeightElement>(
        _ parameter: ParameterID, from start: Int, into buffer: UnsafeMutableBufferPointer<Element>
    ) throws(WeightError) {
        guard let number = numbers[parameter] else { return try base.read(parameter, from: start, into: buffer) }
        for index in buffer.indices { buffer[index] = Element(number) }
    }
}
