import NetGraph
import ProtobufWire

/// What DequantizeLinear makes of a constant: whole numbers, less a zero point, times scales.
struct ONNXDequantization: Hashable, Sendable {
    /// The node that does it.
    var node: Int
    /// In the order in which the weight is read.
    var integers: ONNXConstant
    /// Of the weight.
    var dimensions: [Int]
    /// For each axis of the weight the one of what the node reads: others where a Transpose stands between.
    var storedAxes: [Int]
    /// As many as scales.
    var zeroPoints: [Int64]
    var scales: [Double]
    var scaleType: ONNXElementType
    /// The shape of the scales.
    var scaleDimensions: [Int]
    /// The axis that the scales run along; `nil` for one scale.
    var axis: Int?
    /// The axis that they run along after a fold whose factors differ from channel to channel; `nil` where none may.
    var foldedAxis: Int?
    /// What may become of the scales.
    var factors: Parameter.Factors

    /// Reads consecutive elements, each rounded once to the type of the scales.
    func read<Element: WeightElement>(
        from start: Int, into buffer: UnsafeMutableBufferPointer<Element>, of file: ONNXFile
    ) throws(WireError) {
        guard let numbers = try integers.integers(of: file, in: start..<start + buffer.count) else {
            throw WireError(path: file.path, message: "whole numbers of a weight are not read")
        }
        let (length, step) = layout(of: axis)
        for index in buffer.indices {
            let scale = (start + index) / step % length
            var elements = ONNXElements(
                dimensions: [], type: scaleType, numbers: [Double(numbers[index] - zeroPoints[scale]) * scales[scale]])
            elements.round()
            buffer[index] = Element(elements.numbers[0])
        }
    }

    /// The same behind a Transpose of the node's output.
    ///
    /// - Parameter order: for each axis of the result the one that it was.
    func transposed(_ order: [Int], of file: ONNXFile) throws(WireError) -> ONNXDequantization? {
        guard let numbers = try integers.integers(of: file, in: 0..<integers.elementCount) else { return nil }
        let elements = ONNXElements(
            dimensions: dimensions, type: integers.type, numbers: numbers.map(Double.init)
        ).transposed(order)
        var result = self
        result.dimensions = elements.dimensions
        result.integers = ONNXConstant(
            dimensions: elements.dimensions, type: integers.type,
            numbers: .integers(elements.numbers.map { Int64($0) }))
        result.storedAxes = order.map { storedAxes[$0] }
        result.axis = axis.flatMap { order.firstIndex(of: $0) }
        result.foldedAxis = foldedAxis.flatMap { order.firstIndex(of: $0) }
        return result
    }

    /// How many scales there are along an axis, and for how many elements in a row one of them counts.
    func layout(of axis: Int?) -> (length: Int, step: Int) {
        guard let axis else { return (1, 1) }
        return (dimensions[axis], dimensions[(axis + 1)...].reduce(1, *))
    }

    /// The same with each scale multiplied.
    ///
    /// - Parameter factor: of the element with a number.
    /// - Returns: `nil` where a scale leaves the range of its type.
    func multiplied(by factor: (Int) -> Double) -> ONNXDequantization? {
        var result = self
        let isSame = axis != nil || foldedAxis == nil
        let (length, step) = layout(of: isSame ? axis : foldedAxis)
        var numbers = (0..<length).map { scales[isSame ? $0 : 0] * factor($0 * step) }
        if !isSame, Set(numbers).count == 1 {
            numbers = [numbers[0]]
        } else if !isSame {
            result.axis = foldedAxis
            result.scaleDimensions = [length]
            result.zeroPoints = [Int64](repeating: 0, count: length)
        }
        var rounded = ONNXElements(dimensions: [numbers.count], type: scaleType, numbers: numbers)
        rounded.round()
        let least = scaleType == .float16 ? 0x1p-14 : Double(Float.leastNormalMagnitude)
        let isKept = rounded.numbers.indices.allSatisfy { index in
            let number = abs(rounded.numbers[index])
            return number.isFinite && (number >= least || scales[scales.count == 1 ? 0 : index] == 0)
        }
        result.scales = rounded.numbers
        return isKept ? result : nil
    }
}

extension ONNXConstant {
    /// What it may be multiplied by as a weight.
    var factors: Parameter.Factors {
        if case .dequantized(let dequantization) = numbers { dequantization.factors } else { .any }
    }
}
