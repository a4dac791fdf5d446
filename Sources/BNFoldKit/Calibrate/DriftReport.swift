import Calibration
import Frontend
import NetGraph

/// How far the stored statistics of a network are from those of samples, while each layer normalises by what is stored.
public struct DriftReport: Codable, Hashable, Sendable {
    public var samples: Int
    public var layers: [Layer]
    /// Why layers could not be measured, a sentence each.
    public var obstacles: [String]

    public struct Layer: Codable, Hashable, Sendable {
        /// One name, or those of all layers that share the statistics.
        public var names: [String]
        public var channels: Int
        /// `nil` where nothing is stored that could be compared.
        public var drift: StatisticsDrift?
        /// Whether the stored statistics are those of other data, or none.
        public var isSuspect: Bool
        /// Stored and observed numbers of each channel, for plots; `nil` where none are stored.
        public var stored: Numbers?
        public var observed: Numbers
    }

    /// One number for each channel; `null` for one that is not finite.
    public struct Numbers: Codable, Hashable, Sendable {
        public var mean: [Double?]
        public var variance: [Double?]

        init(_ statistics: MeasuredStatistics) {
            mean = statistics.mean.map { $0.isFinite ? $0 : nil }
            variance = statistics.variance.map { $0.isFinite ? $0 : nil }
        }
    }

    /// Whether all statistics fit the samples.
    public var fits: Bool { layers.allSatisfy { !$0.isSuspect } }

    /// A row for each layer that does not fit, or for all, and the verdict.
    func lines(isVerbose: Bool) -> [String] {
        let shown = layers.filter { isVerbose || $0.isSuspect }
        var lines: [String] = []
        if !shown.isEmpty {
            lines.append("stored statistics against those of \(samples) samples")
            let rows = shown.prefix(isVerbose ? .max : Self.longList).map { layer in
                guard let drift = layer.drift else { return [names(layer), "none are stored"] }
                return [
                    names(layer), "means off by up to \(drift.meanText)",
                    "variances \(drift.ratioText) of the stored ones",
                ]
            }
            lines += TextTable.lines(rows)
            if shown.count > rows.count {
                lines.append("  and \(shown.count - rows.count) more (--verbose lists them)")
            }
        }
        lines += obstacles.map { "not measured: \($0)" }
        lines.append(verdict)
        return lines
    }

    private static let longList = 12

    private func names(_ layer: Layer) -> String { layer.names.joined(separator: ", ") }

    private var verdict: String {
        let suspect = layers.filter(\.isSuspect)
        guard let worst = suspect.max(by: { $0.size < $1.size }) else {
            guard !layers.isEmpty else { return "no statistics could be held against these \(samples) samples" }
            return "the stored statistics fit these \(samples) samples"
        }
        let others = suspect.count > 1 ? " (and \(suspect.count - 1) more)" : ""
        let what = worst.drift.map { "was measured on other data: \($0.difference)" } ?? "was never measured"
        return
            "\(worst.names[0])\(others) \(what); accuracy will suffer: 'bnfold calibrate' measures it anew"
    }
}

extension DriftReport.Layer {
    /// How far off the layer is, as a multiple of what is honest.
    fileprivate var size: Double { drift?.size ?? .infinity }
}

extension StatisticsDrift {
    /// The most that a layer as a whole is off by where its statistics are those of the data: `docs/calibration.md` tells where the numbers come from.
    static let largestHonestDistance = 0.5
    static let largestHonestRatio = 2.2

    /// Whether the statistics are those of other data.
    var isSuspect: Bool { size > 1 }

    /// How far off, as a multiple of what is honest.
    var size: Double {
        let distance = (typicalMeanDistance ?? 0) / Self.largestHonestDistance
        guard let medianRatio, medianRatio > 0 else { return medianRatio == nil ? distance : .infinity }
        return max(distance, abs(medianRatio.logarithm) / Self.largestHonestRatio.logarithm)
    }

    /// What is off, as part of a sentence.
    var difference: String {
        var parts: [String] = []
        if (typicalMeanDistance ?? 0) > Self.largestHonestDistance {
            parts.append("means are off by up to \(meanText)")
        }
        if let medianRatio, abs(medianRatio.logarithm) > Self.largestHonestRatio.logarithm || parts.isEmpty {
            parts.append("variances are \(ratioText) of the stored ones")
        }
        return parts.joined(separator: ", ")
    }
}

extension Measuring {
    /// Holds stored statistics against those of the samples.
    func drift() throws(BNFoldError) -> DriftReport {
        let groups = try groups()
        let outcome = try measure(.asStored, groups: groups)
        var layers: [DriftReport.Layer] = []
        for (group, measured) in zip(outcome.groups, outcome.statistics) {
            guard let measured else { continue }
            let stored = try StatisticsDrift.stored(group, in: model)
            let drift = StatisticsDrift(stored: stored, measured)
            layers.append(
                DriftReport.Layer(
                    names: group.names, channels: measured.mean.count, drift: drift,
                    isSuspect: drift?.isSuspect ?? true, stored: stored.map(DriftReport.Numbers.init),
                    observed: .init(measured)))
        }
        return DriftReport(
            samples: outcome.samples, layers: layers,
            obstacles: outcome.obstacles.sorted { $0.key < $1.key }.map { "\(groups[$0.key].names[0]): \($0.value)" })
    }
}
