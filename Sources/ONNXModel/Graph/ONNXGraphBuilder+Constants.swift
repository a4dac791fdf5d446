import NetGraph
import ProtobufWire

// Nodes whose outputs are known before the model runs.

extension ONNXGraphBuilder {
    /// Computes the outputs of a node from constants, and lengths from shapes.
    ///
    /// - Returns: whether it could; otherwise the node is to become a layer.
    mutating func evaluate(_ node: ONNXNode) throws(ONNXObstacle) -> Bool {
        guard node.domain.isEmpty, node.namesReadInside.isEmpty, !file.redefinedOperators.contains(node.type) else {
            return false
        }
        if node.type == "Split", let parts = try parts(node) {
            for (name, part) in zip(node.outputs, parts) {
                try spend(part.elementCount)
                constants[name] = part
            }
            return true
        }
        guard node.outputs.count == 1, let output = node.namedOutputs.first else { return false }
        let result: ONNXConstant?
        switch node.type {
        case "Constant": result = Self.constant(node)
        case "Shape": result = try shapeConstant(node)
        case "DequantizeLinear": result = try dequantized(node)
        case "CastLike" where constant(node, 0) != nil:
            // Of the second input only the type counts.
            let type = type(node, 1)
            guard type != .unknown, let first = constant(node, 0) else { return false }
            result = try cast(first, to: type)
        default:
            guard !node.inputs.isEmpty, node.inputs.allSatisfy({ $0.isEmpty || constants[$0] != nil }) else {
                return false
            }
            result = try computed(node)
        }
        guard let result else { return false }
        if !Self.keepElements.contains(node.type) {
            try spend(node.inputs.reduce(result.elementCount) { $0 + min(constants[$1]?.elementCount ?? 0, 1 << 40) })
        }
        constants[output] = result
        return true
    }

    /// Operators that compute no elements.
    private static let keepElements: Set<String> = [
        "Constant", "Shape", "Identity", "Reshape", "Squeeze", "Unsqueeze", "Flatten", "ConstantOfShape",
    ]

    /// How many elements are computed of a model: some for each that it holds, so that none makes much of little.
    static func computingBudget(_ file: ONNXFile) -> Int {
        var byteCount = file.source.byteCount
        for location in Set(file.externalPlaces.map(\.location)) {
            byteCount += (try? file.external.open(location).byteCount) ?? 0
        }
        return (1 << 23) + 8 * min(byteCount, 1 << 50)
    }

    /// Takes elements off what may be computed.
    ///
    /// - Throws: where nothing is left, which no model comes near that was made to be run.
    mutating func spend(_ count: Int) throws(ONNXObstacle) {
        computingBudget -= min(count, 1 << 50)
        guard computingBudget >= 0 else {
            throw .model(
                error(
                    "its constants are made of others by so many steps, or of so large ones, that computing them beforehand takes no end; is the file damaged?"
                ))
        }
    }

    private static func constant(_ node: ONNXNode) -> ONNXConstant? {
        switch node.attributes.first(where: { $0.name.hasPrefix("value") })?.value {
        case .tensor(let tensor): ONNXConstant(tensor)
        case .float(let number): ONNXConstant(dimensions: [], type: .float32, numbers: .doubles([Double(number)]))
        case .floats(let numbers):
            ONNXConstant(dimensions: [numbers.count], type: .float32, numbers: .doubles(numbers.map(Double.init)))
        case .integer(let number): ONNXConstant(dimensions: [], type: .int64, numbers: .integers([Int64(number)]))
        case .integers(let numbers):
            ONNXConstant(dimensions: [numbers.count], type: .int64, numbers: .integers(numbers.map(Int64.init)))
        default: nil
        }
    }

    private func shapeConstant(_ node: ONNXNode) throws(ONNXObstacle) -> ONNXConstant? {
        guard let name = node.input(0), let shape = shape(node, 0) else { return nil }
        let rank = shape.rank
        func place(_ attribute: String, _ missing: Int) -> Int {
            guard let index = integer(node, attribute) else { return missing }
            return min(max(index < 0 ? index + rank : index, 0), rank)
        }
        let (start, end) = (place("start", 0), place("end", rank))
        let lengths = (start..<max(start, end)).map { axis in
            shape.dimensions[axis].map { ONNXConstant.Length.known($0) } ?? .axis(axis, of: name)
        }
        return Self.constant(of: lengths, dimensions: [lengths.count])
    }

    private static func constant(of lengths: [ONNXConstant.Length], dimensions: [Int]) -> ONNXConstant {
        let known = lengths.compactMap { if case .known(let length) = $0 { Int64(length) } else { nil } }
        return ONNXConstant(
            dimensions: dimensions, type: .int64,
            numbers: known.count == lengths.count ? .integers(known) : .lengths(lengths))
    }

