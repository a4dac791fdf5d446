import CaffeModel
import Files
import Folding
import NetGraph

/// Folds the network of a request and writes the deploy pair.
///
/// Both files appear whole or not at all; what existed stays as it was when anything fails.
///
/// - Returns: what became of every affine layer.
/// - Throws: `BNFoldError`, whose kind is the exit code.
public func fold(_ request: FoldRequest) throws(BNFoldError) -> FoldReport {
    var definitions = NetDefinitionCache()
    return try fold(request, definitions: &definitions)
}

/// The same for one of many requests; their prototxts are parsed once.
func fold(_ request: FoldRequest, definitions: inout NetDefinitionCache) throws(BNFoldError) -> FoldReport {
    let outputPrototxt = request.outputPrototxt ?? FileNames.prototxt(besideWeights: request.output)
    let sideOutputs = [request.reportPath, request.verification?.plotPath].compactMap(\.self)
    // Before anything else: what an interrupted run left must not wait for a request that is right.
    let outputs = try openOutputs(
        [request.output, outputPrototxt] + sideOutputs, existing: request.existing, patience: request.patience,
        notice: request.notice)
    defer { outputs.discard() }
    try liftingFiles { () throws(FileError) in try outputs.check() }
    let prototxt = try findPrototxt(request.prototxt, weights: request.input)
    let container = try outputContainer(request.output)
    try checkPrototxtName(outputPrototxt)
    try checkDistinct(inputs: [request.input, prototxt], outputs: [request.output, outputPrototxt])
    try checkSideOutputs(sideOutputs, others: [request.input, prototxt, request.output, outputPrototxt])
    try liftingFiles { () throws(FileError) in try outputs.begin() }
    let conversion = try open(
        prototxt: prototxt, weights: request.input, options: request.caffe, definitions: &definitions)

    // A weight that leaves the range of its format shows only when it is computed: leave its layer out and plan again.
    var planning = FoldPlanner.Options()
    planning.allowsUntrained = request.allowsUntrained
    planning.reach = request.reach
    planning.writesBiasAsScale = request.writesBiasAsScale
    while true {
        let (plan, findings) = try makePlan(conversion, options: planning)
        try checkStatistics(findings, of: conversion, weights: request.input)
        let folded = plan.applied(to: conversion.network)
        let magnitudes = WeightMagnitudes(of: plan, in: folded)
        let pair = Pair(weights: request.output, prototxt: outputPrototxt)
        switch try write(
            conversion, plan: plan, folded: folded, magnitudes: magnitudes, request: request, pair: pair,
            outputs: outputs)
        {
        case .overflow(let layers):
            planning.overflowingTargets.formUnion(layers)
        case .done(let verification):
            var report = FoldReport(
                conversion: conversion, plan: plan, folded: folded,
                findings: findings + plan.outliers(in: folded.network, magnitudes: magnitudes),
                container: container,
                input: FoldReport.Files(
                    weights: request.input, prototxt: prototxt, weightBytes: FileBytes.size(request.input)))
            report.output = FoldReport.Files(
                weights: request.output, prototxt: outputPrototxt,
                weightBytes: FileBytes.size(outputs.staged(request.output)))
            report.verification = verification
            if let path = request.reportPath {
                let json = try report.json()
                try liftingFiles { () throws(FileError) in try outputs.write(json, to: path) }
            }
            if request.cancellation.isCancelled { throw BNFoldError(.cancelled, "stopped; nothing was written") }
            try liftingFiles { () throws(FileError) in try outputs.commit() }
            return report
        }
    }
}

/// Plans the network of a request and examines its statistics, without writing anything.
///
/// - Returns: what would become of every affine layer, and the plan as a drawing.
/// - Throws: `BNFoldError`, whose kind is the exit code.
public func inspect(_ request: InspectRequest) throws(BNFoldError) -> Inspection {
    let drawings = [request.drawingPath].compactMap(\.self)
    let outputs = try openOutputs(drawings, existing: request.overwritesDrawing ? .replace : .refuse)
    defer { outputs.discard() }
    let prototxt = try findPrototxt(request.prototxt, weights: request.input)
    try checkSideOutputs(drawings, others: [prototxt] + [request.input].compactMap(\.self))
    try liftingFiles { () throws(FileError) in try outputs.begin() }
    let conversion = try open(prototxt: prototxt, weights: request.input, options: request.caffe)
    var planning = FoldPlanner.Options()
    planning.allowsUntrained = request.allowsUntrained
    planning.reach = request.reach
    planning.writesBiasAsScale = request.writesBiasAsScale
    var (plan, findings) = try makePlan(conversion, options: planning)
    if let weights = conversion.weights {
        findings += try lifting { () throws(CaffeModelError) in
            do throws(WeightError) {
                return try plan.outliers(in: conversion.network, weights: weights)
            } catch {
                throw CaffeModelError(error)
            }
        }
    }
    let report = FoldReport(
        conversion: conversion, plan: plan, folded: plan.applied(to: conversion.network), findings: findings,
        container: .binary,
        input: FoldReport.Files(
            weights: request.input, prototxt: prototxt, weightBytes: request.input.flatMap(FileBytes.size)))
    let drawing = PlanDrawing(plan, of: conversion.network)
    if let path = request.drawingPath {
        try liftingFiles { () throws(FileError) in
            try outputs.write(Array(drawing.dot().utf8), to: path)
            try outputs.commit()
        }
    }
    return Inspection(report: report, drawing: drawing)
}

