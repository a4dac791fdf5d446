import CaffeModel
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
    let prototxt = try findPrototxt(request.prototxt, weights: request.input)
    let outputPrototxt = request.outputPrototxt ?? FileNames.prototxt(besideWeights: request.output)
    let container = try outputContainer(request.output)
    try checkPrototxtName(outputPrototxt)
    try checkDistinct(inputs: [request.input, prototxt], outputs: [request.output, outputPrototxt])
    var others = [request.input, prototxt, request.output, outputPrototxt]
    for path in [request.reportPath, request.verification?.plotPath].compactMap(\.self) {
        try checkReport(path, others: others, overwrites: request.existing == .replace)
        others.append(path)
    }
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
        switch try write(
            conversion, plan: plan, folded: folded, magnitudes: magnitudes, request: request,
            outputPrototxt: outputPrototxt)
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
                weights: request.output, prototxt: outputPrototxt, weightBytes: FileBytes.size(request.output))
            report.verification = verification
            if let path = request.reportPath {
                let json = try report.json()
                try lifting { () throws(CaffeModelError) in try FileBytes.write(json, to: path) }
            }
            return report
        }
    }
}

/// Plans the network of a request and examines its statistics, without writing anything.
///
/// - Returns: what would become of every affine layer, and the plan as a drawing.
/// - Throws: `BNFoldError`, whose kind is the exit code.
public func inspect(_ request: InspectRequest) throws(BNFoldError) -> Inspection {
    let prototxt = try findPrototxt(request.prototxt, weights: request.input)
    if let path = request.drawingPath {
        try checkReport(
            path, others: [prototxt] + [request.input].compactMap(\.self), overwrites: request.overwritesDrawing)
    }
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
        try lifting { () throws(CaffeModelError) in try FileBytes.write(Array(drawing.dot().utf8), to: path) }
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

/// One attempt: write beside, read back, put in place.
private func write(
    _ conversion: CaffeConversion, plan: FoldPlan, folded: FoldedNetwork, magnitudes: WeightMagnitudes,
    request: FoldRequest, outputPrototxt: String
) throws(BNFoldError) -> WriteResult {
    let container = try outputContainer(request.output)
    let text = try lifting { () throws(CaffeModelError) in
        try conversion.prototxt(for: folded, plan: plan, container: container)
    }
    let pair = try OutputPair(
        weights: request.output, prototxt: outputPrototxt, existing: request.existing, patience: request.patience,
        notice: request.notice)
    defer { pair.discard() }
    let cancellation = request.cancellation
    let checkpoint = { () throws(CaffeModelError) in
        if cancellation.isCancelled { throw CaffeModelError(.cancelled, "stopped; nothing was written") }
    }
    let stagedPrototxt = pair.stagedPrototxt ?? outputPrototxt
    do throws(CaffeModelError) {
        try FileBytes.write(text, to: stagedPrototxt)
        try conversion.writeWeights(
            of: folded, to: pair.stagedWeights, as: container, compression: request.compression,
            magnitudes: magnitudes, checkpoint: checkpoint)
        try conversion.check(folded, prototxt: stagedPrototxt, weights: pair.stagedWeights, container: container)
        try checkpoint()
    } catch {
        if case .overflow(let layers) = error.kind, !layers.isEmpty { return .overflow(layers) }
        var failure = BNFoldError(error)
        failure.message = pair.namingPlaces(in: failure.message)
        throw failure
    }
    var verification: VerifyReport?
    if let options = request.verification {
        do throws(BNFoldError) {
            verification = try verifyWritten(
                conversion, pair: pair, prototxt: stagedPrototxt, request: request, options: options)
        } catch {
            throw BNFoldError(error.kind, pair.namingPlaces(in: error.message))
        }
    }
    try pair.commit()
    return .done(verification)
}

/// Runs the original and what was written, before it is put in place.
///
/// - Throws: `BNFoldError` of the kind `beyond` when they differ.
private func verifyWritten(
    _ conversion: CaffeConversion, pair: OutputPair, prototxt: String, request: FoldRequest, options: VerifyOptions
) throws(BNFoldError) -> VerifyReport {
    var caffe = request.caffe
    var original = conversion
    if caffe.keepsTraining {
        // What is run is the deployed network in any case.
        caffe.keepsTraining = false
        original = try open(
            prototxt: conversion.original.definition.path, weights: request.input, options: caffe)
    }
    let folded = try open(prototxt: prototxt, weights: pair.stagedWeights, options: caffe)
    let comparison = NetworkComparison(
        original: original,
        originalFiles: .init(
            weights: request.input, prototxt: conversion.original.definition.path,
            weightBytes: FileBytes.size(request.input)),
        folded: folded,
        foldedFiles: .init(
            weights: request.output, prototxt: pair.prototxt ?? prototxt,
            weightBytes: FileBytes.size(pair.stagedWeights)),
        options: options, cancellation: request.cancellation)
    let report = try comparison.report()
    try comparison.plot(report)
    guard report.isWithin else {
        let cause =
            report.folds.contains(where: \.isBeyond)
            ? "a fold is beyond what rounding allows, which is a fault of bnfold: please report it"
            : "no fold is beyond its bound, but a blob is beyond the tolerance of \(report.tolerance)"
        let details = VerifyText().findings(report).filter { !$0.isEmpty }.map { "  " + $0 }
        throw BNFoldError(
            .beyond,
            (["\(request.output): was not written: the folded network differs from the original; \(cause)"] + details)
                .joined(separator: "\n"))
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
        errors.map { "\(weights): layer '\(names[$0.layer] ?? "")': \($0.message)" }.joined(separator: "\n"))
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
        "\(path): \(ending.map { "its ending '\($0)' is none of weights" } ?? "has no ending that tells what to write"); give a name that ends in \(WeightContainer.knownEndings)"
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

/// The report must not replace a file that matters, and must be known to have a place before anything is written.
func checkReport(_ path: String, others: [String], overwrites: Bool) throws(BNFoldError) {
    for other in others where areSame(path, other) {
        throw BNFoldError(.usage, "\(path): is named for the report and as '\(other)'; name another report")
    }
    guard FileBytes.isFolder(FileBytes.folder(of: path)) else {
        throw BNFoldError(
            .cannotCreate,
            "\(path): cannot be created: there is no folder '\(FileBytes.folder(of: path))'; make it first")
    }
    guard !FileBytes.isFolder(path) else {
        throw BNFoldError(.cannotCreate, "\(path): cannot be created: it is a folder; name a file")
    }
    guard overwrites || !FileBytes.isReadableFile(path) else {
        throw BNFoldError(.cannotCreate, "\(path): exists already; --force overwrites it")
    }
}
