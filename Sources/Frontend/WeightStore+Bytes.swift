import NetGraph

extension WeightStore {
    /// Reads numbers as files hold them: little-endian, in the format of the file.
    ///
    /// - Parameters:
    ///   - start: the first element, in row-major order.
    ///   - type: the format.
    ///   - halfName: what the files in question call half precision, for messages.
    ///   - bytes: aligned for the format, and a whole number of elements long.
    /// - Throws: what reading throws, and `WeightError` of the kind `overflow` for a finite number that the format cannot hold.
    package func readBytes(
        _ parameter: ParameterID, from start: Int, as type: ElementType, halfName: String,
        into bytes: UnsafeMutableRawBufferPointer
    ) throws(WeightError) {
        switch type {
        case .float32: try read(parameter, from: start, into: bytes.bindMemory(to: Float.self))
        case .float64: try read(parameter, from: start, into: bytes.bindMemory(to: Double.self))
        case .float16:
            try readHalves(parameter, from: start, name: halfName, into: bytes.bindMemory(to: UInt16.self))
        }
        #if _endian(big)
            #error("numbers in files are little-endian, and no machine of the other kind was there to try it on")
        #endif
    }

    private func readHalves(
        _ parameter: ParameterID, from start: Int, name: String, into halves: UnsafeMutableBufferPointer<UInt16>
    ) throws(WeightError) {
        let numbers = UnsafeMutableBufferPointer<Double>.allocate(capacity: halves.count)
        numbers.initialize(repeating: 0)
        defer { numbers.deallocate() }
        try read(parameter, from: start, into: numbers)
        for index in halves.indices {
            let bits = HalfPrecision.bits(numbers[index])
            if bits & 0x7FFF == 0x7C00, numbers[index].isFinite {
                throw WeightError(kind: .overflow, message: "element \(start + index) leaves the range of \(name)")
            }
            halves[index] = bits
        }
    }
}
