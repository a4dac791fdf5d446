import Files
import Folding
import Frontend
import NetGraph

/// A folded network with the ranges of its channels made equal, where the user wants that.
struct Equalizing {
    private(set) var folded: FoldedNetwork
    /// `nil` where nothing was asked for.
    private(set) var report: EqualizationReport?
    /// What is told beside the report.
    private(set) var remarks: [ReadingRemark] = []

    /// - Throws: `BNFoldError` when numbers cannot be read, or there are none.
    init(
        _ folded: FoldedNetwork, of model: any Model, options: PlanningOptions, vocabulary: Vocabulary
    ) throws(BNFoldError) {
        self.folded = folded
        guard options.equalizes else { return }
        guard let weights = model.weights else {
            throw BNFoldError(.usage, "--equalize is about the ranges of weights, so it needs the weights, too")
        }
        do throws(WeightError) {
            let equalization = try Equalization(folded, weights: weights)
            self.folded = equalization.folded
            report = EqualizationReport(equalization, vocabulary: vocabulary)
        } catch {
            guard error.kind == .overflow else { throw BNFoldError(ModelError(error)) }
            // Whoever writes the fold finds the layer, and plans again.
            remarks.append(
                ReadingRemark(
                    kind: .init(rawValue: "ranges-unknown"), severity: .warning, layers: [],
                    message:
                        "the ranges of channels are not known before the fold is written: \(error.message), and its layer has to stay as it is"
                ))
        }
    }

    /// Writes the plot, where one is wanted.
    static func plot(
        _ report: EqualizationReport?, to path: String?, source: String, _ outputs: StagedOutputs
    ) throws(BNFoldError) {
        guard let path, let report else { return }
        let plot = Array(EqualizationPlot(report, source: source).svg().utf8)
        try liftingFiles { () throws(FileError) in try outputs.write(plot, to: path) }
    }
}
