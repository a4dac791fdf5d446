import Files
import Folding
import Frontend
import NetGraph

extension FoldReport {
    /// Collects what a model, a plan and its result say, by names instead of identifiers.
    ///
    /// - Parameter format: what the weights are written as; `nil` where nothing is written.
    init(
        model: any Model, plan: FoldPlan, folded: FoldedNetwork, findings: [StatisticsFinding], format: OutputFormat?,
        vocabulary: Vocabulary
    ) {
        let original = model.original
        let positions = Dictionary(
            original.layers.enumerated().map { ($1.id, $0) }, uniquingKeysWith: { first, _ in first })
        // Layers that reading added, which no file has.
        let added = model.network.layers.filter { positions[$0.id] == nil }
        func name(_ id: LayerID) -> LayerName {
            guard let layer = positions[id].map({ original.layers[$0] }) ?? added.first(where: { $0.id == id }) else {
                return LayerName(name: "", type: "")
            }
            return LayerName(name: layer.name.inMessages, type: layer.type.inMessages)
        }

        network = original.name
        let bytes = model.files.weights.flatMap(FileBytes.size).map { $0 + model.weightBytesBeside }
        input = Files(model.files, of: vocabulary, weightBytes: bytes)
        let counted = (
            original.layers.filter { model.isCounted($0.id) }, folded.network.layers.filter { model.isCounted($0.id) }
        )
        layers = Counts(before: counted.0.count, after: counted.1.count)
        let before = Dictionary(grouping: counted.0, by: \.type).mapValues(\.count)
        let after = Dictionary(grouping: counted.1, by: \.type).mapValues(\.count)
        types = Set(before.keys).union(after.keys).sorted().map { type in
            TypeCounts(type: type, before: before[type] ?? 0, after: after[type] ?? 0)
        }
        folds = plan.folds.map { fold in
            let target = positions[fold.target].map { original.layers[$0] }
            return FoldedChain(
                into: name(fold.target), from: fold.chain.map(name), channels: fold.channelCount,
                addsBias: fold.changesBias && target.map { $0.operation.parameters.count == 1 } ?? false,
                takes: fold.takes.map { take in
                    Take(
                        from: take.chain.map(name), direction: take.direction.rawValue, through: take.through.map(name))
                })
        }
        let names = format.map { model.renames(of: folded, in: $0) } ?? [:]
        scales = plan.leftovers.map { leftover in
            let isInserted = positions[leftover.survivor] == nil
            return LeftoverChain(
                layer: isInserted
                    ? LayerName(name: names[leftover.survivor] ?? leftover.name, type: leftover.type)
                    : name(leftover.survivor),
                type: leftover.type,
                isInserted: isInserted, from: leftover.chain.map(name), channels: leftover.channelCount,
                reason: Reason(leftover.reason, in: vocabulary),
                forwardReason: leftover.forwardReason.map { Reason($0, in: vocabulary) })
        }
        kept = plan.refusals.map {
            KeptLayer(
                layer: name($0.layer), reason: Reason($0.reason, in: vocabulary),
                forwardReason: $0.forwardReason.map { Reason($0, in: vocabulary) })
        }
        dropped = plan.dropped.map(name)
        search = plan.spentWork.map { SearchEnd(work: $0, sentence: SearchEnd.sentence(work: $0)) }
        var seen: Set<RegaugedValue> = []
        regauged = plan.rewiring.regauged.compactMap { value in
            let before = model.network[value.before].name
            let regauged = RegaugedValue(from: before, to: value.name, layer: name(value.layer))
            // Layers in place write several values under one name.
            return before != value.name && seen.insert(regauged).inserted ? regauged : nil
        }
        unshared = model.unshared(by: folded).map { UnsharedParameter(name: $0.name, groups: $0.groups) }
        deployment = model.deployment(of: folded.network).map { change in
            DeploymentChange(
                layer: name(change.layer), change: change.kind.rawValue, sentence: change.sentence,
                names: change.names.map(FunctionNames.init))
        }
        batchStatistics = BatchStatistics(
            switched: model.switchedNormalizations.map { name($0).name },
            remaining: plan.refusals.filter { $0.reason == .batchStatistics }.map { name($0.layer).name })
        if !batchStatistics.remaining.isEmpty { batchStatistics.remedy = model.batchStatisticsRemedy }
        preprocessing = model.preparations.map { data in
            Preprocessing(
                layer: name(data.layer), value: data.value,
                steps: data.steps.map { .init(field: $0.field, value: $0.value) })
        }
        renamed = folded.network.layers.compactMap { layer in
            // A new layer had no other name.
            positions[layer.id] == nil ? nil : names[layer.id].map { Rename(from: layer.name, to: $0) }
        }
        surplus = model.surplusLayers.map(SurplusLayer.init)
        remarks = model.remarks.map(Remark.init)
        self.vocabulary = vocabulary
        self.findings = findings.map { finding in
            Finding(
                layer: name(finding.layer).name, severity: finding.severity.rawValue, kind: finding.kind.rawValue,
                message: vocabulary.sentence(finding), channels: finding.channels)
        }
    }
}

extension FoldReport.Reason {
    init(_ reason: RefusalReason, in vocabulary: Vocabulary) {
        self.init(name: reason.name, sentence: vocabulary.sentence(reason))
    }

    /// Why an affine goes neither back nor forward, a sentence for each.
    static func sentences(_ backward: Self, _ forward: Self?) -> [String] {
        guard let forward, forward != backward else { return [backward.sentence] }
        return ["back: " + backward.sentence, "forward: " + forward.sentence]
    }
}

extension FoldReport.FunctionNames {
    fileprivate init(_ names: LayerDeployment.FunctionNames) {
        self.init(oldLayer: names.oldLayer, layer: names.layer, oldValue: names.oldValue, value: names.value)
    }
}