    // MARK: Computing

    private func computed(_ node: ONNXNode) throws(ONNXObstacle) -> ONNXConstant? {
        let inputs = node.inputs.indices.map { constant(node, $0) }
        guard let first = inputs[0] else { return nil }
        let count = first.elementCount
        guard count <= ONNXConstant.largestComputedCount else { return nil }
        switch node.type {
        case "Identity": return first
        case "Reshape", "Squeeze", "Unsqueeze", "Flatten":
            guard let dimensions = try newDimensions(node, of: first), TensorShape.elementCount(dimensions) == count
            else {
                return nil
            }
            return first.reshaped(dimensions)
        case "Cast":
            guard let code = integer(node, "to") else { return nil }
            return try cast(first, to: ONNXElementType(rawValue: code))
        case "ConstantOfShape":
            guard let lengths = try read({ () throws(WireError) in try first.integers(of: file) }),
                lengths.allSatisfy({ $0 >= 0 }), let total = TensorShape.elementCount(lengths),
                total <= ONNXConstant.largestComputedCount
            else { return nil }
            guard case .tensor(let tensor) = node[attribute: "value"] else {
                return ONNXConstant(dimensions: lengths, type: .float32, numbers: .filled(0))
            }
            guard tensor.elementCount == 1, let number = try elements(ONNXConstant(tensor))?.numbers.first else {
                return nil
            }
            return ONNXConstant(dimensions: lengths, type: tensor.type, numbers: .filled(number))
        case "Gather", "Concat", "Slice":
            if let lengths = try selected(node, first, inputs) { return lengths }
            return inputs.contains { $0?.isLengths ?? false } ? nil : try moved(node, first, inputs)
        case "Tile": return try moved(node, first, inputs)
        case "QuantizeLinear": return try quantized(node, first)
        case "Transpose":
            let order = integers(node, "perm") ?? Array(first.dimensions.indices.reversed())
            guard order.sorted() == Array(first.dimensions.indices) else { return nil }
            if order == Array(first.dimensions.indices) { return first }
            if case .dequantized(let dequantization) = first.numbers {
                guard let turned = try read({ () throws(WireError) in try dequantization.transposed(order, of: file) })
                else { return nil }
                return ONNXConstant(
                    dimensions: turned.dimensions, type: first.type, numbers: .dequantized(turned))
            }
            return try elements(first).flatMap { constant($0.transposed(order), as: first.type) }
        case "Expand":
            guard inputs.count == 2, let second = inputs[1],
                let lengths = try read({ () throws(WireError) in try second.integers(of: file) }),
                let shape = ONNXElements.broadcastShape(first.dimensions, lengths),
                TensorShape.elementCount(shape).map({ $0 <= ONNXConstant.largestComputedCount }) ?? false,
                shape.allSatisfy({ $0 > 0 })
            else { return nil }
            return try elements(first).flatMap { constant($0.broadcast(to: shape), as: first.type) }
        default: return try arithmetic(node, first, inputs)
        }
    }

    private func cast(_ constant: ONNXConstant, to type: ONNXElementType) throws(ONNXObstacle) -> ONNXConstant? {
        if type == constant.type { return constant }
        if case .tensor(let tensor) = constant.numbers, tensor.type == .float16, type.isWiderThanHalf {
            // Every number of it is one of the wider format.
            return ONNXConstant(
                dimensions: constant.dimensions, type: type, numbers: constant.numbers, factor: constant.factor)
        }
        if constant.isLengths { return type == .int32 || type == .int64 ? constant : nil }
        guard var elements = try elements(constant) else { return nil }
        if type == .boolean { elements.numbers = elements.numbers.map { $0 == 0 ? 0 : 1 } }
        return self.constant(elements, as: type)
    }

