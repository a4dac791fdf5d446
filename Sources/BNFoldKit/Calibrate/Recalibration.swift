import Calibration
import Files
import Folding
import Frontend
import NetGraph

/// A model whose normalisations are measured anew, on the way to files.
struct Recalibration {
    let model: any Model
    /// What messages call the network.
    let place: String
    let vocabulary: Vocabulary
    let options: MeasuringOptions
    let cancellation: Cancellation

    /// Measures what the options ask for.
    ///
    /// - Returns: the stored and the new statistics, and the network that has the new ones.
    /// - Throws: `BNFoldError` where there is nothing to measure, and where a layer that is asked for cannot be measured.
    func measure() throws(BNFoldError) -> (report: CalibrateReport, network: FoldedNetwork) {
        let measuring = Measuring(
            model: model, place: place, vocabulary: vocabulary, options: options, cancellation: cancellation)
        let groups = try measuring.groups()
        guard !groups.isEmpty else {
            throw BNFoldError(
                .malformed,
                "\(place): has no \(vocabulary.normalization) to measure\(options.missingOnly ? " that lacks statistics" : "")"
            )
        }
        let outcome = try measuring.measure(options.method == .batches ? .batches : .population, groups: groups)
        if let (group, obstacle) = outcome.obstacles.min(by: { $0.key < $1.key }) {
            throw BNFoldError(
                .malformed,
                "\(place): the statistics of '\(groups[group].names[0])' cannot be measured, because \(obstacle); name the layers that can be with \(options.layersOption)"
            )
        }
        var report = try CalibrateReport(outcome, of: model, method: options.method, vocabulary: vocabulary)
        report.finished = measuring.finished
        return (report, try lifting { () throws(ModelError) in try recalibrated(model, outcome) })
    }

    /// Writes the model with its new statistics to where it waits.
    func write(
        _ network: FoldedNetwork, to files: ModelFiles, format: OutputFormat, compression: Int, outputs: StagedOutputs
    ) throws(BNFoldError) {
        let cancellation = cancellation
        let settings = WriteSettings(format: format, compression: compression) { () throws(ModelError) in
            if cancellation.isCancelled { throw ModelError(.cancelled, "stopped; nothing was written") }
        }
        do throws(ModelError) {
            if let text = try model.networkFile(recalibrated: network), let place = files.network {
                try readingFile { () throws(FileError) in try outputs.write(text, to: place) }
            }
            try model.writeWeights(
                recalibrated: network, to: outputs.staged(files.weights ?? ""), settings: settings)
        } catch {
            throw BNFoldError(error).naming(outputs)
        }
    }
}

/// The model's network with the statistics that were measured.
func recalibrated(_ model: any Model, _ outcome: Measuring.Outcome) throws(ModelError) -> FoldedNetwork {
    guard let weights = model.weights else {
        throw ModelError(.internalFault, "there are no weights to write statistics to")
    }
    let statistics = zip(outcome.groups, outcome.statistics).compactMap { group, measured in
        measured.map {
            NewStatistics(
                layers: group.positions.map { model.network.layers[$0].id }, mean: $0.mean, variance: $0.variance)
        }
    }
    do throws(WeightError) {
        return try FoldedNetwork(model.network, weights: AnyWeightStore(weights), statistics: statistics)
    } catch {
        throw ModelError(error)
    }
}
