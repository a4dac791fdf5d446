import Frontend

/// Why a bottom has no value.
extension GraphBuilder {
    /// The error for a bottom that no layer before wrote: it names the layer that does write it, if any, and what to do.
    func missing(_ bottom: String, of layer: LayerDefinition) -> ModelError {
        let text = "its bottom '\(bottom)' is the top of no layer before it"
        let writers = definition.layers.filter { $0.tops.contains(bottom) && !$0.bottoms.contains(bottom) }
        if let later = writers.first(where: { $0.index > layer.index && takesPart($0) }) {
            return layer.error(
                "\(text): \(described(later)) writes it only behind; put the layers in the order in which they run")
        }
        guard let other = writers.first(where: { !takesPart($0) }) else {
            return layer.error("\(text); if it is the net's data, add an Input layer for it")
        }
        let rules = rules(of: other)
        var advice: [String] = []
        if !rules.stages.isEmpty {
            advice.append("name its stage with \(rules.stages.map { "--stage \($0)" }.joined(separator: " "))")
        }
        if rules.hasLevel { advice.append("name its level with --level") }
        if rules.isTrainOnly {
            advice = [
                "add a layer for TEST that writes '\(bottom)'",
                "give '\(layer.name)' the rule 'include { phase: TRAIN }' as well if a deployed net does not need it",
            ]
        }
        if advice.isEmpty { advice.append("mend the rules of one of them") }
        return layer.error(
            "\(text): \(described(other)) writes it, but takes part \(rules.isTrainOnly ? "only in the phase TRAIN" : "only by other rules"); \(advice.joined(separator: ", or "))"
        )
    }

    private func takesPart(_ layer: LayerDefinition) -> Bool { (try? state.includes(layer.reader)) ?? false }

    private func described(_ layer: LayerDefinition) -> String {
        let line = definition.document.position(at: layer.field.range.lowerBound).line
        return "layer '\(layer.name)' (\(layer.type)) in line \(line)"
    }

    /// What the rules of a layer that takes no part ask for.
    private func rules(of layer: LayerDefinition) -> (isTrainOnly: Bool, stages: [String], hasLevel: Bool) {
        let includes = (try? layer.reader.submessages("include")) ?? []
        let excludes = (try? layer.reader.submessages("exclude")) ?? []
        func phase(_ rule: FieldReader) -> String? {
            (try? rule.enumeration("phase", ["TRAIN", "TEST"])) ?? nil
        }
        let forTest = includes.filter { phase($0) != "TRAIN" }
        let isExcludedFromTest = excludes.contains { $0.fieldNames == ["phase"] && phase($0) == "TEST" }
        return (
            !includes.isEmpty && forTest.isEmpty || isExcludedFromTest,
            ((try? forTest.first?.strings("stage")) ?? nil) ?? [],
            forTest.contains { $0.has("min_level") || $0.has("max_level") }
        )
    }
}