    /// Takes and joins along an axis; of lengths also those that are not known yet.
    private func selected(
        _ node: ONNXNode, _ first: ONNXConstant, _ inputs: [ONNXConstant?]
    ) throws(ONNXObstacle) -> ONNXConstant? {
        guard first.dimensions.count == 1, first.type.isInteger,
            let lengths = try read({ () throws(WireError) in try first.lengths(of: file) })
        else { return nil }
        switch node.type {
        case "Gather":
            guard inputs.count == 2, let second = inputs[1], second.dimensions.count <= 1,
                integer(node, "axis") ?? 0 == 0,
                let places = try read({ () throws(WireError) in try second.integers(of: file) })
            else { return nil }
            let canonical = places.map { $0 < 0 ? $0 + lengths.count : $0 }
            guard canonical.allSatisfy(lengths.indices.contains) else { return nil }
            return typed(canonical.map { lengths[$0] }, dimensions: second.dimensions, as: first.type)
        case "Concat":
            guard [0, -1].contains(integer(node, "axis") ?? 1) else { return nil }
            var all: [ONNXConstant.Length] = []
            for input in inputs {
                guard let input, input.dimensions.count == 1, input.type == first.type,
                    let part = try read({ () throws(WireError) in try input.lengths(of: file) })
                else { return nil }
                all += part
                // Lengths are those of the axes of a value, or the widths before and behind each.
                guard all.count <= 2 * ONNXTensor.largestRank else { return nil }
            }
            return typed(all, dimensions: [all.count], as: first.type)
        default:
            guard let starts = try integers(node, "starts", orInput: 1), starts.count == 1,
                let ends = try integers(node, "ends", orInput: 2), ends.count == 1,
                try integers(node, "axes", orInput: 3) ?? [0] == [0],
                try integers(node, "steps", orInput: 4) ?? [1] == [1]
            else { return nil }
            func place(_ index: Int) -> Int { min(max(index < 0 ? index + lengths.count : index, 0), lengths.count) }
            let (start, end) = (place(starts[0]), place(ends[0]))
            let taken = start < end ? Array(lengths[start..<end]) : []
            return typed(taken, dimensions: [taken.count], as: first.type)
        }
    }

    private func typed(
        _ lengths: [ONNXConstant.Length], dimensions: [Int], as type: ONNXElementType
    ) -> ONNXConstant {
        var result = Self.constant(of: lengths, dimensions: dimensions)
        result.type = type
        return result
    }

    /// The shape that a node which keeps all elements gives to them.
    private func newDimensions(_ node: ONNXNode, of constant: ONNXConstant) throws(ONNXObstacle) -> [Int]? {
        let old = constant.dimensions
        switch node.type {
        case "Reshape":
            guard var lengths = try integers(node, "shape", orInput: 1) else { return nil }
            let allowsZero = integer(node, "allowzero") == 1
            for place in lengths.indices where lengths[place] == 0 && !allowsZero {
                guard old.indices.contains(place) else { return nil }
                lengths[place] = old[place]
            }
            if let place = lengths.firstIndex(of: -1) {
                let others = lengths.indices.filter { $0 != place }.map { lengths[$0] }
                guard others.allSatisfy({ $0 > 0 }), let product = TensorShape.elementCount(others), product > 0,
                    constant.elementCount % product == 0
                else { return nil }
                lengths[place] = constant.elementCount / product
            }
            return lengths.allSatisfy { $0 >= 0 } ? lengths : nil
        case "Flatten":
            let told = integer(node, "axis") ?? 1
            let axis = told < 0 ? told + old.count : told
            guard (0...old.count).contains(axis) else { return nil }
            guard let before = TensorShape.elementCount(Array(old[..<axis])),
                let behind = TensorShape.elementCount(Array(old[axis...]))
            else { return nil }
            return [before, behind]
        case "Squeeze":
            let axes = try integers(node, "axes", orInput: 1)?.map { $0 < 0 ? $0 + old.count : $0 }
            return old.indices.filter { !(axes?.contains($0) ?? (old[$0] == 1)) }.map { old[$0] }
        default:
            guard let axes = try integers(node, "axes", orInput: 1) else { return nil }
            let rank = old.count + axes.count
            let new = Set(axes.map { $0 < 0 ? $0 + rank : $0 })
            guard new.count == axes.count, new.allSatisfy((0..<rank).contains) else { return nil }
            var rest = old[...]
            return (0..<rank).map { new.contains($0) ? 1 : rest.popFirst() ?? 1 }
        }
    }

    func elements(_ constant: ONNXConstant) throws(ONNXObstacle) -> ONNXElements? {
        guard let numbers = try read({ () throws(WireError) in try constant.doubles(of: file) }) else { return nil }
        return ONNXElements(dimensions: constant.dimensions, type: constant.type, numbers: numbers)
    }

    func constant(_ elements: ONNXElements, as type: ONNXElementType) -> ONNXConstant? {
        guard type.parameterType != nil || type.isInteger else { return nil }
        var rounded = elements
        rounded.type = type
        rounded.round()
        guard type.isInteger else {
            return ONNXConstant(dimensions: rounded.dimensions, type: type, numbers: .doubles(rounded.numbers))
        }
        let whole = rounded.numbers.compactMap { Int64(exactly: $0) }
        // What leaves the range of its type wraps, or is anything.
        guard whole.count == rounded.numbers.count, let range = type.range, whole.allSatisfy(range.contains) else {
            return nil
        }
        return ONNXConstant(dimensions: rounded.dimensions, type: type, numbers: .integers(whole))
    }
}
