import Frontend
import NetGraph

extension WeightDifference {
    /// Compares two files in slices.
    ///
    /// - Throws: `ModelError` when a file cannot be read.
    init(comparing first: String, with second: String) throws(ModelError) {
        self.init()
        let files = (try WeightFiles.open(first), try WeightFiles.open(second))
        let names = (try files.0.layerNames(), try files.1.layerNames())
        let known = (Set(names.0), Set(names.1))
        onlyInFirst = names.0.filter { !known.1.contains($0) }
        onlyInSecond = names.1.filter { !known.0.contains($0) }
        var unwritten: ([StoredBlob], [StoredBlob]) = ([], [])
        defer {
            unwrittenRemarks = [
                StoredBlob.unwritten(unwritten.0, in: first), StoredBlob.unwritten(unwritten.1, in: second),
            ].compactMap(\.self)
        }
        for name in names.0 where known.1.contains(name) {
            let stored = (try files.0.blobs(ofLayer: name) ?? [:], try files.1.blobs(ofLayer: name) ?? [:])
            unwritten.0 += stored.0.sorted { $0.key < $1.key }.map(\.value).filter { $0.fillValue != nil }
            unwritten.1 += stored.1.sorted { $0.key < $1.key }.map(\.value).filter { $0.fillValue != nil }
            for index in Set(stored.0.keys).union(stored.1.keys).sorted() {
                let pair = (stored.0[index], stored.1[index])
                var difference = TensorDifference(
                    layer: name, index: index, firstShape: pair.0?.shape, secondShape: pair.1?.shape)
                if let left = pair.0, let right = pair.1, left.shape == right.shape {
                    difference.numbers = try Self.compare(left, in: files.0, right, in: files.1)
                }
                tensors.append(difference)
            }
        }
    }

    private static func compare(
        _ left: StoredBlob, in first: any WeightFile, _ right: StoredBlob, in second: any WeightFile
    ) throws(ModelError) -> NumberDifference {
        // Units in the last place are those of the narrower format.
        let type = left.elementType == .float64 && right.elementType == .float64 ? ElementType.float64 : .float32
        return try NumberDifference(
            elementCount: left.shape.reduce(1, *), elementType: type,
            first: { (start, buffer) throws(ModelError) in try first.read(left, from: start, into: buffer) },
            second: { (start, buffer) throws(ModelError) in try second.read(right, from: start, into: buffer) })
    }
}
