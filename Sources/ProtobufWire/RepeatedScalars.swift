/// The numbers of a repeated `float` or `double` field, readable by range without reading the others.
///
/// A file may hold them packed, one per field, or in any mixture; protobuf says that all of them concatenate, in the
/// order of the file (encoding guide, "Packed Repeated Fields").
public struct RepeatedScalars<Element: FixedWidthScalar>: Sendable, Hashable {
    public let elementCount: Int
    private let runs: [ScalarRun]

    init(_ number: Int, of message: WireMessage, in source: some ByteSource) throws(WireError) {
        let elementByteCount = MemoryLayout<Element>.size
        var runs: [ScalarRun] = []
        var elementCount = 0
        for run in message.fields.runs where run.number == number {
            guard run.wireType == Element.wireType || run.wireType == .lengthDelimited else { continue }
            let first = run.field(0)
            guard run.payloadByteCount.isMultiple(of: elementByteCount) else {
                throw WireError(
                    path: source.path, offset: first.range.lowerBound,
                    message: "packed field \(number) has \(run.payloadByteCount) bytes, "
                        + "which is no multiple of the \(elementByteCount) that one number takes")
            }
            let elementsPerField = run.payloadByteCount / elementByteCount
            guard elementsPerField > 0 else { continue }
            runs.append(
                ScalarRun(
                    firstElement: elementCount, elementCount: elementsPerField * Int(run.count),
                    elementByteCount: elementByteCount, elementsPerField: elementsPerField,
                    start: first.payload.lowerBound, fieldStride: run.stride))
            elementCount += elementsPerField * Int(run.count)
        }
        self.elementCount = elementCount
        self.runs = runs
    }

    /// Reads the numbers at some positions into a buffer of exactly that many.
    ///
    /// Throws when there are no numbers at these positions, or when the source cannot deliver them.
    public func read(
        elements: Range<Int>, of source: some ByteSource, into buffer: UnsafeMutableBufferPointer<Element>
    ) throws(WireError) {
        try requireElements(elements, of: source)
        guard buffer.count == elements.count else {
            throw WireError(
                path: source.path, offset: runs.first?.start,
                message: "\(elements.count) numbers were asked for into a buffer of \(buffer.count)")
        }
        let bytes = UnsafeMutableRawBufferPointer(buffer)
        let size = MemoryLayout<Element>.size
        var done = 0
        for run in runs[firstRun(endingAfter: elements.lowerBound)...] {
            guard done < elements.count else { break }
            let lower = elements.lowerBound + done - run.firstElement
            let upper = min(run.elementCount, elements.upperBound - run.firstElement)
            let count = upper - lower
            try run.read(
                lower..<upper, of: source,
                into: UnsafeMutableRawBufferPointer(rebasing: bytes[done * size..<(done + count) * size]))
            done += count
        }
        makeNativeByteOrder(buffer)
    }

    /// The numbers at some positions. Throws as `read` does; nothing is allocated for positions that do not exist.
    public func values(_ elements: Range<Int>, of source: some ByteSource) throws(WireError) -> [Element] {
        try requireElements(elements, of: source)
        var values = [Element](repeating: Element(bitPattern: 0), count: elements.count)
        try values.withUnsafeMutableBufferPointer { (buffer) throws(WireError) in
            try read(elements: elements, of: source, into: buffer)
        }
        return values
    }

    /// All numbers. For small fields: a tensor is better read in slices.
    public func values(of source: some ByteSource) throws(WireError) -> [Element] {
        try values(0..<elementCount, of: source)
    }

    private func requireElements(_ elements: Range<Int>, of source: some ByteSource) throws(WireError) {
        guard elements.lowerBound >= 0, elements.upperBound <= elementCount else {
            throw WireError(
                path: source.path, offset: runs.first?.start,
                message: "numbers \(elements.lowerBound)..<\(elements.upperBound) were asked for, "
                    + "but the field has \(elementCount)")
        }
    }

    private func firstRun(endingAfter element: Int) -> Int {
        var lower = 0
        var upper = runs.count
        while lower < upper {
            let middle = (lower + upper) / 2
            if runs[middle].firstElement + runs[middle].elementCount <= element {
                lower = middle + 1
            } else {
                upper = middle
            }
        }
        return lower
    }

    private func makeNativeByteOrder(_ buffer: UnsafeMutableBufferPointer<Element>) {
        #if _endian(big)
            for index in buffer.indices {
                buffer[index] = Element(bitPattern: buffer[index].bitPattern.byteSwapped)
            }
        #endif
    }
}
