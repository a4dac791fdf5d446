import Files
import Folding
import Frontend
import NetGraph

/// Folds the network of a request and writes it for deployment.
///
/// All files appear whole or not at all; what existed stays as it was when anything fails.
///
/// - Returns: what became of every affine layer.
/// - Throws: `BNFoldError`, whose kind is the exit code.
public func fold(_ request: FoldRequest) throws(BNFoldError) -> FoldReport {
    var reader = ModelReader()
    return try fold(request, reader: &reader)
}

/// The same for one of many requests; what their models have in common is read once.
func fold(_ request: FoldRequest, reader: inout ModelReader) throws(BNFoldError) -> FoldReport {
    let frontend = try Frontends.frontend(of: request.input)
    var request = request
    if let verification = request.verification {
        request.verification?.inputs = try samples(
            verification.inputs, asDataLayerOf: verification.dataLayerNetwork, of: frontend)
    }
    if let calibration = request.calibration {
        request.calibration?.inputs = try samples(
            calibration.inputs, asDataLayerOf: calibration.dataLayerNetwork, of: frontend)
    }
    let output = ModelFiles(
        weights: request.output,
        network: request.outputNetwork ?? frontend.networkPlace(besideWeights: request.output, madeFrom: request.input))
    let sideOutputs = [request.reportPath, request.verification?.plotPath, request.equalizationPlotPath].compactMap(
        \.self)
    // Before anything else: what an interrupted run left must not wait for a request that is right.
    let outputs = try openOutputs(
        output.paths + sideOutputs, existing: request.existing, patience: request.patience, notice: request.notice)
    defer { outputs.discard() }
    let (input, format) = try begin(
        outputs, for: output, sideOutputs: sideOutputs, network: request.network, weights: request.input,
        samples: (request.calibration?.inputs ?? []).map(\.path), of: frontend)
    // What the framework does not read is told before anything is measured.
    _ = try remark(on: request.planning, in: format, of: frontend)
    let copy = try request.calibration.map { (measuring) throws(BNFoldError) in
        try CalibratedCopy(
            of: input, output: request.output, model: request.model, measuring: measuring,
            cancellation: request.cancellation, reader: &reader, frontend: frontend)
    }
    defer { copy?.remove() }
    do throws(BNFoldError) {
        let model = try preparing(
            reader.open(copy?.files ?? input, of: frontend, options: request.model), options: request.model,
            form: plannerOptions(request.planning, of: frontend).leftoverForm, frontend: frontend,
            dataLayer: request.verification?.dataLayerNetwork)
        let writing = Writing(model: model, request: request, files: output, format: format, outputs: outputs)
        return try fold(writing, of: input, calibration: copy?.report, reader: &reader, frontend: frontend)
    } catch {
        throw copy?.naming(error) ?? error
    }
}

/// Folds a model that was read.
///
/// - Parameters:
///   - input: the files that the user named.
///   - calibration: the statistics that were measured before, where they were.
private func fold(
    _ writing: Writing, of input: ModelFiles, calibration: CalibrateReport?, reader: inout ModelReader,
    frontend: any Frontend
) throws(BNFoldError) -> FoldReport {
    let (model, request, outputs) = (writing.model, writing.request, writing.outputs)
    // A weight that leaves the range of its format shows only when it is computed: leave its layer out and plan again.
    var planning = try plannerOptions(request.planning, of: frontend)
    while true {
        let (plan, findings) = try makePlan(model, options: planning)
        try checkStatistics(findings, of: model, weights: request.input, vocabulary: frontend.vocabulary)
        let written = try LeftoverWriting(
            plan, plan.applied(to: model.network), of: model, options: request.planning, frontend: frontend,
            keepsTraining: request.model.keepsTraining)
        let equalized = try Equalizing(
            written.folded, of: model, options: request.planning, vocabulary: frontend.vocabulary)
        let half = try HalfWriting(equalized.folded, of: model, options: request.planning, place: request.input)
        let folded = half.folded
        let magnitudes = WeightMagnitudes(of: plan, in: folded)
        switch try writing.write(folded, plan: plan, magnitudes: magnitudes, reader: &reader, frontend: frontend) {
        case .overflow(let layers):
            planning.overflowingTargets.formUnion(layers)
        case .done(let verification):
            var report = FoldReport(
                model: model, plan: written.plan, folded: folded,
                findings: findings + plan.outliers(in: folded.network, magnitudes: magnitudes),
                format: writing.format, vocabulary: frontend.vocabulary)
            report.remarks += written.remarks.map(FoldReport.Remark.init)
            report.constantChannels = written.constantChannels
            report.remarks += equalized.remarks.map(FoldReport.Remark.init)
            report.equalization = equalized.report
            try Equalizing.plot(
                equalized.report, to: request.equalizationPlotPath, source: request.output, outputs)
            report.add(half, try remark(on: request.planning, in: writing.format, of: frontend))
            report.remarks += writing.remarks.all.map(FoldReport.Remark.init)
            if let calibration {
                report.calibration = calibration
                report.input = FoldReport.Files(
                    input, of: frontend.vocabulary, weightBytes: input.weights.flatMap(FileBytes.size))
            }
            // Where numbers lay in files of their own they do so again, in that of the network's place.
            let beside = model.weightBytesBeside > 0 ? writing.files.network.map(outputs.staged) : nil
            let bytes = FileBytes.size(outputs.staged(request.output))
            report.output = FoldReport.Files(
                writing.files, of: frontend.vocabulary,
                weightBytes: bytes.map { $0 + (beside.flatMap(FileBytes.size) ?? 0) })
            report.verification = verification
            if calibration != nil { report.verification?.original = report.input }
            if let path = request.reportPath {
                let json = try report.json()
                try liftingFiles { () throws(FileError) in try outputs.write(json, to: path) }
            }
            if request.cancellation.isCancelled { throw BNFoldError(.cancelled, "stopped; nothing was written") }
            try liftingFiles { () throws(FileError) in try outputs.commit() }
            ProcessEnd.keep(model, plan, folded)
            return report
        }
    }
}

