/// Reads samples of an array, block by block, into the order in which they are handed out.
///
/// All products of extents fit, since the header was compared with the size of the content.
struct SampleReader {
    let content: ArrayContent
    let type: ElementType
    /// Where the numbers begin.
    let numbersStart: Int
    let sampleCount: Int
    let sampleShape: [Int]

    private static let blockByteCount = 1 << 20

    /// Reads numbers that lie in the file as they are wanted.
    func readCOrder(from first: Int, into numbers: UnsafeMutableBufferPointer<Double>) throws(NumPyError) {
        let blockSize = Self.blockByteCount / type.byteCount
        let block = UnsafeMutableRawBufferPointer.allocate(
            byteCount: min(blockSize, numbers.count) * type.byteCount, alignment: 16)
        defer { block.deallocate() }
        var done = 0
        while done < numbers.count {
            let piece = UnsafeMutableBufferPointer(rebasing: numbers[done...].prefix(blockSize))
            try read(from: first + done, into: piece, through: block)
            done += piece.count
        }
    }

    /// Reads numbers of an array whose first index varies fastest.
    ///
    /// The file then holds, for each place in a sample, a column of that number in all samples. As many columns as fit
    /// into a block are read at once, from the first sample of the first to the last sample of the last.
    func readFortranOrder(
        _ samples: Range<Int>, into numbers: UnsafeMutableBufferPointer<Double>
    ) throws(NumPyError) {
        let sampleSize = numbers.count / samples.count
        let columnsAtOnce = min(sampleSize, max(1, Self.blockByteCount / type.byteCount / sampleCount))
        let span = (columnsAtOnce - 1) * sampleCount + samples.count
        let block = UnsafeMutableRawBufferPointer.allocate(byteCount: span * type.byteCount, alignment: 16)
        let columns = UnsafeMutableBufferPointer<Double>.allocate(capacity: span)
        defer {
            block.deallocate()
            columns.deallocate()
        }
        var place = PlaceInSample(shape: sampleShape)
        for firstColumn in stride(from: 0, to: sampleSize, by: columnsAtOnce) {
            let columnCount = min(columnsAtOnce, sampleSize - firstColumn)
            let piece = UnsafeMutableBufferPointer(
                rebasing: columns.prefix((columnCount - 1) * sampleCount + samples.count))
            try read(from: firstColumn * sampleCount + samples.lowerBound, into: piece, through: block)
            for column in 0..<columnCount {
                for sample in 0..<samples.count {
                    numbers[sample * sampleSize + place.index] = piece[column * sampleCount + sample]
                }
                place.advance()
            }
        }
    }

    /// Reads consecutive numbers of the file, from the one with index `first` on.
    private func read(
        from first: Int, into numbers: UnsafeMutableBufferPointer<Double>, through block: UnsafeMutableRawBufferPointer
    ) throws(NumPyError) {
        let bytes = UnsafeMutableRawBufferPointer(rebasing: block.prefix(numbers.count * type.byteCount))
        try content.read(at: numbersStart + first * type.byteCount, into: bytes)
        type.convert(UnsafeRawBufferPointer(bytes), to: numbers)
    }
}

/// Walks through the places of a sample with the first index varying fastest.
private struct PlaceInSample {
    /// The place counted with the last index varying fastest.
    private(set) var index = 0
    private var coordinates: [Int]
    private let shape: [Int]
    private let steps: [Int]

    init(shape: [Int]) {
        self.shape = shape
        coordinates = Array(repeating: 0, count: shape.count)
        var steps: [Int] = []
        var step = 1
        for extent in shape.reversed() {
            steps.append(step)
            step *= extent
        }
        self.steps = steps.reversed()
    }

    /// Goes to the next place; after the last one, to the first.
    mutating func advance() {
        for axis in shape.indices {
            coordinates[axis] += 1
            index += steps[axis]
            guard coordinates[axis] == shape[axis] else { return }
            index -= steps[axis] * shape[axis]
            coordinates[axis] = 0
        }
    }
}
