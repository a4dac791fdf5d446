import NetGraph

extension NumberDifference {
    /// Reads some of the numbers of a tensor, from an element on, into a buffer.
    package typealias Reader = (_ start: Int, _ buffer: UnsafeMutableBufferPointer<Double>) throws(ModelError) -> Void

    /// How many numbers are compared at a time.
    private static let sliceLength = 1 << 16

    /// Compares two tensors of as many elements slice by slice.
    ///
    /// - Parameter elementType: units in the last place are those of this format, the narrower one of both.
    package init(
        elementCount: Int, elementType: ElementType, first: Reader, second: Reader
    ) throws(ModelError) {
        self.init(elementCount: elementCount, elementType: elementType)
        let capacity = min(max(elementCount, 1), Self.sliceLength)
        let buffers = UnsafeMutableBufferPointer<Double>.allocate(capacity: 2 * capacity)
        buffers.initialize(repeating: 0)
        defer { buffers.deallocate() }
        var start = 0
        while start < elementCount {
            let length = min(capacity, elementCount - start)
            let left = UnsafeMutableBufferPointer(rebasing: buffers[..<length])
            let right = UnsafeMutableBufferPointer(rebasing: buffers[capacity..<capacity + length])
            try first(start, left)
            try second(start, right)
            for index in 0..<length { add(left[index], right[index], at: start + index) }
            start += length
        }
    }
}
