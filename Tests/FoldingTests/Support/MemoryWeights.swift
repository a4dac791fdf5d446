import NetGraph

/// Parameters in memory, as doubles: a float32 parameter holds numbers that a Float can hold.
struct MemoryWeights: WeightStore {
    var tensors: [ParameterID: [Double]] = [:]

    func read<Element: WeightElement>(
        _ parameter: ParameterID, from start: Int, into buffer: UnsafeMutableBufferPointer<Element>
    ) throws(WeightError) {
        guard let tensor = tensors[parameter], start >= 0, start + buffer.count <= tensor.count else {
            throw WeightError(kind: .malformed, message: "parameter \(parameter.index) has no such elements")
        }
        for index in buffer.indices { buffer[index] = Element(tensor[start + index]) }
    }
}

extension WeightStore {
    /// Consecutive elements of a parameter.
    func slice<Element: WeightElement>(
        _ parameter: ParameterID, _ range: Range<Int>, as type: Element.Type
    ) throws(WeightError) -> [Element] {
        let buffer = UnsafeMutableBufferPointer<Element>.allocate(capacity: range.count)
        defer { buffer.deallocate() }
        buffer.initialize(repeating: 0)
        try read(parameter, from: range.lowerBound, into: buffer)
        return Array(buffer)
    }

    /// All elements of a parameter, read as `Float` (as `Double` where it is float64) and then widened: what a file would hold.
    func stored(_ parameter: ParameterID, of network: Network) throws(WeightError) -> [Double] {
        let count = network[parameter].elementCount ?? 0
        switch network[parameter].elementType {
        case .float16, .float32: return try slice(parameter, 0..<count, as: Float.self).map(Double.init)
        case .float64: return try slice(parameter, 0..<count, as: Double.self)
        }
    }
}
