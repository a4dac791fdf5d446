import NetGraph

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
                    isEqual = try slices(parameter, planned, copy, written, start, length, as: Float.self) {
                        $0.elementsEqual($1) { $0.bitPattern == $1.bitPattern }
                    }
                case .float64:
                    isEqual = try slices(parameter, planned, copy, written, start, length, as: Double.self) {
                        $0.elementsEqual($1) { $0.bitPattern == $1.bitPattern }
                    }
                }
            } catch {
                throw ModelError(error)
            }
            if !isEqual { return false }
        }
        return true
    }

    /// Whether slices of two parameters are alike.
    private static func slices<Element: WeightElement>(
        _ first: ParameterID, _ firstStore: some WeightStore, _ second: ParameterID, _ secondStore: some WeightStore,
        _ start: Int, _ count: Int, as type: Element.Type,
        areAlike: (UnsafeMutableBufferPointer<Element>, UnsafeMutableBufferPointer<Element>) -> Bool
    ) throws(WeightError) -> Bool {
        let buffer = UnsafeMutableBufferPointer<Element>.allocate(capacity: 2 * count)
        defer { buffer.deallocate() }
        buffer.initialize(repeating: 0)
        let halves = (
            UnsafeMutableBufferPointer(rebasing: buffer[..<count]),
            UnsafeMutableBufferPointer(rebasing: buffer[count...])
        )
        try firstStore.read(first, from: start, into: halves.0)
        try secondStore.read(second, from: start, into: halves.1)
        return areAlike(halves.0, halves.1)
    }
}
