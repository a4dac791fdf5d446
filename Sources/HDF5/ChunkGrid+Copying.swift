extension ChunkGrid {
    /// The numbers of the chunks that hold elements of a box, in ascending order.
    func chunks(touching box: Hyperslab) -> [Int] {
        var numbers = [0]
        for axis in lengths.indices {
            let first = box.start[axis] / lengths[axis]
            let last = (box.start[axis] + box.count[axis] - 1) / lengths[axis]
            numbers = numbers.flatMap { number in (first...last).map { number * counts[axis] + $0 } }
        }
        return numbers
    }

    /// Copies the elements that a chunk and a box have in common.
    ///
    /// - Parameters:
    ///   - content: the bytes of the whole chunk, elements in row-major order.
    ///   - bytes: room for the elements of the box, in row-major order.
    func copy(
        _ content: [UInt8], ofChunk number: Int, to bytes: UnsafeMutableRawBufferPointer, of box: Hyperslab,
        elementByteCount size: Int
    ) {
        let start = zip(coordinates(ofChunk: number), lengths).map { $0 * $1 }
        var common: [Range<Int>] = []
        for axis in lengths.indices {
            let lower = max(start[axis], box.start[axis])
            common.append(lower..<min(start[axis] + lengths[axis], box.start[axis] + box.count[axis]))
        }
        let chunkStrides = Hyperslab.rowMajorStrides(of: lengths)
        let boxStrides = Hyperslab.rowMajorStrides(of: box.count)
        // Runs that lie in one piece on both sides: the last axis, and those before it that are whole on both sides.
        var axis = lengths.count - 1
        var run = common[axis].count
        while axis > 0, common[axis].count == lengths[axis], common[axis].count == box.count[axis] {
            axis -= 1
            run *= common[axis].count
        }
        var position = common.map(\.lowerBound)
        content.withUnsafeBytes { content in
            while true {
                var source = 0
                var target = 0
                for index in position.indices {
                    source += (position[index] - start[index]) * chunkStrides[index]
                    target += (position[index] - box.start[index]) * boxStrides[index]
                }
                UnsafeMutableRawBufferPointer(rebasing: bytes[target * size..<(target + run) * size])
                    .copyMemory(from: UnsafeRawBufferPointer(rebasing: content[source * size..<(source + run) * size]))
                // On to the next run: like an odometer, over the axes before it.
                var outer = axis - 1
                while outer >= 0 {
                    position[outer] += 1
                    if position[outer] < common[outer].upperBound { break }
                    position[outer] = common[outer].lowerBound
                    outer -= 1
                }
                if outer < 0 { return }
            }
        }
    }
}
