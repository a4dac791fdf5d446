import Frontend
import NetGraph

/// Compares numbers that were written with those that were to be written.
enum ONNXWeightComparison {
    /// How many elements at each end of a tensor are compared.
    private static let checkedElements = 4096

    /// Whether two parameters hold the same numbers at their ends, in the format of the first.
    static func agree(
        _ parameter: ParameterID, in planned: some WeightStore, _ copy: ParameterID, in written: some WeightStore,
        of network: Network
    ) throws(ModelError) -> Bool {
        guard let count = network[parameter].elementCount else { return false }
        let length = min(count, checkedElements)
        for start in count > length ? [0, count - length] : [0] {
            do throws(WeightError) {
                let one = try slice(parameter, planned, start, length)
                let other = try slice(copy, written, start, length)
                let areEqual =
                    switch network[parameter].elementType {
                    case .float16: one.map(HalfPrecision.bits) == other.map(HalfPrecision.bits)
                    case .float32: one.map { Float($0).bitPattern } == other.map { Float($0).bitPattern }
                    case .float64: one.map(\.bitPattern) == other.map(\.bitPattern)
                    }
                if !areEqual { return false }
            } catch {
                throw ModelError(error)
            }
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
