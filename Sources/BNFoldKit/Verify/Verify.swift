import Execution
import Files
import Frontend
import NetGraph
import Verification

/// Runs a network and its folded twin on the same samples and tells how far they are apart.
///
/// - Returns: every value that both have, and every fold by itself; `isWithin` is the verdict.
/// - Throws: `BNFoldError` when one of them cannot be read or run.
public func verify(_ request: VerifyRequest) throws(BNFoldError) -> VerifyReport {
    let paths = [request.reportPath, request.options.plotPath].compactMap(\.self)
    let outputs = try openOutputs(paths, existing: request.overwrites ? .replace : .refuse)
    defer { outputs.discard() }
    let frontend = try Frontends.frontend(of: request.original)
    var request = request
    request.options.inputs = try samples(
        request.options.inputs, asDataLayerOf: request.options.dataLayerNetwork, of: frontend)
    let foldedFrontend = try Frontends.frontend(of: request.folded)
    let originalFiles = try findModel(network: request.network, weights: request.original, of: frontend)
    let foldedFiles = try findModel(network: request.foldedNetwork, weights: request.folded, of: foldedFrontend)
    try checkSideOutputs(
        paths, others: originalFiles.paths + foldedFiles.paths + request.options.inputs.map(\.path))
    try liftingFiles { () throws(FileError) in try outputs.begin() }
    var reader = ModelReader()
    var options = request.model
    options.tellsHalfPrecision = true
    let folded = try reader.open(foldedFiles, of: foldedFrontend, options: options)
    options.tellsHalfPrecision = false
    // Folded with --keep-batch-statistics: what normalises by the batch there does so in the original.
    if folded.usesBatchStatistics { options.keepsBatchStatistics = true }
    let original = try preparing(
        reader.open(originalFiles, of: frontend, options: options), options: options,
        form: plannerOptions(PlanningOptions(), of: frontend).leftoverForm, frontend: frontend,
        dataLayer: request.options.dataLayerNetwork)
    let comparison = NetworkComparison(
        original: original,
        originalFiles: .init(
            originalFiles, of: frontend.vocabulary, weightBytes: FileBytes.size(request.original)),
        folded: folded,
        foldedFiles: .init(
            foldedFiles, of: foldedFrontend.vocabulary, weightBytes: FileBytes.size(request.folded)),
        vocabulary: frontend.vocabulary, options: request.options, cancellation: request.cancellation,
        comparesScores: frontend.comparesScores)
    var report = try comparison.report()
    let remarks = (original.remarks + folded.remarks).map(FoldReport.Remark.init)
    report.remarks = remarks.isEmpty ? report.remarks : remarks + (report.remarks ?? [])
    if let path = request.reportPath {
        let json = try report.json()
        try liftingFiles { () throws(FileError) in try outputs.write(json, to: path) }
    }
    try comparison.plot(report, outputs)
    try liftingFiles { () throws(FileError) in try outputs.commit() }
    return report
}

/// Two networks that were read, and how to compare them.
struct NetworkComparison {
    var original: any Model
    var originalFiles: FoldReport.Files
    var folded: any Model
    var foldedFiles: FoldReport.Files
    /// The words of the original's framework.
    var vocabulary: Vocabulary
    var options: VerifyOptions
    var cancellation: Cancellation
    /// Whether samples that are no numbers are an error, so that a fold is not blamed for them; otherwise the networks count as different.
    var requiresFiniteSamples = false
    /// Whether what a last softmax or sigmoid reads is told beside the outputs.
    var comparesScores = false

    /// Samples of noise where the user does not say how many.
    private static let samplesOfNoise = 4