/// Plans the network of a request and examines its statistics, without writing anything.
///
/// - Returns: what would become of every affine layer, and the plan as a drawing.
/// - Throws: `BNFoldError`, whose kind is the exit code.
public func inspect(_ request: InspectRequest) throws(BNFoldError) -> Inspection {
    let drawings = [request.drawingPath, request.plotPath, request.equalizationPlotPath].compactMap(\.self)
    let outputs = try openOutputs(drawings, existing: request.overwritesDrawing ? .replace : .refuse)
    defer { outputs.discard() }
    let frontend = try Frontends.frontend(of: request.input ?? request.network)
    let halfRemark = try remark(on: request.planning, in: nil, of: frontend)
    let input = try findModel(network: request.network, weights: request.input, of: frontend)
    var request = request
    if let observing = request.observing {
        request.observing?.inputs = try samples(
            observing.inputs, asDataLayerOf: observing.dataLayerNetwork, of: frontend)
    }
    try checkSideOutputs(drawings, others: input.paths + (request.observing?.inputs ?? []).map(\.path))
    try liftingFiles { () throws(FileError) in try outputs.begin() }
    var reader = ModelReader()
    let model = try preparing(
        reader.open(input, of: frontend, options: request.model), options: request.model,
        form: plannerOptions(request.planning, of: frontend).leftoverForm, frontend: frontend,
        dataLayer: request.observing?.dataLayerNetwork)
    var (plan, findings) = try makePlan(model, options: plannerOptions(request.planning, of: frontend))
    let written = try LeftoverWriting(
        plan, plan.applied(to: model.network), of: model, options: request.planning, frontend: frontend,
        keepsTraining: request.model.keepsTraining)
    let equalized = try Equalizing(
        written.folded, of: model, options: request.planning, vocabulary: frontend.vocabulary)
    let half = try HalfWriting(
        equalized.folded, of: model, options: request.planning, place: request.input ?? request.network ?? "")
    let folded = half.folded
    if let weights = model.weights {
        findings += try liftingWeights { () throws(WeightError) in
            equalized.report == nil
                ? try plan.outliers(in: model.network, weights: weights)
                : try plan.outliers(in: equalized.folded, weights: weights)
        }
    }
    plan = written.plan
    var report = FoldReport(
        model: model, plan: plan, folded: folded, findings: findings, format: nil, vocabulary: frontend.vocabulary)
    report.remarks += written.remarks.map(FoldReport.Remark.init)
    report.constantChannels = written.constantChannels
    report.remarks += equalized.remarks.map(FoldReport.Remark.init)
    report.equalization = equalized.report
    try Equalizing.plot(equalized.report, to: request.equalizationPlotPath, source: input.weights ?? "", outputs)
    report.add(half, halfRemark)
    if let observing = request.observing {
        guard model.weights != nil else {
            throw BNFoldError(.usage, "--input is held against stored statistics, so it needs the weights, too")
        }
        report.drift = try Measuring(
            model: model, place: input.network ?? request.input ?? "", vocabulary: frontend.vocabulary,
            options: observing, cancellation: request.cancellation
        ).drift()
    }
    let drawing = PlanDrawing(plan, of: model.network, vocabulary: frontend.vocabulary)
    try liftingFiles { () throws(FileError) in
        if let path = request.drawingPath { try outputs.write(Array(drawing.dot().utf8), to: path) }
        if let path = request.plotPath, let drift = report.drift {
            let plot = DriftPlot(drift, source: input.weights ?? "")
            try outputs.write(Array(plot.svg().utf8), to: path)
        }
        if !drawings.isEmpty { try outputs.commit() }
    }
    let inspection = Inspection(report: report, drawing: drawing)
    ProcessEnd.keep(model, plan, folded, inspection)
    return inspection
}

/// What `inspect` finds out.
public struct Inspection: Sendable {
    public let report: FoldReport
    public let drawing: PlanDrawing
}

