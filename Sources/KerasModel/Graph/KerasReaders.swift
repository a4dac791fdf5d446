import NetGraph

/// Who reads which outputs of the calls of a model.
struct KerasReaders {
    private struct Place: Hashable {
        var layer: String
        var call: Int
    }

    private var counts: [Place: Int] = [:]
    private var shapes: [Place: [Int?]] = [:]

    init(_ model: KerasModelNode) {
        func note(_ reference: KerasReference, isOutput: Bool) {
            let place = Place(layer: reference.layer, call: model.call(of: reference, isOutput: isOutput))
            counts[place] = max(counts[place] ?? 1, reference.tensor + 1)
            if reference.tensor == 0, let shape = reference.shape { shapes[place] = shape }
        }
        for layer in model.layers {
            for reference in layer.calls.flatMap(\.references) { note(reference, isOutput: false) }
        }
        for reference in model.outputs { note(reference, isOutput: true) }
    }

    func readings(ofLayer layer: String, call: Int) -> (outputCount: Int, shape: [Int?]?) {
        let place = Place(layer: layer, call: call)
        return (counts[place] ?? 1, shapes[place])
    }
}
