import Frontend
import NetGraph
import ProtobufWire

extension ONNXFile {
    /// Reads consecutive elements of a tensor.
    func read<Element: WeightElement>(
        _ tensor: ONNXTensor, from start: Int, into buffer: UnsafeMutableBufferPointer<Element>
    ) throws(WireError) {
        guard start >= 0, start + buffer.count <= tensor.elementCount else {
            throw error(tensor, "has no elements \(start)..<\(start + buffer.count)")
        }
        switch tensor.numbers {
        case .raw(let field):
            try readRaw(tensor.type, at: field.payload.lowerBound, of: source, from: start, into: buffer)
        case .external(let place):
            let (file, range) = try bytes(of: tensor, at: place)
            try readRaw(tensor.type, at: range.lowerBound, of: file, from: start, into: buffer)
        case .floats(let scalars):
            if let floats = buffer as? UnsafeMutableBufferPointer<Float> {
                return try scalars.read(elements: start..<start + buffer.count, of: source, into: floats)
            }
            let values = try scalars.values(start..<start + buffer.count, of: source)
            for (index, value) in values.enumerated() { buffer[index] = Element(value) }
        case .doubles(let scalars):
            let values = try scalars.values(start..<start + buffer.count, of: source)
            for (index, value) in values.enumerated() { buffer[index] = Element(value) }
        case .varints:
            let values = try varints(of: tensor)
            for index in buffer.indices {
                let value = values[start + index]
                buffer[index] =
                    tensor.type == .float16
                    ? Element(HalfPrecision.double(UInt16(truncatingIfNeeded: value))) : Element(value)
            }
        case .unread, .none:
            throw error(tensor, "is of type \(tensor.type), which is not read")
        }
    }

    /// All elements of a tensor of whole numbers; those beyond Int64 wrap.
    ///
    /// - Parameter part: which of them; `nil` for all.
    func integers(of tensor: ONNXTensor, _ part: Range<Int>? = nil) throws(WireError) -> [Int64] {
        if case .varints = tensor.numbers {
            let all = try varints(of: tensor)
            return part.map { Array(all[$0]) } ?? all
        }
        guard let size = tensor.type.byteCount, tensor.type.isInteger else {
            throw error(tensor, "is of type \(tensor.type), expected whole numbers")
        }
        let bytes: [UInt8]
        func range(_ whole: Range<Int>) -> Range<Int> {
            guard let part else { return whole }
            return whole.lowerBound + part.lowerBound * size..<whole.lowerBound + part.upperBound * size
        }
        switch tensor.numbers {
        case .raw(let field): bytes = try source.bytes(in: range(field.payload))
        case .external(let place):
            let (file, whole) = try self.bytes(of: tensor, at: place)
            bytes = try file.bytes(in: range(whole))
        default: throw error(tensor, "holds no whole numbers")
        }
        let isSigned = [.int8, .int16, .int32, .int64].contains(tensor.type)
        return stride(from: 0, to: bytes.count, by: size).map { start in
            var bits: UInt64 = 0
            for index in (0..<size).reversed() { bits = bits << 8 | UInt64(bytes[start + index]) }
            let unused = UInt64(64 - 8 * size)
            return isSigned ? Int64(bitPattern: bits << unused) >> Int64(unused) : Int64(bitPattern: bits)
        }
    }

    /// Where the numbers of a tensor lie in a file of their own.
    func bytes(
        of tensor: ONNXTensor, at place: ONNXExternalPlace
    ) throws(WireError) -> (source: FileByteSource, range: Range<Int>) {
        try external.range(
            of: place, byteCount: tensor.type.byteCount.map { $0 * tensor.elementCount }, name: tensor.name)
    }

    /// How many bytes a tensor takes in a file of its own.
    func byteCount(of tensor: ONNXTensor, at place: ONNXExternalPlace) throws(WireError) -> Int {
        try bytes(of: tensor, at: place).range.count
    }

    private func varints(of tensor: ONNXTensor) throws(WireError) -> [Int64] {
        guard case .varints(let number) = tensor.numbers else { return [] }
        let values = try tensor.message.varints(number, atMost: tensor.elementCount, in: source)
        guard values.count == tensor.elementCount else {
            throw error(tensor, "has \(tensor.elementCount) elements by its dimensions, but \(values.count) are stored")
        }
        return values.map { Int64(bitPattern: $0) }
    }

    private func readRaw<Element: WeightElement>(
        _ type: ONNXElementType, at place: Int, of file: FileByteSource, from start: Int,
        into buffer: UnsafeMutableBufferPointer<Element>
    ) throws(WireError) {
        guard let size = type.byteCount, buffer.count > 0 else { return }
        let offset = place + start * size
        if type.parameterType == Element.elementType {
            // Little-endian, as every machine that this runs on.
            return try file.read(at: offset, into: UnsafeMutableRawBufferPointer(buffer))
        }
        var done = 0
        while done < buffer.count {
            let count = min(buffer.count - done, 1 << 15)
            let first = offset + done * size
            let bytes = try file.bytes(in: first..<first + count * size)
            bytes.withUnsafeBytes { bytes in
                for index in 0..<count {
                    let position = index * size
                    switch type {
                    case .float32:
                        buffer[done + index] = Element(bytes.loadUnaligned(fromByteOffset: position, as: Float.self))
                    case .float64:
                        buffer[done + index] = Element(bytes.loadUnaligned(fromByteOffset: position, as: Double.self))
                    case .float16:
                        let bits = bytes.loadUnaligned(fromByteOffset: position, as: UInt16.self)
                        buffer[done + index] = Element(HalfPrecision.double(bits))
                    default: break
                    }
                }
            }
            done += count
        }
    }

    private func error(_ tensor: ONNXTensor, _ complaint: String) -> WireError {
        WireError(
            path: path, offset: tensor.field.range.lowerBound,
            message: "tensor '\(tensor.name.inMessages)' \(complaint)")
    }
}
