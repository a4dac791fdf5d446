extension NetDefinition {
    /// The samples of a batch of the first layer that reads data in training; `nil` where none tells.
    var trainingBatchSize: Int? {
        for layer in layers where isInTraining(layer) {
            for field in layer.reader.message?.fields ?? [] where field.name.hasSuffix("data_param") {
                let size = field.value.message?.value(named: "batch_size")?.scalar.map { document.text(in: $0.range) }
                if let size = size.flatMap({ Int($0) }), size > 0 { return size }
            }
        }
        return nil
    }

    private func isInTraining(_ layer: LayerDefinition) -> Bool {
        let included = layer.reader.message?.values(named: "include") ?? []
        guard !included.isEmpty else { return true }
        return included.contains {
            $0.message?.value(named: "phase").map { $0.scalar.map { document.text(in: $0.range) } == "TRAIN" } ?? true
        }
    }
}
