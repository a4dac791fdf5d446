import Frontend
import NetGraph

/// Compares numbers that were written with those that were to be written.
enum WeightComparison {
    /// How many elements at each end of a tensor are compared.
    private static let checkedElements = 4096

    /// Whether two parameters hold the same bits at their ends.
    ///
    /// - Parameter network: tells count and format of the first one.
    static func agree(
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
                    let numbers = try slice(parameter, planned, start, length, as: Double.self)
                    isEqual =
                        numbers.map(HalfPrecision.bits)
                        == (try slice(copy, written, start, length, as: Double.self)).map(HalfPrecision.bits)
                case .float32:
                    isEqual =
                        try slice(parameter, planned, start, length, as: Float.self).map(\.bitPattern)
                        == slice(copy, written, start, length, as: Float.self).map(\.bitPattern)
                case .float64:
                    isEqual =
                        try slice(parameter, planned, start, length, as: Double.self).map(\.bitPattern)
                        == slice(copy, written, start, length, as: Double.self).map(\.bitPattern)
                }
            } catch {
                throw ModelError(error)
            }
            if !isEqual { return false }
        }
        return true
    }

    private static func slice<Element: WeightElement>(
        _ parameter: ParameterID, _ store: some WeightStore, _ start: Int, _ count: Int, as type: Element.Type
    ) throws(WeightError) -> [Element] {
        let buffer = UnsafeMutableBufferPointer<Element>.allocate(capacity: count)
        defer { buffer.deallocate() }
        buffer.initialize(repeating: 0)
        try store.read(parameter, from: start, into: buffer)
        return Array(buffer)
    }
}
