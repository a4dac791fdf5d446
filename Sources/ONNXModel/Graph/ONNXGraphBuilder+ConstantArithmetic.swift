import NetGraph
import ProtobufWire

// Constants that are computed from the numbers of others.

extension ONNXGraphBuilder {
    /// Functions element by element, reductions, products of matrices; `nil` for all that is not computed beforehand.
    func arithmetic(
        _ node: ONNXNode, _ first: ONNXConstant, _ inputs: [ONNXConstant?]
    ) throws(ONNXObstacle) -> ONNXConstant? {
        let isFloat = first.type.parameterType != nil
        let one = ConstantFunctions.ofAnyOne[node.type] ?? (isFloat ? ConstantFunctions.ofOne[node.type] : nil)
        if let one {
            guard inputs.count == 1, var result = try exact(first) else { return nil }
            result.numbers = result.numbers.map(one)
            return constant(result, as: first.type)
        }
        if let function = ConstantFunctions.reductions[node.type] { return try reduced(node, first, function) }
        switch node.type {
        case "Not":
            guard first.type == .boolean, var result = try exact(first) else { return nil }
            result.numbers = result.numbers.map { $0 == 0 ? 1 : 0 }
            return constant(result, as: .boolean)
        case "Size":
            return ONNXConstant(dimensions: [], type: .int64, numbers: .integers([Int64(first.elementCount)]))
        case "Range": return try range(first, inputs)
        case "Where": return try chosen(first, inputs)
        case "MatMul": return try product(first, inputs)
        case "Clip": return try clipped(node, first)
        default: return try combined(node, first, inputs)
        }
    }

    /// The numbers of a constant; `nil` also for whole numbers that a Double does not hold exactly.
    private func exact(_ constant: ONNXConstant) throws(ONNXObstacle) -> ONNXElements? {
        guard constant.type.parameterType != nil || constant.type.isInteger, let elements = try elements(constant)
        else { return nil }
        guard constant.type.isInteger else { return elements }
        return elements.numbers.allSatisfy { abs($0) < 0x1p53 } ? elements : nil
    }

    /// Two or more constants, element by element.
    private func combined(
        _ node: ONNXNode, _ first: ONNXConstant, _ inputs: [ONNXConstant?]
    ) throws(ONNXObstacle) -> ONNXConstant? {
        let comparison = ConstantFunctions.comparisons[node.type]
        let likeC = integer(node, "fmod") ?? 0 != 0
        var function = ConstantFunctions.ofTwo[node.type]
        switch node.type {
        case "Pow": function = { ConstantFunctions.power($0, $1) }
        case "Mod": function = { ConstantFunctions.remainder($0, $1, likeC: likeC) }
        default: break
        }
        let isVariadic = ["Max", "Min", "Sum"].contains(node.type)
        guard function != nil || comparison != nil, isVariadic ? !inputs.isEmpty : inputs.count == 2,
            var result = try exact(first)
        else { return nil }
        for other in inputs.dropFirst() {
            guard let other, other.type == first.type || node.type == "Pow", let second = try exact(other),
                // Before version 7 an attribute said how to align, so only what needs no alignment is computed.
                file.opset >= 7 || first.dimensions == other.dimensions || other.elementCount == 1,
                let shape = ONNXElements.broadcastShape(result.dimensions, second.dimensions),
                TensorShape.elementCount(shape).map({ $0 > 0 && $0 <= ONNXConstant.largestComputedCount }) ?? false
            else { return nil }
            let (left, right) = (result.broadcast(to: shape), second.broadcast(to: shape))
            if first.type.isInteger, ["Div", "Mod"].contains(node.type), right.numbers.contains(0) { return nil }
            result = left
            for index in result.numbers.indices {
                let (one, other) = (left.numbers[index], right.numbers[index])
                if let function {
                    result.numbers[index] = function(one, other)
                } else if let comparison {
                    result.numbers[index] = comparison(one, other) ? 1 : 0
                }
            }
        }
        return constant(result, as: comparison == nil ? first.type : .boolean)
    }

    /// One number for all that lie along some axes.
    private func reduced(
        _ node: ONNXNode, _ first: ONNXConstant, _ function: ([Double]) -> Double
    ) throws(ONNXObstacle) -> ONNXConstant? {
        guard let elements = try exact(first), first.elementCount > 0 else { return nil }
        let shape = TensorShape(first.dimensions)
        let told = try integers(node, "axes", orInput: 1) ?? []
        if told.isEmpty, integer(node, "noop_with_empty_axes") ?? 0 != 0 { return first }
        let axes = told.compactMap { shape.canonicalAxis($0) }
        guard axes.count == told.count else { return nil }
        let gone = Set(told.isEmpty ? Array(shape.dimensions.indices) : axes)
        let kept = shape.dimensions.indices.filter { !gone.contains($0) }
        let turned = elements.transposed(kept + gone.sorted())
        let count = gone.reduce(1) { $0 * first.dimensions[$1] }
        let numbers = stride(from: 0, to: turned.numbers.count, by: count).map {
            function(Array(turned.numbers[$0..<$0 + count]))
        }
        let keepsAxes = integer(node, "keepdims") ?? 1 != 0
        let dimensions =
            keepsAxes
            ? first.dimensions.indices.map { gone.contains($0) ? 1 : first.dimensions[$0] }
            : kept.map { first.dimensions[$0] }
        return constant(ONNXElements(dimensions: dimensions, type: first.type, numbers: numbers), as: first.type)
    }

