/// A box of an N-dimensional dataset: libhdf5 selects boxes, while weights are read and written as runs of elements.
struct Hyperslab: Equatable {
    var start: [Int]
    var count: [Int]

    var elementCount: Int { count.reduce(1, *) }

    /// Boxes that cover a run of elements in row-major order, one after the other; at most 2N - 1 of them.
    ///
    /// - Precondition: the range lies within the shape, whose product does not overflow.
    static func covering(_ elements: Range<Int>, of shape: [Int]) -> [Hyperslab] {
        let strides = rowMajorStrides(of: shape)
        var boxes: [Hyperslab] = []
        var position = elements.lowerBound
        while position < elements.upperBound {
            let remaining = elements.upperBound - position
            // The first axis on which at least one whole row begins here and fits into what is left.
            guard let axis = strides.firstIndex(where: { position % $0 == 0 && $0 <= remaining }) else { break }
            let start = zip(shape, strides).map { length, stride in position / stride % length }
            var count = shape
            for outer in 0..<axis { count[outer] = 1 }
            count[axis] = min(shape[axis] - start[axis], remaining / strides[axis])
            boxes.append(Hyperslab(start: start, count: count))
            position += count[axis] * strides[axis]
        }
        return boxes
    }

    /// How many elements lie between neighbours of each axis, the last axis changing fastest.
    static func rowMajorStrides(of shape: [Int]) -> [Int] {
        var strides = [Int](repeating: 1, count: shape.count)
        for axis in shape.indices.dropLast().reversed() {
            strides[axis] = strides[axis + 1] * shape[axis + 1]
        }
        return strides
    }
}