    func report() throws(BNFoldError) -> VerifyReport {
        guard let originalWeights = original.weights, let foldedWeights = folded.weights else {
            throw BNFoldError(.internalFault, "a network without weights cannot be run")
        }
        let isHalfPrecision = options.tolerance == nil && folded.network.storesHalfPrecision
        let isRounded = isHalfPrecision && !original.network.storesHalfPrecision
        let tolerance =
            options.tolerance
            ?? (isRounded
                ? VerifyOptions.toleranceOfRoundedWeights
                : isHalfPrecision ? VerifyOptions.toleranceOfHalfPrecision : options.precision.defaultTolerance)
        let inputs = try inputs()
        let (foldedStore, simulation) = try foldedStore(foldedWeights)
        var verifier = try explainingMemory(inputs) { () throws(ExecutionError) in
            try Verifier(
                original: .init(
                    name: originalFiles.networkPlace,
                    network: original.network(withNamesOf: folded.network, weights: foldedWeights),
                    weights: AnyWeightStore(originalWeights)),
                folded: .init(
                    name: foldedFiles.networkPlace, network: folded.network, weights: foldedStore),
                precision: options.precision == .single ? .single : .double, tolerance: tolerance,
                comparesScores: comparesScores, triesFolds: simulation == nil,
                options: ExecutionOptions(maximumBytes: options.memoryLimit ?? VerifyOptions.memoryOfMachine))
        }
        verifier.valueWord = vocabulary.value
        let samples: VerifyReport.Samples
        var remarks: [FoldReport.Remark] = []
        let arrays =
            try options.inputs.isEmpty
            ? nil
            : SampleFiles(inputs: inputs, takesBlueFirst: vocabulary.takesBlueFirst)
                .arrays(for: options.inputs)
        var classes = try ClassComparison(
            original.network, metrics: lifting { () throws(ModelError) in try original.accuracies() },
            options: options, count: arrays?.sampleCount ?? 0)
        verifier.observedNames = classes.observedNames
        if let arrays {
            samples = try runOnFiles(&verifier, inputs: inputs, arrays: arrays, classes: &classes)
            remarks = inputs.compactMap { arrays[$0.name]?.remark }
        } else {
            samples = try runOnNoise(&verifier, inputs: inputs, classes: &classes)
        }
        var report = VerifyReport(
            verifier.finished(seed: options.seed), original: originalFiles, folded: foldedFiles,
            precision: options.precision.rawValue, samples: samples, vocabulary: vocabulary)
        report.remarks = remarks.isEmpty ? nil : remarks
        if let simulation { report.judgeNothing(simulation) }
        try report.add(classes.classes(), options: options)
        report.toleranceReason =
            isRounded
            ? "since weights were rounded to half precision"
            : isHalfPrecision ? "since weights are stored in half precision" : nil
        return report
    }

    /// Writes the plot, where one is wanted.
    func plot(_ report: VerifyReport, _ outputs: StagedOutputs) throws(BNFoldError) {
        guard let path = options.plotPath else { return }
        let plot = Array(ErrorPlot(report).svg().utf8)
        try liftingFiles { () throws(FileError) in try outputs.write(plot, to: path) }
    }

    // MARK: Inputs

    /// The inputs, each with the shape that either network tells.
    private func inputs() throws(BNFoldError) -> [NetworkInput] {
        let mine = NetworkInput.all(of: original.network)
        let theirs = NetworkInput.all(of: folded.network)
        guard Set(mine.map(\.name)) == Set(theirs.map(\.name)) else {
            func list(_ inputs: [NetworkInput]) -> String {
                inputs.isEmpty ? "none" : inputs.map { "'\($0.name)'" }.joined(separator: ", ")
            }
            throw BNFoldError(
                .malformed,
                "\(foldedFiles.networkPlace): has the inputs \(list(theirs)), but \(originalFiles.networkPlace) has \(list(mine)); are they the same network?"
            )
        }
        guard !mine.isEmpty else {
            throw BNFoldError(.malformed, "\(originalFiles.networkPlace): the network has no input to give samples to")
        }
        // What the folded network says holds for both: the original may leave the size to its data.
        return mine.map { input in
            guard let twin = theirs.first(where: { $0.name == input.name }), twin.knownShape != nil else {
                return input
            }
            var input = input
            input.shape = twin.shape
            return input
        }
    }

    private func runOnNoise(
        _ verifier: inout Verifier<AnyWeightStore, AnyWeightStore>, inputs: [NetworkInput],
        classes: inout ClassComparison
    ) throws(BNFoldError) -> VerifyReport.Samples {
        var known: [String: [Int]] = [:]
        for input in inputs {
            guard let shape = input.knownShape, shape.allSatisfy({ $0 > 0 }) else {
                throw BNFoldError(
                    .malformed,
                    "\(originalFiles.networkPlace): the shape of the input '\(input.name)' is not known; give it: --input-shape \(input.name)=\(input.shapeAdvice)"
                )
            }
            known[input.name] = shape
        }
        try explainingMemory(inputs) { () throws(ExecutionError) in try verifier.requireMemory(for: known) }
        let batchSize = Self.batchSize(known)
        let count = options.samples ?? Self.samplesOfNoise
        var noise = verifier.inputNoise(shapes: known, seed: options.seed)
        try run(&verifier, count: count, batchSize: batchSize, classes: &classes) { (_) throws(BNFoldError) in
            noise.next()
        }
        return VerifyReport.Samples(
            count: count, files: nil, seed: options.seed, scale: noise.layer == nil ? nil : noise.scale,
            scaledBy: noise.layer)
    }

