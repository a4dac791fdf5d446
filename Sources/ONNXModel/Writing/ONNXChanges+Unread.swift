// What is written, and what nothing reads any more.

extension ONNXChanges {
    func writtenNames() -> Set<String> {
        var written = Set(file.inputs.map(\.name)).union(file.initializerPlaces.keys).union(file.sparseNames)
        written.formUnion(tensors.map(\.name))
        written.formUnion(file.innerInputs.map(\.name))
        for node in file.nodes where !removedNodes.contains(node.index) {
            if let replacement = replacements[node.index] {
                written.insert(replacement.output)
            } else {
                written.formUnion(outputs[node.index] ?? node.outputs)
            }
        }
        for node in insertions.values.joined() { written.insert(node.output) }
        for node in firstNodes.values.joined() { written.insert(node.output) }
        return written
    }

    /// Takes away constants that only what is gone has read.
    mutating func removeUnread() {
        var counts = readers(of: nil)
        let before = Set(file.nodes.flatMap { $0.inputs + Array($0.namesReadInside) })
        for node in file.nodes.reversed()
        where original.constantNodes.contains(node.index) && !removedNodes.contains(node.index) {
            guard node.namedOutputs.allSatisfy({ counts[$0] ?? 0 == 0 && before.contains($0) }) else { continue }
            removedNodes.insert(node.index)
            for name in inputs[node.index] ?? node.inputs { counts[name, default: 0] -= 1 }
        }
        for (place, tensor) in file.initializers.enumerated()
        where counts[tensor.name] ?? 0 <= 0 && before.contains(tensor.name) {
            removedInitializers.insert(place)
            removedInputs.insert(tensor.name)
        }
    }

    mutating func vanish() {
        let written = writtenNames()
        let before = Set(file.nodes.flatMap(\.outputs))
        vanished = before.subtracting(written)
        renamed = renamed.filter { vanished.contains($0.key) && written.contains($0.value) }
    }
}