    /// Numbers from one up to another, which is not reached, in equal steps.
    private func range(_ first: ONNXConstant, _ inputs: [ONNXConstant?]) throws(ONNXObstacle) -> ONNXConstant? {
        var numbers: [Double] = []
        for input in inputs {
            guard let input, input.type == first.type, let elements = try exact(input), elements.numbers.count == 1
            else { return nil }
            numbers.append(elements.numbers[0])
        }
        guard numbers.count == 3, numbers[2] != 0 else { return nil }
        let count = ((numbers[1] - numbers[0]) / numbers[2]).rounded(.up)
        guard count >= 1, count <= Double(ONNXConstant.largestComputedCount) else { return nil }
        let result = (0..<Int(count)).map { numbers[0] + Double($0) * numbers[2] }
        return constant(ONNXElements(dimensions: [result.count], type: first.type, numbers: result), as: first.type)
    }

    /// The second input where the first is true, elsewhere the third.
    private func chosen(_ first: ONNXConstant, _ inputs: [ONNXConstant?]) throws(ONNXObstacle) -> ONNXConstant? {
        guard inputs.count == 3, let second = inputs[1], let third = inputs[2], first.type == .boolean,
            second.type == third.type, let condition = try exact(first), let one = try exact(second),
            let other = try exact(third),
            let two = ONNXElements.broadcastShape(one.dimensions, other.dimensions),
            let shape = ONNXElements.broadcastShape(condition.dimensions, two),
            TensorShape.elementCount(shape).map({ $0 > 0 && $0 <= ONNXConstant.largestComputedCount }) ?? false
        else { return nil }
        let (left, right) = (one.broadcast(to: shape), other.broadcast(to: shape))
        var result = condition.broadcast(to: shape)
        for index in result.numbers.indices {
            result.numbers[index] = result.numbers[index] != 0 ? left.numbers[index] : right.numbers[index]
        }
        return constant(result, as: second.type)
    }

    /// Of two matrices, or of a matrix and a vector.
    private func product(_ first: ONNXConstant, _ inputs: [ONNXConstant?]) throws(ONNXObstacle) -> ONNXConstant? {
        guard inputs.count == 2, let second = inputs[1], first.type == second.type, first.type.parameterType != nil,
            (1...2).contains(first.dimensions.count), (1...2).contains(second.dimensions.count)
        else { return nil }
        let rows = first.dimensions.count == 2 ? first.dimensions[0] : 1
        let columns = second.dimensions.count == 2 ? second.dimensions[1] : 1
        let inner = second.dimensions[0]
        guard first.dimensions.last == inner, inner > 0,
            TensorShape.elementCount([rows, columns, inner]).map({ $0 <= ONNXConstant.largestComputedCount }) ?? false,
            let left = try elements(first), let right = try elements(second)
        else { return nil }
        var numbers = [Double](repeating: 0, count: rows * columns)
        for row in 0..<rows {
            for place in 0..<inner {
                let factor = left.numbers[row * inner + place]
                for column in 0..<columns {
                    numbers[row * columns + column] += factor * right.numbers[place * columns + column]
                }
            }
        }
        let dimensions = (first.dimensions.count == 2 ? [rows] : []) + (second.dimensions.count == 2 ? [columns] : [])
        return constant(ONNXElements(dimensions: dimensions, type: first.type, numbers: numbers), as: first.type)
    }

    /// Bounds are attributes before version 11 and inputs since.
    private func clipped(_ node: ONNXNode, _ first: ONNXConstant) throws(ONNXObstacle) -> ONNXConstant? {
        guard var result = try exact(first) else { return nil }
        func bound(_ name: String, input: Int) throws(ONNXObstacle) -> Double? {
            if let number = number(node, name) { return number }
            guard let constant = constant(node, input) else { return nil }
            guard constant.elementCount == 1, let number = try exact(constant)?.numbers.first else {
                throw .opaque("its bounds are not read")
            }
            return number
        }
        let least = try bound("min", input: 1) ?? -.infinity
        let greatest = try bound("max", input: 2) ?? .infinity
        result.numbers = result.numbers.map { min(max($0, least), greatest) }
        return constant(result, as: first.type)
    }
}
