import Frontend
import NetGraph

extension WeightDifference {
    /// Compares two models of Keras layer by layer, by the names of layers and by what each tensor is for. Containers and generations of Keras may differ.
    init(of first: KerasStoredModel, and second: KerasStoredModel) throws(ModelError) {
        self.init()
        let (mine, theirs) = (first.leaves, second.leaves)
        let others = Dictionary(theirs.map { ($0.path, $0.layer) }, uniquingKeysWith: { first, _ in first })
        let known = Set(mine.map(\.path))
        onlyInSecond = theirs.filter { !known.contains($0.path) }.map(\.path.description)
        for (path, layer) in mine {
            guard let twin = others[path] else {
                onlyInFirst.append(path.description)
                continue
            }
            let names = (first.names(of: layer, at: path), second.names(of: twin, at: path))
            let stored = (first.weights.tensors[path] ?? [], second.weights.tensors[path] ?? [])
            for pair in Self.pairs(names.0, names.1) {
                let tensors = (pair.first.map { stored.0[$0] }, pair.second.map { stored.1[$0] })
                var difference = TensorDifference(
                    layer: path.description, index: pair.first ?? pair.second ?? 0,
                    name: pair.first.flatMap { names.0[$0] } ?? pair.second.flatMap { names.1[$0] },
                    firstShape: tensors.0?.shape, secondShape: tensors.1?.shape)
                if let left = tensors.0, let right = tensors.1, left.shape == right.shape {
                    difference.numbers = try Self.numbers(left, of: first.weights, right, of: second.weights)
                }
                self.tensors.append(difference)
            }
        }
    }

    /// Which tensors of a layer belong together: those of one name, or of one place where not all have names of their own.
    private static func pairs(_ first: [String?], _ second: [String?]) -> [(first: Int?, second: Int?)] {
        func areDistinct(_ names: [String?]) -> Bool {
            !names.contains(nil) && Set(names).count == names.count
        }
        guard areDistinct(first), areDistinct(second) else {
            return (0..<max(first.count, second.count)).map {
                ($0 < first.count ? $0 : nil, $0 < second.count ? $0 : nil)
            }
        }
        return first.indices.map { ($0, second.firstIndex(of: first[$0])) }
            + second.indices.filter { !first.contains(second[$0]) }.map { (nil, $0) }
    }

    private static func numbers(
        _ first: KerasTensor, of one: KerasFileWeights, _ second: KerasTensor, of other: KerasFileWeights
    ) throws(ModelError) -> NumberDifference {
        func reader(_ tensor: KerasTensor, of weights: KerasFileWeights) -> NumberDifference.Reader {
            { (start, buffer) throws(ModelError) in
                do throws(WeightError) {
                    try weights.read(tensor, from: start, into: buffer)
                } catch {
                    throw ModelError(error)
                }
            }
        }
        // Units in the last place are those of the narrower format.
        let isSingle = [first, second].contains { $0.elementType == .float32 || $0.elementType == .float16 }
        return try NumberDifference(
            elementCount: first.shape.reduce(1, *), elementType: isSingle ? .float32 : .float64,
            first: reader(first, of: one), second: reader(second, of: other))
    }
}
