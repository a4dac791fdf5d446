/// Numbers of a repeated field that lie at regular places: one field with many packed numbers, many fields with one
/// each, or many packed fields of one size.
struct ScalarRun: Sendable, Hashable {
    /// Position of the first number among all numbers of the field.
    let firstElement: Int
    let elementCount: Int
    let elementByteCount: Int
    let elementsPerField: Int
    /// Where the first number lies.
    let start: Int
    /// From the first number of a field to the first of the next field.
    let fieldStride: Int

    /// Reads a range of this run's numbers, counted from its first, as they are stored.
    ///
    /// Numbers in large pieces go straight into the destination. Scattered ones are fetched block by block, since a
    /// system call for each would cost a thousand times more.
    func read(
        _ elements: Range<Int>, of source: some ByteSource, into buffer: UnsafeMutableRawBufferPointer
    ) throws(WireError) {
        let isScattered = elementsPerField * elementByteCount < Self.smallestDirectRead
        var next = elements.lowerBound
        while next < elements.upperBound {
            let fieldsAtOnce = isScattered ? max(1, Self.blockByteCount / fieldStride) : 1
            let blockEnd = min((next / elementsPerField + fieldsAtOnce) * elementsPerField, elements.upperBound)
            let destination = UnsafeMutableRawBufferPointer(
                rebasing: buffer[byteOffset(next, from: elements)..<byteOffset(blockEnd, from: elements)])
            if next / elementsPerField == (blockEnd - 1) / elementsPerField {
                try source.read(at: location(of: next), into: destination)
            } else {
                let blockStart = location(of: next)
                let block = try source.bytes(in: blockStart..<location(of: blockEnd - 1) + elementByteCount)
                gather(next..<blockEnd, from: block, startingAt: blockStart, into: destination)
            }
            next = blockEnd
        }
    }

    /// Copies the numbers of several fields out of a block that holds them with the tags between them.
    private func gather(
        _ elements: Range<Int>, from block: [UInt8], startingAt blockStart: Int,
        into destination: UnsafeMutableRawBufferPointer
    ) {
        var next = elements.lowerBound
        while next < elements.upperBound {
            let fieldEnd = min((next / elementsPerField + 1) * elementsPerField, elements.upperBound)
            let begin = location(of: next) - blockStart
            let target = UnsafeMutableRawBufferPointer(rebasing: destination[byteOffset(next, from: elements)...])
            target.copyBytes(from: block[begin..<begin + (fieldEnd - next) * elementByteCount])
            next = fieldEnd
        }
    }

    private func location(of element: Int) -> Int {
        start + element / elementsPerField * fieldStride + element % elementsPerField * elementByteCount
    }

    private func byteOffset(_ element: Int, from elements: Range<Int>) -> Int {
        (element - elements.lowerBound) * elementByteCount
    }

    /// Where a read of its own becomes cheaper than reading what lies between and copying.
    private static let smallestDirectRead = 4 << 10
    private static let blockByteCount = 64 << 10
}
