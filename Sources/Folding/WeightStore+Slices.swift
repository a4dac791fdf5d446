import NetGraph

extension WeightStore {
    /// Reads a tensor from its beginning to its end, through 256 KiB of memory, which stay in the nearest caches.
    func forEachSlice<Element: WeightElement>(
        of parameter: ParameterID, elementCount: Int,
        _ body: (UnsafeMutableBufferPointer<Element>, _ start: Int) throws(WeightError) -> Void
    ) throws(WeightError) {
        let capacity = min(max(elementCount, 1), (1 << 18) / MemoryLayout<Element>.stride)
        let buffer = UnsafeMutableBufferPointer<Element>.allocate(capacity: capacity)
        buffer.initialize(repeating: 0)
        defer { buffer.deallocate() }
        var start = 0
        while start < elementCount {
            let slice = UnsafeMutableBufferPointer(rebasing: buffer[..<min(buffer.count, elementCount - start)])
            try read(parameter, from: start, into: slice)
            try body(slice, start)
            start += slice.count
        }
    }

    /// Refuses numbers that are not finite.
    ///
    /// - Parameters:
    ///   - slice: what was read of the parameter, from `start` on.
    ///   - network: names the parameter.
    func requireFinite<Element: WeightElement>(
        _ slice: UnsafeMutableBufferPointer<Element>, of parameter: ParameterID, from start: Int, network: Network
    ) throws(WeightError) {
        guard let index = slice.firstNotFinite else { return }
        let place = location(of: parameter).map { "\($0) (\(network[parameter].name))" }
        throw WeightError(
            kind: .malformed,
            message:
                "\(place ?? network[parameter].name) holds \(slice[index]) at element \(start + index), where a finite number is needed; the training run diverged or the file is damaged: take an earlier snapshot"
        )
    }
}

extension UnsafeMutableBufferPointer where Element: WeightElement {
    /// Where the first number is that is not finite; `nil` where all are.
    var firstNotFinite: Int? { Element.areFinite(self) ? nil : firstIndex { !$0.isFinite } }
}
