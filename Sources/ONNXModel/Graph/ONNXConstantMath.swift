import Frontend
import NetGraph

/// Numbers and their shape, while constants are computed.
struct ONNXElements {
    var dimensions: [Int]
    var type: ONNXElementType
    var numbers: [Double]

    /// Rounds to the format of the type, as the runtime would have it.
    mutating func round() {
        switch type {
        case .float32: for index in numbers.indices { numbers[index] = Double(Float(numbers[index])) }
        case .float16:
            for index in numbers.indices { numbers[index] = HalfPrecision.double(HalfPrecision.bits(numbers[index])) }
        case .float64: break
        default: for index in numbers.indices { numbers[index] = numbers[index].rounded(.towardZero) }
        }
    }

    /// The shape of two that are combined element by element; `nil` where they do not fit.
    static func broadcastShape(_ first: [Int], _ second: [Int]) -> [Int]? {
        let rank = max(first.count, second.count)
        let left = [Int](repeating: 1, count: rank - first.count) + first
        let right = [Int](repeating: 1, count: rank - second.count) + second
        var shape: [Int] = []
        for (one, other) in zip(left, right) {
            guard one == other || one == 1 || other == 1 else { return nil }
            shape.append(one == 1 ? other : one)
        }
        return shape
    }

    /// The elements repeated along axes of length 1, up to a shape that they fit.
    func broadcast(to shape: [Int]) -> ONNXElements {
        guard dimensions != shape else { return self }
        let own = [Int](repeating: 1, count: shape.count - dimensions.count) + dimensions
        var strides = [Int](repeating: 0, count: own.count)
        var step = 1
        for axis in own.indices.reversed() {
            strides[axis] = own[axis] == 1 ? 0 : step
            step *= own[axis]
        }
        return ONNXElements(dimensions: shape, type: type, numbers: picked(shape: shape, strides: strides))
    }

    func transposed(_ order: [Int]) -> ONNXElements {
        var strides = [Int](repeating: 1, count: dimensions.count)
        for axis in dimensions.indices.dropLast().reversed() {
            strides[axis] = strides[axis + 1] * dimensions[axis + 1]
        }
        let shape = order.map { dimensions[$0] }
        return ONNXElements(
            dimensions: shape, type: type, numbers: picked(shape: shape, strides: order.map { strides[$0] }))
    }

    /// The elements of a shape, when a step along each axis is one of so many elements.
    private func picked(shape: [Int], strides: [Int]) -> [Double] {
        let count = shape.reduce(1, *)
        var result: [Double] = []
        result.reserveCapacity(count)
        var place = [Int](repeating: 0, count: shape.count)
        var offset = 0
        for _ in 0..<count {
            result.append(numbers[offset])
            var axis = shape.count - 1
            while axis >= 0 {
                place[axis] += 1
                offset += strides[axis]
                if place[axis] < shape[axis] { break }
                offset -= strides[axis] * shape[axis]
                place[axis] = 0
                axis -= 1
            }
        }
        return result
    }
}
