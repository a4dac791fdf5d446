import CaffeModel
import Folding
import NetGraph

extension FoldReport {
    /// Collects what a conversion, a plan and its result say, by names instead of identifiers.
    init(
        conversion: CaffeConversion, plan: FoldPlan, folded: FoldedNetwork, findings: [StatisticsFinding],
        container: WeightContainer, input: Files
    ) {
        let original = conversion.original.network
        let positions = Dictionary(
            original.layers.enumerated().map { ($1.id, $0) }, uniquingKeysWith: { first, _ in first })
        func name(_ id: LayerID) -> LayerName {
            guard let layer = positions[id].map({ original.layers[$0] }) else { return LayerName(name: "", type: "") }
            return LayerName(name: layer.name.inMessages, type: layer.operation.typeName.inMessages)
        }

        network = original.name
        self.input = input
        layers = Counts(before: original.layers.count, after: folded.network.layers.count)
        let before = original.layerCounts
        let after = folded.network.layerCounts
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
        scales = plan.leftovers.map { leftover in
            let type = leftover.isBias ? "Bias" : "Scale"
            let isInserted = positions[leftover.survivor] == nil
            return LeftoverChain(
                layer: isInserted ? LayerName(name: leftover.name, type: type) : name(leftover.survivor), type: type,
                isInserted: isInserted, from: leftover.chain.map(name), channels: leftover.channelCount,
                reason: Reason(leftover.reason), forwardReason: leftover.forwardReason.map(Reason.init))
        }
        kept = plan.refusals.map {
            KeptLayer(
                layer: name($0.layer), reason: Reason($0.reason), forwardReason: $0.forwardReason.map(Reason.init))
        }
        dropped = plan.dropped.map(name)
        search = plan.spentWork.map { SearchEnd(work: $0, sentence: SearchEnd.sentence(work: $0)) }
        var seen: Set<RegaugedBlob> = []
        regauged = plan.rewiring.regauged.compactMap { value in
            let before = conversion.network[value.before].name
            let blob = RegaugedBlob(from: before, to: value.name, layer: name(value.layer))
            // Layers in place write several values under one name.
            return before != value.name && seen.insert(blob).inserted ? blob : nil
        }
        unshared = conversion.unshared(by: folded).map { UnsharedParameter(name: $0.name, groups: $0.groups) }
        let shapes = Dictionary(
            folded.network.layers.filter { $0.operation == .input }.map { layer in
                (layer.id, layer.outputs.map { folded.network[$0] })
            }, uniquingKeysWith: { first, _ in first })
        deployment = conversion.changes.map { change in
            DeploymentChange(
                layer: name(change.layer), change: change.kind.name,
                sentence: change.kind.sentence(inputs: shapes[change.layer] ?? []), names: change.kind.names)
        }
        batchStatistics = BatchStatistics(
            switched: conversion.switchedNormalizations.map { name($0).name },
            remaining: plan.refusals.filter { $0.reason == .batchStatistics }.map { name($0.layer).name })
        if !batchStatistics.remaining.isEmpty { batchStatistics.remedy = conversion.options.batchStatisticsRemedy }
        preprocessing = conversion.preprocessing.map { data in
            Preprocessing(
                layer: name(data.layer), blob: data.blob,
                steps: data.steps.map { .init(field: $0.field, value: $0.value) })
        }
        let names = conversion.renames(of: folded, in: container)
        renamed = folded.network.layers.compactMap { layer in
            names[layer.id].map { Rename(from: layer.name, to: $0) }
        }
        surplus = conversion.surplus.map(SurplusLayer.init)
        remarks = conversion.original.remarks.map(Remark.init)
        self.findings = findings.map { finding in
            Finding(
                layer: name(finding.layer).name, severity: finding.severity.rawValue, kind: finding.kind.rawValue,
                message: finding.message, channels: finding.channels)
        }
    }
}

extension FoldReport.Reason {
    init(_ reason: RefusalReason) { self.init(name: reason.name, sentence: reason.sentence) }

    /// Why an affine goes neither back nor forward, a sentence for each.
    static func sentences(_ backward: Self, _ forward: Self?) -> [String] {
        guard let forward, forward != backward else { return [backward.sentence] }
        return ["back: " + backward.sentence, "forward: " + forward.sentence]
    }
}

extension CaffeOptions {
    /// What to do about BatchNorms that depend on the batch.
    fileprivate var batchStatisticsRemedy: String {
        if keepsTraining { return "without --keep-training they are deployed with the averages that training stored" }
        if keepsBatchStatistics { return "without --keep-batch-statistics the averages that training stored are used" }
        return
            "training stores averages of mean and variance for this; --assume-global-stats uses them, and folds these layers"
    }
}

extension DeployChange.FunctionNames {
    /// What is called otherwise than before.
    fileprivate var renamings: [String] {
        let isOneName = oldLayer == oldBlob && layer == blob
        if isOneName, layer != oldLayer { return ["layer and blob '\(oldLayer)' are now '\(layer)'"] }
        var texts: [String] = []
        if layer != oldLayer { texts.append("layer '\(oldLayer)' is now '\(layer)'") }
        if blob != oldBlob { texts.append((oldBlob.map { "blob '\($0)' is now" } ?? "its blob is") + " '\(blob)'") }
        return texts
    }
}

extension DeployChange.Kind {
    fileprivate var names: FoldReport.FunctionNames? {
        guard case .becameFunction(_, _, let names) = self else { return nil }
        return FoldReport.FunctionNames(
            oldLayer: names.oldLayer, layer: names.layer, oldBlob: names.oldBlob, blob: names.blob)
    }

    fileprivate var name: String {
        switch self {
        case .becameInput: "input"
        case .becameFunction: "function"
        case .droppedObjective: "objective"
        case .feedsNothing: "feeds-nothing"
        case .identity: "identity"
        }
    }

    fileprivate func sentence(inputs: [Value]) -> String {
        switch self {
        case .becameInput:
            "became Input: "
                + inputs.map { "\($0.name) \($0.shape.map(\.description) ?? "of unknown shape")" }.joined(
                    separator: ", ")
        case .becameFunction(_, let function, let names):
            (["became \(function)"] + names.renamings).joined(separator: "; ")
        case .droppedObjective: "gone: only training and evaluation need it"
        case .feedsNothing: "gone: it only fed layers that are gone"
        case .identity: "gone: it hands its input on unchanged"
        }
    }
}
