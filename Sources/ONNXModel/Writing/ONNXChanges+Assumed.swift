extension ONNXChanges {
    /// Normalisations in training mode that were taken with the stored statistics, and stay, say so: the setting of their version, and one output.
    mutating func tellAssumed() {
        for index in original.assumedNodes.sorted()
        where !removedNodes.contains(index) && replacements[index] == nil {
            let node = file.nodes[index]
            if file.opset < 7 || file.opset >= 14 {
                setAttributes[index, default: [:]][file.opset < 7 ? "is_test" : "training_mode"] =
                    file.opset < 7 ? 1 : 0
            }
            if node.outputs.count > 1 { outputs[index] = Array((outputs[index] ?? node.outputs).prefix(1)) }
        }
    }
}
