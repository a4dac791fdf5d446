import Files
import Folding
import Frontend
import NetGraph

/// One attempt to write a folded model: beside its place, read back, and run.
struct Writing {
    var model: any Model
    var request: FoldRequest
    /// The places that the files are for.
    var files: ModelFiles
    var format: OutputFormat
    var outputs: StagedOutputs
    let remarks = WritingRemarks()

    enum Result {
        case done(VerifyReport?)
        /// These linear layers must not take what they took.
        case overflow([LayerID])
    }

    /// Where the files lie until all of them are right.
    private var staged: ModelFiles {
        ModelFiles(weights: outputs.staged(request.output), network: files.network.map(outputs.staged))
    }

    func write(
        _ folded: FoldedNetwork, plan: FoldPlan, magnitudes: WeightMagnitudes, reader: inout ModelReader,
        frontend: any Frontend
    ) throws(BNFoldError) -> Result {
        let network = try lifting { () throws(ModelError) in
            try model.networkFile(for: folded, plan: plan, format: format)
        }
        let cancellation = request.cancellation
        let checkpoint = { () throws(ModelError) in
            if cancellation.isCancelled { throw ModelError(.cancelled, "stopped; nothing was written") }
        }
        if let network, let place = files.network {
            try liftingFiles { () throws(FileError) in try outputs.write(network, to: place) }
        }
        do throws(ModelError) {
            var settings = WriteSettings(
                format: format, compression: request.compression,
                side: files.network.map { .init(staged: outputs.staged($0), path: $0) }, checkpoint: checkpoint)
            settings.remarks = remarks
            try model.writeWeights(
                of: folded, to: outputs.staged(request.output), settings: settings, magnitudes: magnitudes)
            try model.check(folded, files: staged, format: format)
            try checkpoint()
        } catch {
            if case .overflow(let layers) = error.kind, !layers.isEmpty { return .overflow(layers) }
            throw BNFoldError(error).naming(outputs)
        }
        guard let options = request.verification else { return .done(nil) }
        do throws(BNFoldError) {
            return .done(try verify(options, reader: &reader, frontend: frontend))
        } catch {
            throw error.naming(outputs)
        }
    }

    /// Runs the original and what was written, before it is put in place.
    ///
    /// - Throws: `BNFoldError` of the kind `beyond` when they differ.
    private func verify(
        _ options: VerifyOptions, reader: inout ModelReader, frontend: any Frontend
    ) throws(BNFoldError) -> VerifyReport {
        // What is run is the deployed network in any case.
        let original = try lifting { () throws(ModelError) in try model.deployed() }
        var deployed = request.model
        deployed.keepsTraining = false
        deployed.tellsHalfPrecision = true
        let folded = try reader.open(staged, of: frontend, options: deployed)
        let vocabulary = frontend.vocabulary
        let comparison = NetworkComparison(
            original: original,
            originalFiles: .init(model.files, of: vocabulary, weightBytes: FileBytes.size(request.input)),
            folded: folded,
            foldedFiles: .init(
                files, of: vocabulary, weightBytes: FileBytes.size(outputs.staged(request.output))),
            vocabulary: vocabulary, options: options, cancellation: request.cancellation,
            requiresFiniteSamples: true, comparesScores: frontend.comparesScores)
        let report = try comparison.report()
        try comparison.plot(report, outputs)
        guard report.isWithin else {
            // The plot shows where they differ, so it goes to its place alone.
            if let path = options.plotPath {
                try liftingFiles { () throws(FileError) in try outputs.commit(only: [path]) }
            }
            let cause =
                report.folds.contains(where: \.isBeyond)
                ? "a fold is beyond what rounding allows, which is a fault of bnfold: please report it"
                : "no fold is beyond its bound, but a \(vocabulary.value) is beyond the tolerance of \(report.tolerance)"
            let missed = (report.requirements ?? []).filter { !$0.isMet }.map(VerifyText.shortfall)
            let reason =
                report.agrees
                ? missed.joined(separator: "; ") : "the folded network differs from the original; \(cause)"
            let details = VerifyText().findings(report).filter { !$0.isEmpty }.map { "  " + $0 }
            throw BNFoldError(
                .beyond,
                lines: [
                    "\(request.output): was not written: \(reason)"
                ] + details)
        }
        return report
    }
}
