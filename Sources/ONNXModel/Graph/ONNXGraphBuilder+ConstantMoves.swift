import NetGraph
import ProtobufWire

// Constants whose elements are those of other constants at other places.

extension ONNXGraphBuilder {
    /// Slice, Gather, Concat and Tile of constants of any shape; `nil` where they are no such constants, or do not fit each other.
    func moved(
        _ node: ONNXNode, _ first: ONNXConstant, _ inputs: [ONNXConstant?]
    ) throws(ONNXObstacle) -> ONNXConstant? {
        let shape = first.dimensions
        switch node.type {
        case "Concat":
            let rank = shape.count
            guard let told = integer(node, "axis"), let axis = TensorShape(shape).canonicalAxis(told), rank > 0 else {
                return nil
            }
            return try joined(inputs.compactMap(\.self), axis: axis, count: inputs.count)
        case "Gather":
            guard inputs.count == 2, let second = inputs[1],
                let axis = TensorShape(shape).canonicalAxis(integer(node, "axis") ?? 0),
                let told = try read({ () throws(WireError) in try second.integers(of: file) })
            else { return nil }
            let places = told.map { $0 < 0 ? $0 + shape[axis] : $0 }
            guard places.allSatisfy({ (0..<shape[axis]).contains($0) }) else { return nil }
            var order = shape.map { Array(0..<$0) }
            order[axis] = places
            var dimensions = shape
            dimensions.replaceSubrange(axis...axis, with: second.dimensions)
            return try picked(first, order, dimensions: dimensions)
        case "Tile":
            guard file.opset >= 6, inputs.count == 2, let repeats = try integers(node, "repeats", orInput: 1),
                repeats.count == shape.count,
                repeats.allSatisfy({ (1...ONNXConstant.largestComputedCount).contains($0) })
            else { return nil }
            guard let dimensions = products(shape, repeats) else { return nil }
            return try picked(
                first, zip(shape, dimensions).map { own, length in (0..<length).map { $0 % own } },
                dimensions: dimensions)
        default:
            guard let starts = try integers(node, "starts", orInput: 1),
                let ends = try integers(node, "ends", orInput: 2)
            else { return nil }
            let axes = try integers(node, "axes", orInput: 3) ?? Array(starts.indices)
            let steps = try integers(node, "steps", orInput: 4) ?? starts.map { _ in 1 }
            guard starts.count == ends.count, starts.count == axes.count, starts.count == steps.count else {
                return nil
            }
            var order = shape.map { Array(0..<$0) }
            for place in starts.indices {
                guard let axis = TensorShape(shape).canonicalAxis(axes[place]) else { return nil }
                let range = StridedSlice.Range(
                    axis: axis, start: starts[place], end: ends[place], step: steps[place])
                guard order[axis].count == shape[axis], steps[place] != 0, steps[place] != .min else { return nil }
                // Where nothing is left, none are taken.
                let taken = (try? range.places(length: shape[axis])) ?? (start: 0, count: 0)
                order[axis] = (0..<taken.count).map { taken.start + $0 * steps[place] }
            }
            return try picked(first, order, dimensions: order.map(\.count))
        }
    }

    /// The parts that a Split makes of a constant; `nil` where they do not fit it.
    func parts(_ node: ONNXNode) throws(ONNXObstacle) -> [ONNXConstant]? {
        guard let given = constant(node, 0), !given.isLengths, node.namedOutputs.count == node.outputs.count,
            let axis = TensorShape(given.dimensions).canonicalAxis(integer(node, "axis") ?? 0),
            given.elementCount <= ONNXConstant.largestComputedCount
        else { return nil }
        let (length, count) = (given.dimensions[axis], node.outputs.count)
        var lengths = try integers(node, "split", orInput: 1)
        if lengths == nil, count > 0, length % count == 0 { lengths = Array(repeating: length / count, count: count) }
        guard let lengths, lengths.count == count, lengths.allSatisfy({ (1...length).contains($0) }),
            lengths.reduce(0, +) == length
        else { return nil }
        var result: [ONNXConstant] = []
        var start = 0
        for part in lengths {
            var order = given.dimensions.map { Array(0..<$0) }
            order[axis] = Array(start..<start + part)
            guard let constant = try picked(given, order, dimensions: order.map(\.count)) else { return nil }
            result.append(constant)
            start += part
        }
        return result
    }

