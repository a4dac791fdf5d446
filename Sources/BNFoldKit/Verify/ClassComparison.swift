import Frontend
import NetGraph
import Verification

/// What classes two networks give to the samples of a comparison, and how often they are right.
struct ClassComparison {
    typealias Observation = Verifier<AnyWeightStore, AnyWeightStore>.Observation

    /// One value that is looked at, in one way.
    private struct Entry {
        var value: String
        /// The layer of training that looks at it in this way; `nil` for outputs.
        var metric: AccuracyMetric?
        var labels: LabelArray?
        var tally: ClassTally
    }

    private let network: Network
    private var entries: [Entry]
    private var samples = 0..<0
    private var failure: BNFoldError?

    /// - Parameters:
    ///   - network: the original.
    ///   - count: the samples of the files.
    init(
        _ network: Network, metrics: [AccuracyMetric], options: VerifyOptions, count: Int
    ) throws(BNFoldError) {
        self.network = network
        let outputs = network.outputs.map { network[$0].name }
        var labels: [LabelArray] = []
        for input in options.labels { labels.append(try LabelArray(input, count: count)) }
        entries = outputs.map { Entry(value: $0, tally: ClassTally(.init(topK: [1, 5]))) }
        for array in labels {
            let names = Set(metrics.map(\.labels))
            if let name = array.name, outputs.contains(name) {
                for index in entries.indices where entries[index].value == name { entries[index].labels = array }
                continue
            }
            if metrics.isEmpty {
                for index in entries.indices { entries[index].labels = array }
                continue
            }
            let name = array.name ?? (names.count == 1 ? names.first : nil)
            let own = metrics.filter { $0.labels == name }
            guard !own.isEmpty else { throw Self.unknown(name, labels: names, outputs: outputs) }
            entries += own.map {
                Entry(
                    value: $0.scores, metric: $0, labels: array,
                    tally: ClassTally(.init(axis: $0.axis, topK: [$0.topK], ignoredLabel: $0.ignoredLabel)))
            }
        }
    }

    private static func unknown(_ name: String?, labels: Set<String>, outputs: [String]) -> BNFoldError {
        func list(_ names: some Sequence<String>) -> String {
            names.sorted().prefix(8).map { "'\($0)'" }.joined(separator: ", ")
        }
        return BNFoldError(
            .usage,
            "--labels \(name.map { "names '\($0)'" } ?? "names nothing"), but the Accuracy layers of the network read the labels \(list(labels)), and its outputs are \(list(outputs)); name one of them"
        )
    }

    /// Values that are looked at beside the outputs.
    var observedNames: Set<String> { Set(entries.map(\.value)) }

    // MARK: Passes

    /// Goes on to the next samples.
    mutating func begin(_ samples: Range<Int>) { self.samples = samples }

    mutating func add(_ observation: Observation) {
        let name = network[observation.value].name
        let isOutput = network.outputs.contains(observation.value)
        for index in entries.indices where entries[index].value == name && (entries[index].metric != nil || isOutput) {
            do throws(BNFoldError) {
                let labels = try labels(of: entries[index], observation)
                entries[index].tally.add(
                    original: observation.original, folded: observation.folded, shape: observation.shape,
                    batchSize: observation.batchSize, samples: samples.count, labels: labels)
            } catch {
                failure = failure ?? error
            }
        }
    }

    private func labels(of entry: Entry, _ observation: Observation) throws(BNFoldError) -> [Int]? {
        let rule = entry.tally.rule
        guard let labels = entry.labels,
            let layout = try? ClassTally.Layout(
                shape: observation.shape, axis: rule.axis, batchSize: observation.batchSize)
        else { return nil }
        return try labels.labels(
            of: samples, classes: layout.classes, places: layout.placesPerSample, ignored: rule.ignoredLabel)
    }

    /// - Throws: what was wrong with the labels of the last batch.
    func check() throws(BNFoldError) {
        if let failure { throw failure }
    }

    // MARK: Outcome

    /// What each value that has classes showed.
    ///
    /// - Throws: `BNFoldError` of the kind `usage` for labels that no value took.
    func classes() throws(BNFoldError) -> [VerifyReport.Classes] {
        let found = entries.compactMap { entry in
            entry.tally.obstacle == nil && entry.tally.sampleCount > 0
                ? VerifyReport.Classes(entry.tally, of: entry.value, metric: entry.metric) : nil
        }
        let hasLabels = entries.contains { $0.labels != nil }
        if hasLabels, !found.contains(where: { $0.accuracies != nil }) {
            let reasons = entries.filter { $0.labels != nil }.map { entry in
                "'\(entry.value)': \(entry.tally.obstacle ?? "it was not computed in both networks")"
            }
            throw BNFoldError(
                .usage,
                "--labels are for scores of classes, and no value has them: \(reasons.prefix(4).joined(separator: "; "))"
            )
        }
        return found
    }
}

extension VerifyReport.Classes {
    fileprivate init(_ tally: ClassTally, of value: String, metric: AccuracyMetric?) {
        self.value = value
        layer = metric?.layer
        classes = tally.classCount ?? 0
        places = tally.placeCount
        placesPerSample = tally.placesPerSample
        equal = tally.equalCount
        let count = tally.classCount ?? 0
        if tally.labelledCount > 0 {
            // Among all classes is always right.
            let counted = tally.correct.filter { metric != nil || $0.topK == 1 || $0.topK < count }
            accuracies = counted.map {
                Accuracy(topK: $0.topK, original: $0.original, folded: $0.folded, places: tally.labelledCount)
            }
        }
        differences = tally.differences.map { difference in
            Difference(
                sample: difference.sample, place: tally.placesPerSample > 1 ? difference.place : nil,
                label: difference.label, original: Choice(difference.original), folded: Choice(difference.folded))
        }
    }
}

extension VerifyReport.Classes.Choice {
    fileprivate init(_ choice: ClassTally.Choice) {
        number = choice.number
        margin = choice.margin.isFinite ? choice.margin : nil
    }
}
