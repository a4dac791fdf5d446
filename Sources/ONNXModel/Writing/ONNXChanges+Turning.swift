import Frontend
import NetGraph

// A Transpose and the affines behind it.

extension ONNXChanges {
    /// Where the layers of a Transpose with affines behind it are written as they are told, since one of them goes or has other numbers: the affines one
    /// place earlier than in the file, and the Transpose last.
    func turnedPlaces(_ before: [LayerID: Layer]) -> [LayerID: Int] {
        guard !original.turns.isEmpty else { return [:] }
        let after = Dictionary(folded.network.layers.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        var places: [LayerID: Int] = [:]
        for (transpose, turn) in original.turns {
            let isSame = (turn.affines + [transpose]).allSatisfy { id in
                after[id]?.operation == before[id]?.operation && after[id] != nil
            }
            let reads = zip(turn.affines.dropFirst() + [transpose], turn.affines).allSatisfy { reader, writer in
                after[reader]?.inputs == after[writer]?.outputs
            }
            if isSame && reads { continue }
            for (id, node) in zip(turn.affines + [transpose], turn.nodes) { places[id] = node }
        }
        return places
    }

    mutating func turnedNode(for layer: Layer) throws(ModelError) -> NewNode {
        guard case .permute(let order) = layer.operation else { return try newNode(for: layer) }
        let input = layer.inputs[0]
        return NewNode(
            type: "Transpose", name: layer.name, inputs: [folded.network[input].name],
            output: folded.network[layer.outputs[0]].name, scope: scopes[input.index], lists: ["perm": order])
    }
}
