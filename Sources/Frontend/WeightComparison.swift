import NetGraph

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Compares numbers that were written with those that were to be written.
package enum WeightComparison {
    /// How many elements at each end of a tensor are compared.
    private static let checkedElements = 4096

    /// Whether two parameters hold the same bits at their ends.
    ///
    /// - Parameter network: tells count and format of the first one.
    package static func agree(
        _ parameter: ParameterID, in planned: some WeightStore, _ copy: ParameterID, in written: some WeightStore,
        of network: Network
    ) throws(ModelError) -> Bool {
        guard let count = network[parameter].elementCount else { return false }
        let length = min(count, checkedElements)
        for start in count > length ? [0, count - length] : [0] {
            let isEqual: Bool
            do throws(WeightError) {
                switch network[parameter].elementType {
                case .float16:
                    // The planned numbers are rounded to half precision only when they are written.
                    isEqual = try slices(parameter, planned, copy, written, start, length, as: Double.self) {
                        $0.elementsEqual($1) { HalfPrecision.bits($0) == HalfPrecision.bits($1) }
                    }
                case .float32:
                    isEqual = try slices(
                        parameter, planned, copy, written, start, length, as: Float.self, areAlike: sameBits)
                case .float64:
                    isEqual = try slices(
                        parameter, planned, copy, written, start, length, as: Double.self, areAlike: sameBits)
                }
            } catch {
                throw ModelError(error)
            }
            if !isEqual { return false }
        }
        return true
    }

    private static func sameBits<Element: WeightElement>(
        _ first: UnsafeMutableBufferPointer<Element>, _ second: UnsafeMutableBufferPointer<Element>
    ) -> Bool {
        let (first, second) = (UnsafeRawBufferPointer(first), UnsafeRawBufferPointer(second))
        guard first.count == second.count, let start = first.baseAddress, let other = second.baseAddress else {
            return first.isEmpty && second.isEmpty
        }
        return memcmp(start, other, first.count) == 0
    }

    /// Whether slices of two parameters are alike.
    private static func slices<Element: WeightElement>(
        _ first: ParameterID, _ firstStore: some WeightStore, _ second: ParameterID, _ secondStore: some WeightStore,
        _ start: Int, _ count: Int, as type: Element.Type,
        areAlike: (UnsafeMutableBufferPointer<Element>, UnsafeMutableBufferPointer<Element>) -> Bool
    ) throws(WeightError) -> Bool {
        // All of it is cleared at once, which a generic loop over the elements is slow at.
        let bytes = UnsafeMutableRawBufferPointer.allocate(
            byteCount: 2 * count * MemoryLayout<Element>.stride, alignment: MemoryLayout<Element>.alignment)
        defer { bytes.deallocate() }
        bytes.initializeMemory(as: UInt8.self, repeating: 0)
        let buffer = bytes.bindMemory(to: Element.self)
        let halves = (
            UnsafeMutableBufferPointer(rebasing: buffer[..<count]),
            UnsafeMutableBufferPointer(rebasing: buffer[count...])
        )
        try firstStore.read(first, from: start, into: halves.0)
        try secondStore.read(second, from: start, into: halves.1)
        return areAlike(halves.0, halves.1)
    }
}
