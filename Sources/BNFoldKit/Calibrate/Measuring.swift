import Calibration
import Execution
import Folding
import Frontend
import NetGraph

/// Measures statistics of a model's normalisations on samples.
struct Measuring {
    let model: any Model
    /// What messages call the network.
    let place: String
    let vocabulary: Vocabulary
    let options: MeasuringOptions
    let cancellation: Cancellation

    /// Samples of a batch where nobody tells.
    private static let standardBatchSize = 32

    struct Outcome {
        var groups: [StatisticsGroup]
        var statistics: [MeasuredStatistics?]
        /// Why groups were not measured, by position.
        var obstacles: [Int: Obstacle]
        var samples: Int
        var batchSize: Int
        var passes: Int
        var remarks: [FoldReport.Remark]
    }

    func measure(_ method: MeasuringMethod, groups: [StatisticsGroup]) throws(BNFoldError) -> Outcome {
        guard let weights = model.weights else {
            throw BNFoldError(.internalFault, "a network without weights cannot be run")
        }
        let inputs = NetworkInput.all(of: model.network)
        guard !inputs.isEmpty else {
            throw BNFoldError(.malformed, "\(place): the network has no input to give samples to")
        }
        let batchSize = options.batchSize ?? model.trainingBatchSize ?? Self.standardBatchSize
        let samples = try CalibrationSamples(
            options, inputs: inputs, takesBlueFirst: vocabulary.takesBlueFirst, batchSize: batchSize,
            goesRound: method == .batches)
        var calibrator = try naming { () throws(ExecutionError) in
            try Calibrator(
                model.network, weights: AnyWeightStore(weights), groups: groups, method: method,
                options: ExecutionOptions(maximumBytes: options.memoryLimit ?? VerifyOptions.memoryOfMachine))
        }
        let total = Double(calibrator.stepsPerBatch.reduce(0, +) * samples.batchCount)
        let work = samples.count * calibrator.passCount
        var steps = 0
        for _ in 0..<calibrator.passCount {
            for index in 0..<samples.batchCount {
                let batch = try samples.batch(index)
                try naming { () throws(ExecutionError) in
                    try calibrator.add(batch) { () throws(ExecutionError) in
                        if cancellation.isCancelled { throw ExecutionError(.stopped, "stopped; nothing was written") }
                        steps += 1
                        options.progress(
                            RunProgress(
                                fraction: min(Double(steps) / total, 1),
                                samples: work))
                    }
                }
            }
            try naming { () throws(ExecutionError) in try calibrator.finishPass() }
        }
        return Outcome(
            groups: groups, statistics: calibrator.statistics, obstacles: calibrator.obstacles,
            samples: samples.count, batchSize: samples.batchSize, passes: calibrator.passCount,
            remarks: samples.remarks)
    }

    private func naming<Result>(_ step: () throws(ExecutionError) -> Result) throws(BNFoldError) -> Result {
        try liftingExecution { () throws(ExecutionError) in
            do throws(ExecutionError) {
                return try step()
            } catch {
                guard error.kind != .stopped else { throw error }
                let advice =
                    error.kind == .tooLarge
                    ? "; give a smaller batch (--batch), or set the limit with --memory-limit" : ""
                throw ExecutionError(error.kind, "\(place): \(error.message)\(advice)")
            }
        }
    }

    // MARK: What is measured

    /// The normalisations that the options ask for.
    ///
    /// - Throws: `BNFoldError` of the kind `usage` for names that no normalisation has.
    func groups() throws(BNFoldError) -> [StatisticsGroup] {
        let network = model.network
        if let names = options.layers {
            for name in names {
                guard let layer = network.layers.first(where: { $0.name == name }) else {
                    throw BNFoldError(
                        .usage, "\(options.layersOption) names '\(name)', but the network has no such layer")
                }
                guard case .batchNorm = layer.operation else {
                    throw BNFoldError(
                        .usage,
                        "\(options.layersOption) names '\(name)', which is \(layer.type) and no \(vocabulary.normalization)"
                    )
                }
            }
        }
        let missing = try missingStatistics()
        let groups = StatisticsGroup.groups(of: network) { layer, batchNorm in
            if let names = options.layers, !names.contains(layer.name) { return false }
            // The finished normalisation tells neither its gamma nor its beta.
            if batchNorm.hasStatistics, batchNorm.mean == nil { return false }
            return !options.missingOnly || missing.contains(layer.id)
        }
        // Statistics have one place, so all layers that share them are measured.
        guard options.layers != nil || options.missingOnly else { return groups }
        let shared = Set(groups.compactMap(\.mean))
        let named = Set(groups.flatMap(\.names))
        return StatisticsGroup.groups(of: network) { layer, batchNorm in
            named.contains(layer.name) || batchNorm.mean.map(shared.contains) == true
        }
    }

    /// The layers that hold a finished normalisation, so that new statistics have no place in them.
    var finished: [String] {
        model.network.layers.filter { layer in
            guard case .batchNorm(let batchNorm) = layer.operation else { return false }
            return batchNorm.hasStatistics && batchNorm.mean == nil
        }.map(\.name)
    }

    /// Normalisations that have no statistics, or a factor of 0.
    private func missingStatistics() throws(BNFoldError) -> Set<LayerID> {
        guard options.missingOnly, let weights = model.weights else { return [] }
        let store = AnyWeightStore(weights)
        var missing: Set<LayerID> = []
        for layer in model.network.layers {
            guard case .batchNorm(let batchNorm) = layer.operation else { continue }
            if !batchNorm.hasStatistics {
                missing.insert(layer.id)
            } else if let factor = batchNorm.factor {
                let numbers = try liftingWeights { () throws(WeightError) in
                    try store.vector(factor, of: model.network)
                }
                if numbers.first == 0 { missing.insert(layer.id) }
            }
        }
        return missing
    }
}