/// Finds the model that is read, makes sure that its files and those that are written are different ones, and begins to write.
///
/// - Parameters:
///   - output: the model that is written.
///   - sideOutputs: what is written beside it.
///   - network: the network that is read, as far as the user named it.
///   - weights: those that are read.
///   - samples: files that are read as well.
func begin(
    _ outputs: StagedOutputs, for output: ModelFiles, sideOutputs: [String], network: String?, weights: String,
    samples: [String] = [], of frontend: any Frontend
) throws(BNFoldError) -> (input: ModelFiles, format: OutputFormat) {
    try liftingFiles { () throws(FileError) in try outputs.check() }
    let input = try findModel(network: network, weights: weights, of: frontend)
    let format = try lifting { () throws(ModelError) in
        let format = try frontend.format(ofOutput: output.weights ?? "")
        if let network = output.network { try frontend.checkNetworkPlace(network) }
        return format
    }
    try checkDistinct(inputs: input.paths, outputs: output.paths, of: frontend)
    try checkSideOutputs(sideOutputs, others: input.paths + output.paths + samples)
    try liftingFiles { () throws(FileError) in try outputs.begin() }
    return (input, format)
}

/// The files of a model: what the user named, and what belongs to it.
func findModel(network: String?, weights: String?, of frontend: any Frontend) throws(BNFoldError) -> ModelFiles {
    try lifting { () throws(ModelError) in
        ModelFiles(weights: weights, network: try frontend.network(named: network, weights: weights))
    }
}

func plannerOptions(
    _ planning: PlanningOptions, of frontend: any Frontend
) throws(BNFoldError) -> FoldPlanner.Options {
    try lifting { () throws(ModelError) in
        FoldPlanner.Options(planning, leftoverForm: try frontend.leftoverForm(for: planning))
    }
}

private func makePlan(
    _ model: any Model, options: FoldPlanner.Options
) throws(BNFoldError) -> (plan: FoldPlan, findings: [StatisticsFinding]) {
    let planner = FoldPlanner(model.network, options: options)
    guard let weights = model.weights else { return (planner.plan(), []) }
    return try liftingWeights { () throws(WeightError) in try planner.plan(weights: weights) }
}

/// Statistics that are an error stop the fold, with all of them told at once.
private func checkStatistics(
    _ findings: [StatisticsFinding], of model: any Model, weights: String, vocabulary: Vocabulary
) throws(BNFoldError) {
    let errors = findings.filter { $0.severity == .error }
    guard !errors.isEmpty else { return }
    let names = Dictionary(
        model.original.layers.map { ($0.id, $0.name) }, uniquingKeysWith: { first, _ in first })
    throw BNFoldError(
        .malformed,
        lines: errors.map { "\(weights): layer '\(names[$0.layer] ?? "")': \(vocabulary.sentence($0))" })
}

/// No output may be an input or the other output, through whatever link.
func checkDistinct(inputs: [String], outputs: [String], of frontend: any Frontend) throws(BNFoldError) {
    for output in outputs {
        for input in inputs {
            guard try areSame(input, output) else { continue }
            throw BNFoldError(.usage, "\(output): is the input '\(input)' itself; name another output")
        }
    }
    guard outputs.count > 1 else { return }
    guard try !areSame(outputs[0], outputs[1]) else {
        throw BNFoldError(
            .usage,
            "\(outputs[0]): is the output for weights and \(frontend.vocabulary.networkFile) alike; name two files")
    }
}

/// Whether two paths lead to one file, whether it exists or not.
private func areSame(_ first: String, _ second: String) throws(BNFoldError) -> Bool {
    if let file = try identity(of: first), try file == identity(of: second) { return true }
    guard FileBytes.name(of: first) == FileBytes.name(of: second) else { return false }
    return try identity(of: FileBytes.folder(of: first)) == identity(of: FileBytes.folder(of: second))
}

/// `nil` for what is not there. A disk that fails must not let an output go where an input is.
private func identity(of path: String) throws(BNFoldError) -> FileIdentity? {
    try liftingFiles { () throws(FileError) in try FileBytes.status(of: path).map(FileIdentity.init) }
}

/// A report or drawing must not replace a file that matters.
func checkSideOutputs(_ paths: [String], others: [String]) throws(BNFoldError) {
    for (index, path) in paths.enumerated() {
        for other in others + paths[..<index] where try areSame(path, other) {
            throw BNFoldError(.usage, "\(path): is named for the report and as '\(other)'; name another report")
        }
    }
}

/// Takes the places of all files that a command may write, and settles what an interrupted run left there.
func openOutputs(
    _ paths: [String], existing: ExistingOutput, patience: Duration = .zero, notice: (String) -> Void = { _ in }
) throws(BNFoldError) -> StagedOutputs {
    let existing: StagedOutputs.Existing =
        switch existing {
        case .refuse: .refuse
        case .acceptEqual: .acceptEqual
        case .replace: .replace
        }
    return try liftingFiles { () throws(FileError) in
        try StagedOutputs(paths, existing: existing, patience: patience, notice: notice)
    }
}

extension BNFoldError {
    /// The same about the places of files that are being written beside them. What cannot be read back there is no input of the user's.
    func naming(_ outputs: StagedOutputs) -> BNFoldError {
        var error = self
        error.message = outputs.namingPlaces(in: message)
        if error.message != message, kind == .unreadable { error.kind = .inputOutput }
        return error
    }
}
