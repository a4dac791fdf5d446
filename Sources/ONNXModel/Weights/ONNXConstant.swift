import Files
import Frontend
import NetGraph
import ProtobufWire

/// A value that is known before the model runs: a tensor of the file, or what was made of such.
struct ONNXConstant: Hashable, Sendable {
    enum Numbers: Hashable, Sendable {
        /// The elements of a tensor of the file, in its order.
        case tensor(ONNXTensor)
        case doubles([Double])
        case integers([Int64])
        case filled(Double)
        /// Lengths of axes, of which some are known only when the model runs.
        case lengths([Length])
        /// Whole numbers and scales.
        indirect case dequantized(ONNXDequantization)
    }

    /// The length of an axis.
    enum Length: Hashable, Sendable {
        case known(Int)
        /// That of an axis of a value.
        case axis(Int, of: String)
    }

    var dimensions: [Int]
    var type: ONNXElementType
    var numbers: Numbers
    /// What the elements are multiplied by when they are read (Gemm's alpha and beta).
    var factor = 1.0

    /// Beyond all limits where it is more than can be counted.
    var elementCount: Int { TensorShape.elementCount(dimensions) ?? .max }

    /// Whether its numbers are stored in half precision, and were cast to a wider format.
    var isWidenedHalf: Bool {
        guard case .tensor(let tensor) = numbers, factor == 1 else { return false }
        return tensor.type == .float16 && type.isWiderThanHalf
    }

    /// Whether the file has each of its numbers, or others that they are made of.
    var isStored: Bool {
        switch numbers {
        case .tensor, .doubles: true
        default: false
        }
    }

    /// Whether some of its numbers are known only when the model runs.
    var isLengths: Bool { if case .lengths = numbers { true } else { false } }

    /// Its numbers as lengths of axes.
    func lengths(of file: ONNXFile) throws(WireError) -> [Length]? {
        if case .lengths(let lengths) = numbers { return lengths }
        return try integers(of: file)?.map { .known($0) }
    }

    /// Constants with more elements are not computed with.
    static let largestComputedCount = 1 << 24

    init(dimensions: [Int], type: ONNXElementType, numbers: Numbers, factor: Double = 1) {
        self.dimensions = dimensions
        self.type = type
        self.numbers = numbers
        self.factor = factor
    }

    init(_ tensor: ONNXTensor) {
        self.init(dimensions: tensor.dimensions, type: tensor.type, numbers: .tensor(tensor))
    }

    /// The same elements in another shape.
    func reshaped(_ dimensions: [Int]) -> ONNXConstant {
        ONNXConstant(dimensions: dimensions, type: type, numbers: numbers, factor: factor)
    }

    /// Reads consecutive elements of a constant of floating point.
    func read<Element: WeightElement>(
        from start: Int, into buffer: UnsafeMutableBufferPointer<Element>, of file: ONNXFile
    ) throws(WireError) {
        switch numbers {
        case .tensor(let tensor): try file.read(tensor, from: start, into: buffer)
        case .doubles(let numbers):
            for index in buffer.indices { buffer[index] = Element(numbers[start + index]) }
        case .integers(let numbers):
            for index in buffer.indices { buffer[index] = Element(numbers[start + index]) }
        case .filled(let number):
            for index in buffer.indices { buffer[index] = Element(number) }
        case .dequantized(let dequantization): try dequantization.read(from: start, into: buffer, of: file)
        case .lengths: throw WireError(path: file.path, message: "lengths of axes are read that are not known")
        }
        if factor != 1 { for index in buffer.indices { buffer[index] = Element(Double(buffer[index]) * factor) } }
    }

    /// Consecutive elements of whole numbers; `nil` where they are none.
    func integers(of file: ONNXFile, in part: Range<Int>) throws(WireError) -> [Int64]? {
        switch numbers {
        case .integers(let numbers): return Array(numbers[part])
        case .tensor(let tensor) where tensor.type.isInteger: return try file.integers(of: tensor, part)
        case .filled(let number) where type.isInteger:
            return Int64(exactly: number).map { [Int64](repeating: $0, count: part.count) }
        default: return nil
        }
    }

    /// All elements; `nil` when they are too many, or of a type that is not read.
    func doubles(of file: ONNXFile) throws(WireError) -> [Double]? {
        guard elementCount <= Self.largestComputedCount, !isLengths else { return nil }
        switch numbers {
        case .doubles(let numbers) where factor == 1: return numbers
        case .integers(let numbers): return numbers.map(Double.init)
        case .tensor(let tensor) where tensor.type.isInteger:
            return try file.integers(of: tensor).map(Double.init)
        default: break
        }
        guard type.parameterType != nil || type.isInteger else { return nil }
        let buffer = UnsafeMutableBufferPointer<Double>.allocate(capacity: elementCount)
        buffer.initialize(repeating: 0)
        defer { buffer.deallocate() }
        try read(from: 0, into: buffer, of: file)
        return Array(buffer)
    }

    /// All elements of whole numbers; `nil` when they are too many or no whole numbers.
    func integers(of file: ONNXFile) throws(WireError) -> [Int]? {
        guard elementCount <= Self.largestComputedCount else { return nil }
        switch numbers {
        case .integers(let numbers): return numbers.map { Int($0) }
        case .tensor(let tensor) where tensor.type.isInteger: return try file.integers(of: tensor).map { Int($0) }
        case .filled(let number) where type.isInteger:
            return [Int](repeating: Int(exactly: number) ?? 0, count: elementCount)
        case .doubles(let numbers) where type.isInteger: return numbers.map { Int(exactly: $0) ?? 0 }
        default: return nil
        }
    }
}

extension ModelError {
    init(_ error: WireError) {
        guard let code = error.systemError else {
            self.init(.malformed, "\(error)")
            return
        }
        self.init(SystemError(code: code).isAboutTheFile ? .unreadable : .inputOutput, "\(error)")
    }
}

/// Runs a step on the wire; its error becomes one of a model.
func onWire<Result>(_ step: () throws(WireError) -> Result) throws(ModelError) -> Result {
    do throws(WireError) {
        return try step()
    } catch {
        throw ModelError(error)
    }
}
