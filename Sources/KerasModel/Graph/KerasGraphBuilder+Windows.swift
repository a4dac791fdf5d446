import Frontend
import JSON
import NetGraph

extension KerasGraphBuilder {
    /// Pooling, padding, cropping; `nil` for any other class.
    mutating func translateWindow(_ call: KerasLayerCall) throws(ModelError) -> [KerasValue]? {
        let name = call.layer.className
        guard let axes = name.dropLast().last.flatMap({ $0.wholeNumberValue }), name.hasSuffix("D"),
            (1...3).contains(axes)
        else { return nil }
        let kind = String(name.dropLast(2))
        guard
            [
                "MaxPooling", "MaxPool", "AveragePooling", "AvgPool", "GlobalMaxPooling", "GlobalMaxPool",
                "GlobalAveragePooling", "GlobalAvgPool", "ZeroPadding", "Cropping",
            ].contains(kind)
        else { return nil }
        guard call.inputs.count == 1 else { return opaque(call, "it reads \(call.inputs.count) tensors") }
        let order = axes == 1 && call.fields["data_format"] == nil ? .channelsLast : call.dataOrder
        guard call.leadingAxes == 0 || order == .channelsLast else {
            return opaque(call, "it goes through time with its channels first")
        }
        let input = inOrder(call.inputs[0], order)
        let rank = axes + call.leadingAxes + 2
        guard input.rank ?? rank == rank else {
            throw ModelError(
                .malformed,
                "\(file): layer '\(call.name)' (\(name)) reads a value of \(input.rank ?? 0) axes, expected \(rank)")
        }
        switch kind {
        case "MaxPooling", "MaxPool": return try pooling(call, input, .max, axes: axes)
        case "AveragePooling", "AvgPool": return try pooling(call, input, .average, axes: axes)
        case "GlobalMaxPooling", "GlobalMaxPool": return try globalPooling(call, input, .max, axes: axes)
        case "GlobalAveragePooling", "GlobalAvgPool": return try globalPooling(call, input, .average, axes: axes)
        default: return try padding(call, input, axes: axes, isCropping: kind == "Cropping")
        }
    }

    /// Padding does not count in a mean, nor in a maximum.
    private mutating func pooling(
        _ call: KerasLayerCall, _ input: KerasValue, _ method: Pooling.Method, axes: Int
    ) throws(ModelError) -> [KerasValue] {
        let fields = call.fields
        let key = fields["pool_length"] == nil ? "pool_size" : "pool_length"
        guard let kernel = fields[key] == nil ? [Int](repeating: 2, count: axes) : fields.integers(key, count: axes),
            kernel.allSatisfy({ $0 > 0 })
        else { return opaque(call, "its 'pool_size' is not understood") }
        let strideKey = fields["stride"] == nil ? "strides" : "stride"
        guard let strides = fields[strideKey] == nil ? kernel : fields.integers(strideKey, count: axes),
            strides.allSatisfy({ $0 > 0 })
        else { return opaque(call, "its 'strides' are not understood") }
        let told = fields["padding", "border_mode"]?.string ?? "valid"
        guard told == "valid" || told == "same" else { return opaque(call, "its padding '\(told)' is not understood") }
        let ones = [Int](repeating: 1, count: call.leadingAxes)
        let pooling = Pooling(
            method: method, kernel: ones + kernel, stride: ones + strides,
            pad: [Int](repeating: 0, count: axes + ones.count), padsToCover: told == "same", roundsUp: false,
            countsPadding: false)
        return [try add(.pooling(pooling), to: [input], of: call)]
    }

    private mutating func globalPooling(
        _ call: KerasLayerCall, _ input: KerasValue, _ method: Pooling.Method, axes: Int
    ) throws(ModelError) -> [KerasValue] {
        if call.leadingAxes > 0 {
            let keepsAxes = call.fields.boolean("keepdims") ?? false
            let first = 1 + call.leadingAxes
            let reduction = AxisReduction(
                method == .max ? .maximum : .mean, axes: Array(first..<first + axes), keepsAxes: keepsAxes,
                order: .channelsLast)
            return [try add(.axisReduction(reduction), to: [input], of: call)]
        }
        let ones = [Int](repeating: 1, count: axes)
        let keepsAxes = call.fields.boolean("keepdims") ?? false
        let pooling = Pooling(
            method: method, kernel: nil, stride: ones, pad: ones.map { _ in 0 }, roundsUp: false, countsPadding: false)
        let pooled = try add(.pooling(pooling), to: [input], of: call, isLast: keepsAxes)
        guard !keepsAxes else { return [pooled] }
        return [
            try add(
                .flatten(first: 1, last: -1), to: [pooled], of: call, part: .helper, suffix: "flatten",
                order: defaultOrder)
        ]
    }

    private mutating func padding(
        _ call: KerasLayerCall, _ input: KerasValue, axes: Int, isCropping: Bool
    ) throws(ModelError) -> [KerasValue] {
        let key = isCropping ? "cropping" : "padding"
        guard let pairs = pairs(call.fields[key], axes: axes) else {
            return opaque(call, "its '\(key)' is not understood")
        }
        let zeros = [Int](repeating: 0, count: call.leadingAxes)
        let sign = isCropping ? -1 : 1
        let padding = Padding(
            before: zeros + pairs.map { sign * $0.before }, after: zeros + pairs.map { sign * $0.after })
        return [try add(.padding(padding), to: [input], of: call)]
    }

    /// `2`, `[1, 2]`, `[[1, 2], [3, 4]]`; of Keras 1 also `[top, bottom, left, right]`.
    private func pairs(_ node: JSONNode?, axes: Int) -> [(before: Int, after: Int)]? {
        guard let node else { return [(before: Int, after: Int)](repeating: (1, 1), count: axes) }
        func pair(_ node: JSONNode) -> (before: Int, after: Int)? {
            if let number = node.wholeNumber { return number >= 0 ? (number, number) : nil }
            guard let numbers = node.elements?.compactMap(\.wholeNumber), numbers.count == 2,
                node.elements?.count == 2, numbers.allSatisfy({ $0 >= 0 })
            else { return nil }
            return (numbers[0], numbers[1])
        }
        if node.wholeNumber != nil { return pair(node).map { [(before: Int, after: Int)](repeating: $0, count: axes) } }
        guard let elements = node.elements else { return nil }
        // One axis has one pair.
        if axes == 1 {
            return elements.count == 2
                ? pair(node).map { [$0] } : elements.count == 1 ? pair(elements[0]).map { [$0] } : nil
        }
        if axes == 2, elements.count == 4, elements.allSatisfy({ $0.wholeNumber ?? -1 >= 0 }) {
            let numbers = elements.compactMap(\.wholeNumber)
            return [(numbers[0], numbers[1]), (numbers[2], numbers[3])]
        }
        guard elements.count == axes else { return nil }
        let pairs = elements.compactMap(pair)
        return pairs.count == axes ? pairs : nil
    }
}
