import Execution
import NetGraph

/// Tries one fold by itself: the folded part of the network on numbers of the original, in double precision.
struct SiteTrial {
    let site: FoldSite
    private let original: Interpreter<Double>
    private let folded: Interpreter<Double>
    private let tolerance: Double
    private let isRehearsed: Bool
    private let valueWord: String

    /// - Parameters:
    ///   - isRehearsed: whether `rehearse` has counted, or will count, all that `run` takes.
    ///   - valueWord: what the framework calls a value, for sentences.
    init(
        _ site: FoldSite, original: Interpreter<Double>, folded: Interpreter<Double>, tolerance: Double,
        isRehearsed: Bool, valueWord: String = "value"
    ) {
        self.isRehearsed = isRehearsed
        self.valueWord = valueWord
        self.site = site
        self.original = original
        self.folded = folded
        self.tolerance = tolerance
    }

    /// What keeps the fold from being tried; `nil` when nothing does.
    var obstacle: String? {
        let layers =
            site.foldedLayers.map { (folded, folded.network.layers[$0]) }
            + site.originalLayers.map { (original, original.network.layers[$0]) }
        for (interpreter, layer) in layers {
            if let obstacle = interpreter.obstacle(of: layer) { return "\(obstacle)" }
        }
        return nil
    }

    /// Runs the folded part and compares what it gives with what the original gave.
    ///
    /// - Parameter values: of the original: those that the site reads, and those that it computes.
    func run(_ values: [ValueID: Tensor<Double>], into difference: inout SiteDifference) throws(ExecutionError) {
        var given: [ValueID: Tensor<Double>] = [:]
        for pair in site.frontier where given[pair.folded] == nil { given[pair.folded] = values[pair.original] }
        let part = folded.part(layers: site.foldedLayers, inputs: Array(Set(site.frontier.map(\.folded))))
        let wanted = Dictionary(site.outputs.map { ($0.folded, [$0.original]) }, uniquingKeysWith: +)
        var bounds: [ValueID: ErrorBound] = [:]
        var magnitudes: [ValueID: Double] = [:]
        var decisions: Set<ValueID> = []
        var largest = 0.0
        var pass = try part.start(given: given, isRehearsed: isRehearsed)
        while let layer = try pass.next() {
            if layer.operation == .input {
                for output in layer.outputs { bounds[output] = .zero }
            } else {
                let inputs = layer.inputs.compactMap { bounds[$0] }
                if inputs.count == layer.inputs.count {
                    // A layer that has its old numbers may have taken so little that they were rounded to what they were.
                    let outputs = ErrorBound.outputs(
                        of: layer, inputs: inputs, magnitudes: layer.inputs.map { magnitudes[$0, default: 0] },
                        isRounded: true, interpreter: folded)
                    for (output, bound) in zip(layer.outputs, outputs ?? []) { bounds[output] = bound }
                }
            }
            decisions.formUnion(
                layer.inputs.contains(where: decisions.contains) ? layer.outputs : layer.decidedOutputs)
            for output in layer.outputs {
                let magnitude = pass.largestMagnitude(of: output)
                magnitudes[output] = magnitude
                largest = max(largest, magnitude)
                guard !decisions.contains(output), let counterparts = wanted[output],
                    let found = pass.tensor(of: output)
                else { continue }
                for counterpart in counterparts {
                    guard let expected = values[counterpart] else { continue }
                    difference.add(
                        original: expected, folded: found, bound: bounds[output],
                        noise: ErrorBound.noiseOfDouble * largest, tolerance: tolerance)
                }
            }
        }
        difference.count(samples: site.frontier.first.flatMap { values[$0.original]?.shape.first } ?? 1)
    }

    /// Counts what `run` would take beside the values that it gets.
    ///
    /// - Parameter shapes: of the original's values that the site reads, and of those that it computes.
    func rehearse(_ shapes: [ValueID: [Int]], on meter: MemoryMeter) throws(ExecutionError) {
        var given: [ValueID: [Int]] = [:]
        for pair in site.frontier where given[pair.folded] == nil { given[pair.folded] = shapes[pair.original] }
        let part = folded.part(layers: site.foldedLayers, inputs: Array(Set(site.frontier.map(\.folded))))
        let wanted = Set(site.outputs.map(\.folded))
        var pass = try part.rehearse(given: given, on: meter)
        while let layer = try pass.next() {
            for output in layer.outputs where wanted.contains(output) {
                let bytes = pass.value(of: output)?.byteCount ?? 0
                meter.take(bytes)
                meter.giveBack(bytes)
            }
        }
    }