/// What `inspect` finds out.
public struct Inspection: Sendable {
    public let report: FoldReport
    public let drawing: PlanDrawing
}

/// The prototxt that the user named, else the one that belongs to the weights.
func findPrototxt(_ named: String?, weights: String?) throws(BNFoldError) -> String {
    if let named { return named }
    guard let weights else {
        throw BNFoldError(.usage, "neither weights nor --prototxt are given; give at least one of them")
    }
    guard FileBytes.size(weights) != nil else {
        throw BNFoldError(.unreadable, "\(weights): there is no such file; is the path right?")
    }
    return try NetworkLocator(weights: weights).prototxt()
}

func open(prototxt: String, weights: String?, options: CaffeOptions) throws(BNFoldError) -> CaffeConversion {
    var definitions = NetDefinitionCache()
    return try open(prototxt: prototxt, weights: weights, options: options, definitions: &definitions)
}

private func open(
    prototxt: String, weights: String?, options: CaffeOptions, definitions: inout NetDefinitionCache
) throws(BNFoldError) -> CaffeConversion {
    do throws(CaffeModelError) {
        return try CaffeConversion(
            definition: try definitions.definition(path: prototxt), weights: weights, options: options)
    } catch {
        throw BNFoldError(error)
    }
}

private func makePlan(
    _ conversion: CaffeConversion, options: FoldPlanner.Options
) throws(BNFoldError) -> (plan: FoldPlan, findings: [StatisticsFinding]) {
    let planner = FoldPlanner(conversion.network, options: options)
    guard let weights = conversion.weights else { return (planner.plan(), []) }
    do throws(WeightError) {
        return try planner.plan(weights: weights)
    } catch {
        throw BNFoldError(CaffeModelError(error))
    }
}

private enum WriteResult {
    case done(VerifyReport?)
    /// These linear layers must not take what they took.
    case overflow([LayerID])
}

/// Where the folded network goes.
private struct Pair {
    var weights: String
    var prototxt: String
}

/// One attempt: write beside, read back, run.
private func write(
    _ conversion: CaffeConversion, plan: FoldPlan, folded: FoldedNetwork, magnitudes: WeightMagnitudes,
    request: FoldRequest, pair: Pair, outputs: StagedOutputs
) throws(BNFoldError) -> WriteResult {
    let container = try outputContainer(request.output)
    let text = try lifting { () throws(CaffeModelError) in
        try conversion.prototxt(for: folded, plan: plan, container: container)
    }
    let cancellation = request.cancellation
    let checkpoint = { () throws(CaffeModelError) in
        if cancellation.isCancelled { throw CaffeModelError(.cancelled, "stopped; nothing was written") }
    }
    let staged = Pair(weights: outputs.staged(pair.weights), prototxt: outputs.staged(pair.prototxt))
    try liftingFiles { () throws(FileError) in try outputs.write(text, to: pair.prototxt) }
    do throws(CaffeModelError) {
        try conversion.writeWeights(
            of: folded, to: staged.weights, as: container, compression: request.compression,
            magnitudes: magnitudes, checkpoint: checkpoint)
        try conversion.check(folded, prototxt: staged.prototxt, weights: staged.weights, container: container)
        try checkpoint()
    } catch {
        if case .overflow(let layers) = error.kind, !layers.isEmpty { return .overflow(layers) }
        throw BNFoldError(error).naming(outputs)
    }
    guard let options = request.verification else { return .done(nil) }
    do throws(BNFoldError) {
        return .done(
            try verifyWritten(
                conversion, pair: pair, staged: staged, request: request, options: options, outputs: outputs))
    } catch {
        throw error.naming(outputs)
    }
}