    private func runOnFiles(
        _ verifier: inout Verifier<AnyWeightStore, AnyWeightStore>, inputs: [NetworkInput],
        arrays: [String: any SampleArray], classes: inout ClassComparison
    ) throws(BNFoldError) -> VerifyReport.Samples {
        let count = try arrays.sampleCount(upTo: options.samples)
        let batchSize = Self.batchSize(
            Dictionary(inputs.map { ($0.name, $0.knownShape ?? [1]) }, uniquingKeysWith: { first, _ in first }))
        let largest =
            options.precision == .single ? Double(Float.greatestFiniteMagnitude) : Double.greatestFiniteMagnitude
        let orders = Dictionary(inputs.map { ($0.name, $0.order) }, uniquingKeysWith: { first, _ in first })
        var batch: [String: [Int]] = [:]
        for (name, array) in arrays {
            let shape = TensorShape([batchSize] + array.shape.dropFirst())
            batch[name] = (orders[name] ?? .channelsFirst).networkShape(of: shape).known
        }
        try explainingMemory(inputs) { () throws(ExecutionError) in try verifier.requireMemory(for: batch) }
        try run(&verifier, count: count, batchSize: batchSize, classes: &classes) { (range) throws(BNFoldError) in
            var tensors: [String: Tensor<Double>] = [:]
            for (name, array) in arrays {
                // The network may insist on its batch: the last one is filled up with its last sample.
                var elements =
                    requiresFiniteSamples
                    ? try array.finiteElements(of: range, upTo: largest) : try array.read(samples: range)
                let size = array.shape.dropFirst().reduce(1, *)
                let last = elements.suffix(size)
                for _ in range.count..<batchSize { elements += last }
                let given = Tensor(shape: [batchSize] + array.shape.dropFirst(), elements: elements)
                tensors[name] = given?.fromOrder(orders[name] ?? .channelsFirst)
            }
            return tensors
        }
        return VerifyReport.Samples(
            count: count, files: options.inputs.map { $0.path + ($0.array.map { ":\($0)" } ?? "") }, seed: nil,
            scale: nil, scaledBy: nil)
    }

    /// The samples of one pass: what the network's inputs are made for.
    private static func batchSize(_ shapes: [String: [Int]]) -> Int {
        max(shapes.values.compactMap(\.first).min() ?? 1, 1)
    }

    // MARK: Memory

    /// What can be done about too little memory is said with the error.
    private func explainingMemory<Result>(
        _ inputs: [NetworkInput], _ step: () throws(ExecutionError) -> Result
    ) throws(BNFoldError) -> Result {
        try liftingExecution { () throws(ExecutionError) in
            do throws(ExecutionError) {
                return try step()
            } catch {
                guard error.kind == .tooLarge else { throw error }
                let batch = inputs.first { ($0.knownShape?.first ?? 1) > 1 }.flatMap { input in
                    input.callersShape.known.map {
                        "\(input.name)=\(([1] + $0.dropFirst()).map(String.init).joined(separator: ","))"
                    }
                }
                let advice = batch.map { "give a smaller batch (--input-shape \($0)), " } ?? ""
                throw ExecutionError(
                    error.kind,
                    "\(originalFiles.networkPlace): \(error.message)\(options.memoryLimit == nil ? ", three quarters of what this process may use" : ""); \(advice)use a machine with more memory, or set the limit with --memory-limit"
                )
            }
        }
    }

    // MARK: Passes

    private func run(
        _ verifier: inout Verifier<AnyWeightStore, AnyWeightStore>, count: Int, batchSize: Int,
        classes: inout ClassComparison, inputs: (Range<Int>) throws(BNFoldError) -> [String: Tensor<Double>]
    ) throws(BNFoldError) {
        let total = Double(verifier.stepsPerBatch) * (Double(count) / Double(batchSize)).rounded(.up)
        var steps = 0
        for start in stride(from: 0, to: count, by: batchSize) {
            let range = start..<start + min(batchSize, count - start)
            let tensors = try inputs(range)
            classes.begin(range)
            try liftingExecution { () throws(ExecutionError) in
                try verifier.run(
                    tensors, samples: range.count,
                    step: { () throws(ExecutionError) in
                        if cancellation.isCancelled { throw ExecutionError(.stopped, "stopped") }
                        steps += 1
                        options.progress(RunProgress(fraction: min(Double(steps) / total, 1), samples: count))
                    }, observe: { classes.add($0) })
            }
            try classes.check()
        }
    }
}

extension VerifyOptions {
    /// Three quarters of the memory of this machine, or of what the group of processes that this one belongs to may use, in bytes.
    public static var memoryOfMachine: Int { MachineMemory.bytes / 4 * 3 }
}

/// Runs a step of the interpreter; its error becomes one of this library.
func liftingExecution<Result>(_ step: () throws(ExecutionError) -> Result) throws(BNFoldError) -> Result {
    do throws(ExecutionError) {
        return try step()
    } catch {
        let kind: BNFoldError.Kind =
            switch error.kind {
            case .stopped: .cancelled
            case .missingLibrary: .unavailable
            case .inputOutput: .inputOutput
            case .unreadable: .unreadable
            default: .malformed
            }
        throw BNFoldError(kind, error.message)
    }
}
