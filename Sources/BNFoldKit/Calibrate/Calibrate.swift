import Calibration
import Files
import Folding
import Frontend
import NetGraph

/// Measures the statistics of a network's normalisations on samples and writes them in place of the stored ones; everything else stays byte by byte.
///
/// All files appear whole or not at all; what existed stays as it was when anything fails.
///
/// - Returns: the stored and the new statistics, layer by layer.
/// - Throws: `BNFoldError`, whose kind is the exit code.
public func calibrate(_ request: CalibrateRequest) throws(BNFoldError) -> CalibrateReport {
    let frontend = try Frontends.frontend(of: request.input)
    let output = ModelFiles(
        weights: request.output,
        network: request.outputNetwork ?? frontend.networkPlace(besideWeights: request.output, madeFrom: request.input))
    let sideOutputs = [request.reportPath].compactMap(\.self)
    let outputs = try openOutputs(output.paths + sideOutputs, existing: request.existing, notice: request.notice)
    defer { outputs.discard() }
    let (input, format) = try begin(
        outputs, for: output, sideOutputs: sideOutputs, network: request.network, weights: request.input,
        samples: request.measuring.inputs.map(\.path), of: frontend)
    var reader = ModelReader()
    let model = try reader.open(input, of: frontend, options: request.model)
    let measuring = Measuring(
        model: model, place: input.network ?? request.input, vocabulary: frontend.vocabulary,
        options: request.measuring, cancellation: request.cancellation)
    let groups = try measuring.groups()
    guard !groups.isEmpty else {
        throw BNFoldError(
            .malformed,
            "\(measuring.place): has no \(frontend.vocabulary.normalization) to measure\(request.measuring.missingOnly ? " that lacks statistics" : "")"
        )
    }
    let outcome = try measuring.measure(
        request.measuring.method == .batches ? .batches : .population, groups: groups)
    if let (group, obstacle) = outcome.obstacles.min(by: { $0.key < $1.key }) {
        throw BNFoldError(
            .malformed,
            "\(measuring.place): the statistics of '\(groups[group].names[0])' cannot be measured, because \(obstacle); name the layers that can be with --layers"
        )
    }
    var report = try CalibrateReport(
        outcome, of: model, method: request.measuring.method, vocabulary: frontend.vocabulary)
    report.input = FoldReport.Files(input, of: frontend.vocabulary, weightBytes: FileBytes.size(request.input))
    report.finished = measuring.finished

    let cancellation = request.cancellation
    let settings = WriteSettings(format: format, compression: request.compression) { () throws(ModelError) in
        if cancellation.isCancelled { throw ModelError(.cancelled, "stopped; nothing was written") }
    }
    do throws(ModelError) {
        let folded = try recalibrated(model, outcome)
        if let text = try model.networkFile(recalibrated: folded), let place = output.network {
            try readingFile { () throws(FileError) in try outputs.write(text, to: place) }
        }
        try model.writeWeights(recalibrated: folded, to: outputs.staged(request.output), settings: settings)
    } catch {
        throw BNFoldError(error).naming(outputs)
    }
    report.output = FoldReport.Files(
        output, of: frontend.vocabulary, weightBytes: FileBytes.size(outputs.staged(request.output)))
    if let path = request.reportPath {
        let json = try report.json()
        try liftingFiles { () throws(FileError) in try outputs.write(json, to: path) }
    }
    if cancellation.isCancelled { throw BNFoldError(.cancelled, "stopped; nothing was written") }
    try liftingFiles { () throws(FileError) in try outputs.commit() }
    return report
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
