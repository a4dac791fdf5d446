import Frontend

extension NetDefinition {
    /// The Accuracy layers of any phase, each once: nets often have one for training and one for testing.
    ///
    /// - Throws: `ModelError` with line and column for parameters of the wrong type.
    func accuracies() throws(ModelError) -> [AccuracyMetric] {
        var metrics: [AccuracyMetric] = []
        for layer in layers where layer.type == "Accuracy" && layer.bottoms.count == 2 {
            let parameters = try layer.reader.submessage("accuracy_param")
            let metric = AccuracyMetric(
                layer: layer.name, scores: layer.bottoms[0], labels: layer.bottoms[1],
                axis: try parameters.integer("axis") ?? 1, topK: try parameters.integer("top_k", atLeast: 1) ?? 1,
                ignoredLabel: try parameters.integer("ignore_label"))
            var unnamed = metric
            let isKnown = metrics.contains { known in
                unnamed.layer = known.layer
                return known == unnamed
            }
            if !isKnown { metrics.append(metric) }
        }
        return metrics
    }
}
