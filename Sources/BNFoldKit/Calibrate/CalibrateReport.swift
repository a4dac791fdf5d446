import Calibration
import Frontend
import NetGraph

/// Statistics as they are stored, and as samples have them.
public struct CalibrateReport: Codable, Hashable, Sendable {
    public var bnfold = Version.string
    /// `batches` or `population`.
    public var method: String
    public var input: FoldReport.Files?
    public var output: FoldReport.Files?
    /// The samples that were used, and how many of them made a batch.
    public var samples: Int
    public var batchSize: Int
    /// How often all samples were gone through.
    public var passes: Int
    public var layers: [Layer]
    /// Layers that hold a finished normalisation, so that new statistics have no place in them.
    public var finished: [String] = []
    public var remarks: [FoldReport.Remark]?
    /// The words of the framework, for the text; no part of the JSON form.
    private var words = Vocabulary.plain

    public struct Layer: Codable, Hashable, Sendable {
        /// One name, or those of all layers that share the statistics.
        public var names: [String]
        public var channels: Int
        /// How far the stored statistics are from those of the samples; `nil` where none are stored.
        public var drift: StatisticsDrift?
    }

    private enum CodingKeys: String, CodingKey {
        case bnfold, method, input, output, samples, batchSize, passes, layers, finished, remarks
    }

    init(
        _ outcome: Measuring.Outcome, of model: any Model, method: CalibrateRequest.Method, vocabulary: Vocabulary
    ) throws(BNFoldError) {
        self.method = method.rawValue
        words = vocabulary
        samples = outcome.samples
        batchSize = outcome.batchSize
        passes = outcome.passes
        layers = []
        for (group, measured) in zip(outcome.groups, outcome.statistics) {
            guard let measured else { continue }
            layers.append(
                Layer(
                    names: group.names, channels: measured.mean.count,
                    drift: StatisticsDrift(stored: try StatisticsDrift.stored(group, in: model), measured)))
        }
        remarks = outcome.remarks.isEmpty ? nil : outcome.remarks
    }

    /// The report as JSON, with sorted keys and a final newline.
    public func json() throws(BNFoldError) -> [UInt8] { try JSONText.encode(self) }

    /// A row for each layer, and a summary; each line ended by a newline.
    public func text() -> String {
        var rows = [["layer", "channels", "mean off by", "variance ratios"]]
        for layer in layers {
            var row = [layer.names.joined(separator: ", "), "\(layer.channels)"]
            if let drift = layer.drift {
                row.append(drift.meanText)
                row.append(drift.ratioText)
            } else {
                row.append("no statistics before")
            }
            rows.append(row)
        }
        var lines = TextTable.lines(rows)
        lines.append(summary)
        if !finished.isEmpty {
            lines.append(
                "left as they are, because they hold the finished normalisation: \(finished.joined(separator: ", "))")
        }
        if let output, let weights = output.weights { lines.append("wrote \(weights)") }
        return lines.map { $0 + "\n" }.joined()
    }

    /// What was measured, in one line.
    var summary: String {
        "measured \(layers.count) \(layers.count == 1 ? words.normalization : words.normalizations) on \(samples) samples (\(method), batches of \(batchSize), \(passes) pass\(passes == 1 ? "" : "es"))"
    }
}
