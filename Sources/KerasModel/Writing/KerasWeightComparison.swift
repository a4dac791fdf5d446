import Frontend
import NetGraph

/// Compares numbers that were written with those that were to be written.
enum KerasWeightComparison {
    /// How many elements at each end of a tensor are compared.
    private static let checkedElements = 4096

    /// Whether two parameters hold the same numbers at their ends, as their format holds them.
    ///
    /// - Parameter network: tells count and format of the first one.
    static func agree(
        _ parameter: ParameterID, in planned: some WeightStore, _ copy: ParameterID, in written: some WeightStore,
        of network: Network
    ) throws(ModelError) -> Bool {
        guard let count = network[parameter].elementCount else { return false }
        let length = min(count, checkedElements)
        for start in count > length ? [0, count - length] : [0] {
            let (first, second): ([Double], [Double])
            do throws(WeightError) {
                first = try slice(parameter, planned, start, length)
                second = try slice(copy, written, start, length)
            } catch {
                throw ModelError(error)
            }
            let agree = zip(first, second).allSatisfy { left, right in
                switch network[parameter].elementType {
                case .float64: left.bitPattern == right.bitPattern
                case .float32: Float(left).bitPattern == Float(right).bitPattern
                // Rounded to half precision only when it is written: 11 bits.
                case .float16: abs(left - right) <= max(abs(left) * 0x1p-11, 0x1p-25)
                }
            }
            if !agree { return false }
        }
        return true
    }

    private static func slice(
        _ parameter: ParameterID, _ store: some WeightStore, _ start: Int, _ count: Int
    ) throws(WeightError) -> [Double] {
        let buffer = UnsafeMutableBufferPointer<Double>.allocate(capacity: count)
        defer { buffer.deallocate() }
        buffer.initialize(repeating: 0)
        try store.read(parameter, from: start, into: buffer)
        return Array(buffer)
    }
}