    /// Lists of whole numbers that are joined get no longer.
    private static let mostWholeNumbers = 1 << 12

    /// Constants behind one another along an axis.
    private func joined(_ parts: [ONNXConstant], axis: Int, count: Int) throws(ONNXObstacle) -> ONNXConstant? {
        guard parts.count == count, let first = parts.first else { return nil }
        var dimensions = first.dimensions
        dimensions[axis] = 0
        for part in parts {
            guard part.type == first.type, part.dimensions.count == dimensions.count,
                dimensions.indices.allSatisfy({ $0 == axis || part.dimensions[$0] == dimensions[$0] })
            else { return nil }
            dimensions[axis] += part.dimensions[axis]
            guard dimensions[axis] <= ONNXConstant.largestComputedCount else { return nil }
        }
        guard let total = TensorShape.elementCount(dimensions), total <= ONNXConstant.largestComputedCount else {
            return nil
        }
        // A list of whole numbers tells lengths, widths or places: one that is doubled without end tells nothing.
        guard dimensions.count > 1 || !first.type.isInteger || total <= Self.mostWholeNumbers else { return nil }
        let rows = dimensions[..<axis].reduce(1, *)
        let inner = dimensions[(axis + 1)...].reduce(1, *)
        if first.type.isInteger {
            var lists: [[Int]] = []
            for part in parts {
                guard let list = try read({ () throws(WireError) in try part.integers(of: file) }) else { return nil }
                lists.append(list)
            }
            let all = (0..<rows).flatMap { row in
                zip(parts, lists).flatMap { part, list in
                    let width = part.dimensions[axis] * inner
                    return list[row * width..<(row + 1) * width]
                }
            }
            return ONNXConstant(dimensions: dimensions, type: first.type, numbers: .integers(all.map(Int64.init)))
        }
        var lists: [[Double]] = []
        for part in parts {
            guard let elements = try elements(part) else { return nil }
            lists.append(elements.numbers)
        }
        let all = (0..<rows).flatMap { row in
            zip(parts, lists).flatMap { part, list in
                let width = part.dimensions[axis] * inner
                return list[row * width..<(row + 1) * width]
            }
        }
        return ONNXConstant(dimensions: dimensions, type: first.type, numbers: .doubles(all))
    }

    /// The elements at some places of each axis, in another shape.
    private func picked(
        _ constant: ONNXConstant, _ order: [[Int]], dimensions: [Int]
    ) throws(ONNXObstacle) -> ONNXConstant? {
        guard let count = TensorShape.elementCount(dimensions), count <= ONNXConstant.largestComputedCount else {
            return nil
        }
        var places = [0]
        for (axis, own) in order.enumerated() {
            let length = constant.dimensions[axis]
            places = places.flatMap { place in own.map { place * length + $0 } }
        }
        if constant.type.isInteger {
            guard let numbers = try read({ () throws(WireError) in try constant.integers(of: file) }) else {
                return nil
            }
            return ONNXConstant(
                dimensions: dimensions, type: constant.type, numbers: .integers(places.map { Int64(numbers[$0]) }))
        }
        guard let elements = try elements(constant) else { return nil }
        return ONNXConstant(
            dimensions: dimensions, type: constant.type, numbers: .doubles(places.map { elements.numbers[$0] }))
    }

    private func products(_ lengths: [Int], _ factors: [Int]) -> [Int]? {
        var result: [Int] = []
        for (length, factor) in zip(lengths, factors) {
            let (product, overflows) = length.multipliedReportingOverflow(by: factor)
            guard !overflows else { return nil }
            result.append(product)
        }
        return result
    }
}
