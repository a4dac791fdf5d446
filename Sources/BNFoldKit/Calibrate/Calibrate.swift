import Files
import Frontend

/// Measures the statistics of a network's normalisations on samples and writes them in place of the stored ones; everything else stays byte by byte.
///
/// All files appear whole or not at all; what existed stays as it was when anything fails.
///
/// - Returns: the stored and the new statistics, layer by layer.
/// - Throws: `BNFoldError`, whose kind is the exit code.
public func calibrate(_ request: CalibrateRequest) throws(BNFoldError) -> CalibrateReport {
    let frontend = try Frontends.frontend(of: request.input)
    var request = request
    request.measuring.inputs = try samples(
        request.measuring.inputs, asDataLayerOf: request.measuring.dataLayerNetwork, of: frontend)
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
    let recalibration = Recalibration(
        model: model, place: input.network ?? request.input, vocabulary: frontend.vocabulary,
        options: request.measuring, cancellation: request.cancellation)
    var (report, network) = try recalibration.measure()
    report.input = FoldReport.Files(input, of: frontend.vocabulary, weightBytes: FileBytes.size(request.input))
    try recalibration.write(
        network, to: output, format: format, compression: request.compression, outputs: outputs)
    report.output = FoldReport.Files(
        output, of: frontend.vocabulary, weightBytes: FileBytes.size(outputs.staged(request.output)))
    if let path = request.reportPath {
        let json = try report.json()
        try liftingFiles { () throws(FileError) in try outputs.write(json, to: path) }
    }
    if request.cancellation.isCancelled { throw BNFoldError(.cancelled, "stopped; nothing was written") }
    try liftingFiles { () throws(FileError) in try outputs.commit() }
    return report
}
