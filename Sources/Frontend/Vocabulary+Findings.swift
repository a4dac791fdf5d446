import Folding

extension Vocabulary {
    /// What is suspect about the numbers of a layer, as a sentence without the layer's name.
    public func sentence(_ finding: StatisticsFinding) -> String {
        let (count, list) = (finding.channels.count, Self.list(finding.channels))
        switch finding.detail {
        case .untrained(let allowed):
            return
                "its moving-average factor is 0, so it was never trained, and \(framework) takes mean and variance as 0"
                + (allowed ? "" : "; --allow-untrained folds it as \(framework) runs it")
                + Self.remedy
        case .notFinite(let parameter, let value, let index, let others):
            return "\(parameter) holds \(value) at index \(index)"
                + (others > 0 ? " and \(others) more values that are not finite" : "")
                + "; the training run diverged or the file is damaged: take an earlier snapshot"
        case .negativeVariance(let channel, let variance, let others):
            let more = others > 0 ? " (as in \(others) more channels)" : ""
            return
                "its variance of channel \(channel) is \(variance), so variance + eps is not positive\(more); the file is damaged or was edited: take another snapshot\(Self.alternative)"
        case .slightlyNegativeVariance(let all, let epsilon):
            return
                "its variance is below 0 in \(count) of \(all) channels (\(list)); eps (\(Float(epsilon))) makes up for it"
                + Self.remedy
        case .identityStatistics(let variance):
            return
                "its mean is 0 and its variance \(variance) in every channel: it looks as if it was never trained"
                + Self.remedy
        case .fewIterations(let iterations, let factor):
            return
                "its statistics average only about \(iterations) iterations (moving-average factor \(Float(factor)))"
                + Self.remedy
        case .tinyVariance(let all, let epsilon, let amplification):
            return
                "its variance is far below eps (\(Float(epsilon))) in \(count) of \(all) channels (\(list)), which are amplified by up to gamma * \(amplification.roundedText)"
        case .deadChannels(let all):
            return "gamma is 0 in \(count) of \(all) channels (\(list)): their output is constant"
        case .outlierWeights(let channel, let ratio, let limit):
            let others = count > 1 ? " (\(list) are above \(limit) times)" : ""
            return
                "the largest folded weight of channel \(channel) is \(ratio.roundedText) times that of the median channel\(others): quantise it per channel, not per tensor"
        }
    }

    /// What helps where statistics are missing or doubtful.
    private static let remedy = "; 'bnfold calibrate' measures it on samples"
    private static let alternative = ", or measure it on samples with 'bnfold calibrate'"

    /// `channel 3`, `channels 3, 7, 12`, or the first few of many.
    private static func list(_ channels: [Int]) -> String {
        let shown = channels.prefix(channels.count > 6 ? 5 : 6).map(String.init).joined(separator: ", ")
        let rest = channels.count > 6 ? " and \(channels.count - 5) more" : ""
        return "\(channels.count == 1 ? "channel" : "channels") \(shown)\(rest)"
    }
}

extension Double {
    /// The nearest whole number as text, also where no `Int` holds it.
    fileprivate var roundedText: String {
        let whole = rounded()
        return Int(exactly: whole).map(String.init) ?? "\(whole)"
    }
}