/// Runs the original and what was written, before it is put in place.
///
/// - Throws: `BNFoldError` of the kind `beyond` when they differ.
private func verifyWritten(
    _ conversion: CaffeConversion, pair: Pair, staged: Pair, request: FoldRequest, options: VerifyOptions,
    outputs: StagedOutputs
) throws(BNFoldError) -> VerifyReport {
    var caffe = request.caffe
    var original = conversion
    if caffe.keepsTraining {
        // What is run is the deployed network in any case.
        caffe.keepsTraining = false
        original = try open(
            prototxt: conversion.original.definition.path, weights: request.input, options: caffe)
    }
    let folded = try open(prototxt: staged.prototxt, weights: staged.weights, options: caffe)
    let comparison = NetworkComparison(
        original: original,
        originalFiles: .init(
            weights: request.input, prototxt: conversion.original.definition.path,
            weightBytes: FileBytes.size(request.input)),
        folded: folded,
        foldedFiles: .init(
            weights: pair.weights, prototxt: pair.prototxt, weightBytes: FileBytes.size(staged.weights)),
        options: options, cancellation: request.cancellation)
    let report = try comparison.report()
    try comparison.plot(report, outputs)
    guard report.isWithin else {
        // The plot shows where they differ, so it goes to its place alone.
        if let path = options.plotPath { try liftingFiles { () throws(FileError) in try outputs.commit(only: [path]) } }
        let cause =
            report.folds.contains(where: \.isBeyond)
            ? "a fold is beyond what rounding allows, which is a fault of bnfold: please report it"
            : "no fold is beyond its bound, but a blob is beyond the tolerance of \(report.tolerance)"
        let details = VerifyText().findings(report).filter { !$0.isEmpty }.map { "  " + $0 }
        throw BNFoldError(
            .beyond,
            lines: ["\(request.output): was not written: the folded network differs from the original; \(cause)"]
                + details)
    }
    return report
}

/// Statistics that are an error stop the fold, with all of them told at once.
private func checkStatistics(
    _ findings: [StatisticsFinding], of conversion: CaffeConversion, weights: String
) throws(BNFoldError) {
    let errors = findings.filter { $0.severity == .error }
    guard !errors.isEmpty else { return }
    let names = Dictionary(
        conversion.original.network.layers.map { ($0.id, $0.name) }, uniquingKeysWith: { first, _ in first })
    throw BNFoldError(
        .malformed,
        lines: errors.map { "\(weights): layer '\(names[$0.layer] ?? "")': \($0.message)" })
}

/// The container that the name of the output asks for.
///
/// - Throws: `BNFoldError` of the kind `usage` for a name that asks for none. What exists and is no file is refused elsewhere.
func outputContainer(_ path: String) throws(BNFoldError) -> WeightContainer {
    if let container = WeightContainer(forWriting: path) { return container }
    if FileBytes.isNoFile(path) { return .hdf5 }
    let name = FileBytes.name(of: path)
    guard !FileNames.isPrototxt(path) else {
        throw BNFoldError(
            .usage,
            "\(path): is the name of a prototxt, but OUTPUT is the weights; give a name that ends in \(WeightContainer.knownEndings), and the prototxt's with --output-prototxt"
        )
    }
    let ending = name.lastIndex(of: ".").map { String(name[$0...]) }
    throw BNFoldError(
        .usage,
        "\(path): \(ending.map { "its ending '\($0)' does not tell what to write" } ?? "has no ending that tells what to write"); give a name that ends in \(WeightContainer.knownEndings)"
    )
}

/// A prototxt that is named as weights are was meant for something else.
func checkPrototxtName(_ path: String) throws(BNFoldError) {
    guard WeightContainer(forWriting: path) != nil else { return }
    throw BNFoldError(
        .usage,
        "\(path): is the name of weights, but --output-prototxt is the network; give a name that ends in .prototxt")
}

/// No output may be an input or the other output, through whatever link.
func checkDistinct(inputs: [String], outputs: [String]) throws(BNFoldError) {
    for output in outputs {
        for input in inputs {
            guard areSame(input, output) else { continue }
            throw BNFoldError(.usage, "\(output): is the input '\(input)' itself; name another output")
        }
    }
    guard outputs.count < 2 || !areSame(outputs[0], outputs[1]) else {
        throw BNFoldError(.usage, "\(outputs[0]): is the output for weights and prototxt alike; name two files")
    }
}

/// Whether two paths lead to one file, whether it exists or not.
private func areSame(_ first: String, _ second: String) -> Bool {
    if let identity = FileIdentity(first), identity == FileIdentity(second) { return true }
    return FileBytes.name(of: first) == FileBytes.name(of: second)
        && FileIdentity(FileBytes.folder(of: first)) == FileIdentity(FileBytes.folder(of: second))
}

/// A report or drawing must not replace a file that matters.
func checkSideOutputs(_ paths: [String], others: [String]) throws(BNFoldError) {
    for (index, path) in paths.enumerated() {
        for other in others + paths[..<index] where areSame(path, other) {
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