    /// Runs both parts on noise that resembles what the original would see there: for a part that an obstacle cuts off from the input.
    ///
    /// - Returns: why that cannot be done; `nil` when it was done.
    func runOnNoise(_ noise: inout GaussianNoise, into difference: inout SiteDifference) -> String? {
        var values: [ValueID: Tensor<Double>] = [:]
        let statistics = ValueStatistics(interpreter: original)
        if let obstacle = memoryObstacle(statistics) { return obstacle }
        for pair in site.frontier {
            // What the folded part reads once is equal in the original, too.
            let twin = site.frontier.first { $0.folded == pair.folded && values[$0.original] != nil }
            if let twin {
                values[pair.original] = values[twin.original]
            } else if let obstacle = draw(pair.original, from: statistics, &noise, into: &values) {
                return obstacle
            }
        }
        for value in site.originalInputs where values[value] == nil {
            guard !dependsOnFrontier(value) else {
                return "\(valueWord) '\(original.network[value].name)' cannot be told apart from what the fold reads"
            }
            if let obstacle = draw(value, from: statistics, &noise, into: &values) { return obstacle }
        }
        let wanted = Set(site.outputs.map(\.original))
        let part = original.part(layers: site.originalLayers, inputs: site.originalInputs)
        do throws(ExecutionError) {
            var pass = try part.start(given: values.filter { site.originalInputs.contains($0.key) })
            while let layer = try pass.next() {
                for output in layer.outputs where wanted.contains(output) { values[output] = pass.tensor(of: output) }
            }
            try run(values, into: &difference)
        } catch {
            return error.message
        }
        return nil
    }

    /// Why there is no room for a run on noise; `nil` when there is.
    private func memoryObstacle(_ statistics: ValueStatistics) -> String? {
        let meter = MemoryMeter()
        var shapes: [ValueID: [Int]] = [:]
        for value in Set(site.frontier.map(\.original) + site.originalInputs) {
            guard let shape = statistics.shape(of: value, readBy: site.originalLayers) else { continue }
            guard shape.allSatisfy({ $0 >= 0 }) else { return "the shape of a \(valueWord) that it reads is not known" }
            shapes[value] = shape
            meter.take(PassValue<Double>(shape: shape).byteCount)
        }
        let wanted = Set(site.outputs.map(\.original))
        do throws(ExecutionError) {
            let part = original.part(layers: site.originalLayers, inputs: site.originalInputs)
            var pass = try part.rehearse(given: shapes.filter { site.originalInputs.contains($0.key) }, on: meter)
            while let layer = try pass.next() {
                for output in layer.outputs where wanted.contains(output) {
                    shapes[output] = pass.shape(of: output)
                    meter.take(pass.value(of: output)?.byteCount ?? 0)
                }
            }
            try rehearse(shapes, on: meter)
        } catch {
            return error.message
        }
        let limit = original.options.maximumBytes
        guard meter.peakBytes > limit else { return nil }
        return "trying it would take \(MemorySize(meter.peakBytes)) of memory, but the limit is \(MemorySize(limit))"
    }

    /// Draws noise for a value of the original.
    ///
    /// - Returns: why that cannot be done; `nil` when it was done.
    private func draw(
        _ value: ValueID, from statistics: ValueStatistics, _ noise: inout GaussianNoise,
        into values: inout [ValueID: Tensor<Double>]
    ) -> String? {
        guard let shape = statistics.shape(of: value, readBy: site.originalLayers) else {
            return "the shape of \(valueWord) '\(original.network[value].name)' is not known"
        }
        guard let tensor = statistics.noise(for: value, shape: shape, &noise) else {
            return "\(valueWord) '\(original.network[value].name)' of shape \(TensorShape.describe(shape)) is too large"
        }
        values[value] = tensor
        return nil
    }

    /// Whether what the folded part reads is computed from a value, so that noise for both would contradict itself.
    private func dependsOnFrontier(_ value: ValueID) -> Bool {
        var dependents: Set<ValueID> = [value]
        for layer in original.network.layers where layer.inputs.contains(where: dependents.contains) {
            dependents.formUnion(layer.outputs)
        }
        return site.frontier.contains { dependents.contains($0.original) }
    }
}
