import NetGraph

// Walks over several arrays of different strides at the same time.
extension KernelCall {
    /// Calls `body` for rows, runs of places along the last axis, several at a time on a thread. Axes along which all arrays go on as they do within a
    /// row make longer rows, and rows too long for one thread are cut, so that a row is no axis of the shape.
    ///
    /// - Parameters:
    ///   - shape: the lengths of the axes.
    ///   - strides: for each array the distance between neighbours along each axis; 0 where it has one place for all.
    ///   - body: receives the place in each array that the row begins at, the length of the row, and the distances along it.
    func forEachRow(
        of shape: [Int], strides: [[Int]], _ body: (_ starts: [Int], _ count: Int, _ steps: [Int]) -> Void
    ) {
        let (shape, strides) = Self.merged(shape, strides)
        let count = shape.last ?? 1
        let rowCount = shape.dropLast().reduce(1, *)
        guard count > 0, rowCount > 0 else { return }
        let steps = strides.map { $0.last ?? 0 }
        guard count > Workers.elementsPerPiece else {
            workers.forEachRange(of: rowCount, length: max(1, Workers.elementsPerPiece / count)) { rows in
                for row in rows {
                    body(Self.offsets(ofPlace: row, in: shape.dropLast(), strides: strides), count, steps)
                }
            }
            return
        }
        for row in 0..<rowCount {
            let starts = Self.offsets(ofPlace: row, in: shape.dropLast(), strides: strides)
            workers.forEachRange(of: count, length: Workers.elementsPerPiece) { range in
                body(zip(starts, steps).map { $0 + range.lowerBound * $1 }, range.count, steps)
            }
        }
    }

    /// The same places with as few axes as possible: two become one where in every array the outer one goes on where the inner one ends.
    static func merged(_ shape: [Int], _ strides: [[Int]]) -> (shape: [Int], strides: [[Int]]) {
        var lengths: [Int] = []
        var distances = strides.map { _ in [Int]() }
        for axis in shape.indices.reversed() where shape[axis] != 1 {
            if let inner = lengths.first,
                strides.indices.allSatisfy({ strides[$0][axis] == distances[$0][0] * inner })
            {
                lengths[0] *= shape[axis]
            } else {
                lengths.insert(shape[axis], at: 0)
                for array in strides.indices { distances[array].insert(strides[array][axis], at: 0) }
            }
        }
        return (lengths, distances)
    }

    /// How far the element at a place, counted in row-major order, lies from the first in each array.
    static func offsets(ofPlace place: Int, in lengths: some BidirectionalCollection<Int>, strides: [[Int]]) -> [Int] {
        var rest = place
        var offsets = [Int](repeating: 0, count: strides.count)
        for (axis, length) in zip(0..<lengths.count, lengths).reversed() {
            let index = rest % length
            rest /= length
            for array in strides.indices { offsets[array] += index * strides[array][axis] }
        }
        return offsets
    }

    /// The distance between neighbours of a parameter along each axis of an input; 0 along axes that it does not have.
    ///
    /// - Parameter axes: those that the parameter's axes are; negative ones count from the end. An axis of length 1 serves all places.
    func parameterStrides(
        _ id: ParameterID, along axes: [Int], of input: Block<Element>
    ) throws(ExecutionError) -> [Int] {
        let shape = parameters[id]?.shape ?? []
        // Axes of length 1 before those that are named, and after, change nothing.
        let lengths = parameterCount(id) == 1 ? axes.map { _ in 1 } : shape
        try require(
            lengths.count == axes.count,
            "a parameter of shape \(TensorShape.describe(shape)) has no \(axes.count) axes")
        let own = Self.strides(of: lengths)
        var strides = [Int](repeating: 0, count: input.shape.count)
        var seen: Set<Int> = []
        for (place, axis) in axes.enumerated() {
            let axis = try self.axis(axis, of: input)
            try require(
                seen.insert(axis).inserted && (lengths[place] == 1 || lengths[place] == input.shape[axis]),
                "a parameter of shape \(TensorShape.describe(shape)) does not fit its input of shape \(TensorShape.describe(input.shape))"
            )
            strides[axis] = lengths[place] == 1 ? 0 : own[place]
        }
        return strides
    }

    /// The axes that possibly negative numbers name, each once, in order.
    func axes(_ axes: [Int], of block: Block<Element>) throws(ExecutionError) -> [Int] {
        var result: Set<Int> = []
        for axis in axes { result.insert(try self.axis(axis, of: block)) }
        return result.sorted()
    }
}

/// The elements of an array along some of its axes, seen from one place of the others.
struct Fiber {
    var lengths: [Int]
    var strides: [Int]
    var count: Int { lengths.reduce(1, *) }

    init(_ axes: some Collection<Int>, of shape: [Int], strides all: [Int]) {
        lengths = axes.map { shape[$0] }
        strides = axes.map { all[$0] }
    }

    /// The same elements in as few runs as possible.
    var merged: Fiber {
        let (lengths, strides) = KernelCall<Float>.merged(lengths, [strides])
        return Fiber(lengths: lengths, strides: strides[0])
    }

    private init(lengths: [Int], strides: [Int]) {
        self.lengths = lengths
        self.strides = strides
    }

    /// Calls `body` for runs that together are all elements, in row-major order: where one begins, its length, and the distance along it.
    @inline(__always)
    func forEachRun(from start: Int, _ body: (_ start: Int, _ count: Int, _ step: Int) -> Void) {
        guard let last = lengths.last, let step = strides.last else {
            body(start, 1, 0)
            return
        }
        let rows = lengths.dropLast().reduce(1, *)
        guard last > 0 else { return }
        for row in 0..<rows {
            var rest = row
            var offset = start
            for axis in (0..<lengths.count - 1).reversed() {
                offset += rest % lengths[axis] * strides[axis]
                rest /= lengths[axis]
            }
            body(offset, last, step)
        }
    }
}
