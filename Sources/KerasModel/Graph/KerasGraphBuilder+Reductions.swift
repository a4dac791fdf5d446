import Frontend
import JSON
import NetGraph

extension KerasGraphBuilder {
    private static let reductions: [String: AxisReduction.Method] = [
        "mean": .mean, "reduce_mean": .mean, "sum": .sum, "reduce_sum": .sum, "max": .maximum, "amax": .maximum,
        "reduce_max": .maximum, "min": .minimum, "amin": .minimum, "reduce_min": .minimum, "prod": .product,
        "reduce_prod": .product, "logsumexp": .logarithmOfExponentials, "reduce_logsumexp": .logarithmOfExponentials,
        "norm": .norm,
    ]

    /// One number for all elements along axes of the file; `nil` for another operator.
    mutating func reduction(_ arguments: KerasOperatorArguments) throws(ModelError) -> [KerasValue]? {
        guard let method = Self.reductions[arguments.function] else { return nil }
        let call = arguments.call
        guard let input = arguments.onlyInput, let rank = input.rank,
            arguments.hasOnly("axis", "keepdims", "ord", "keep_dims"),
            arguments.constant("initial", "dtype") == nil,
            method != .norm
                || arguments.constant("ord").map({
                    $0.wholeNumber == 2 || ["fro", "euclidean"].contains($0.string ?? "")
                }) ?? true,
            let axes = KerasOperatorArguments.integers(arguments.constant("axis", place: 1)), !axes.isEmpty,
            method != .norm || axes.count == 1
        else { return opaque(call, notUnderstood(arguments)) }
        // Over the images nothing is one network's own.
        let places = axes.map { $0 < 0 ? $0 + rank : $0 }
        guard places.allSatisfy({ (1..<rank).contains($0) }) else { return opaque(call, notUnderstood(arguments)) }
        let reduction = AxisReduction(
            method, axes: places, keepsAxes: arguments.boolean("keepdims", "keep_dims") ?? false, order: input.order)
        return [try add(.axisReduction(reduction), to: [input], of: call)]
    }

    /// Inner products along an axis of each of two values (`Dot`).
    mutating func dot(_ call: KerasLayerCall) throws(ModelError) -> [KerasValue] {
        let order = call.inputs.first { $0.rank ?? 3 > 2 }?.order ?? defaultOrder
        let inputs = call.inputs.map { inOrder($0, order) }
        let told = KerasOperatorArguments.integers(call.fields["axes"])
        guard inputs.count == 2, let first = inputs[0].rank, let second = inputs[1].rank, call.leadingAxes == 0,
            call.fields.boolean("normalize") != true, let told, let axis = told.first, told.count <= 2,
            let product = Contraction.imageProducts(
                ranks: first, second, axes: (axis, told.last ?? axis), order: order)
        else { return opaque(call, "its axes are not understood") }
        return [try add(.contraction(product), to: inputs, of: call, order: order)]
    }

    /// Pooling and resizing by operators; `nil` for another one.
    mutating func window(_ arguments: KerasOperatorArguments) throws(ModelError) -> [KerasValue]? {
        switch arguments.function {
        case "average_pool", "avg_pool", "avg_pool2d": return try pooling(arguments, .average)
        case "max_pool", "max_pool2d": return try pooling(arguments, .max)
        case "resize": return try resizing(arguments)
        default: return nil
        }
    }

    private mutating func pooling(
        _ arguments: KerasOperatorArguments, _ method: Pooling.Method
    ) throws(ModelError) -> [KerasValue] {
        let call = arguments.call
        let format = arguments.constant("data_format")?.string
        guard let value = arguments.onlyInput, let rank = value.rank, rank > 2,
            format.map({ ["channels_last", "NHWC", "channels_first", "NCHW"].contains($0) }) ?? true
        else { return opaque(call, notUnderstood(arguments)) }
        let isFirst = format == "channels_first" || format == "NCHW"
        /// One number for all axes, one for each, or one for images and channels as well.
        func lengths(_ node: JSONNode?) -> [Int]? {
            guard let numbers = KerasOperatorArguments.integers(node), numbers.allSatisfy({ $0 > 0 }) else {
                return nil
            }
            if numbers.count == 1 { return [Int](repeating: numbers[0], count: rank - 2) }
            if numbers.count == rank - 2 { return numbers }
            guard numbers.count == rank, numbers[0] == 1, numbers[isFirst ? 1 : rank - 1] == 1 else { return nil }
            return isFirst ? Array(numbers[2...]) : Array(numbers[1..<rank - 1])
        }
        let strides = arguments.constant("strides", place: 2)
        guard let kernel = lengths(arguments.constant("pool_size", "ksize", place: 1)),
            let stride = strides == nil ? kernel : lengths(strides),
            case let padding = (arguments.constant("padding", place: 3)?.string ?? "valid").lowercased(),
            padding == "valid" || padding == "same"
        else { return opaque(call, notUnderstood(arguments)) }
        let input = inOrder(value, isFirst ? .channelsFirst : .channelsLast)
        let pooling = Pooling(
            method: method, kernel: kernel, stride: stride, pad: kernel.map { _ in 0 }, padsToCover: padding == "same",
            roundsUp: false, countsPadding: false)
        return [try add(.pooling(pooling), to: [input], of: call)]
    }

    private mutating func resizing(_ arguments: KerasOperatorArguments) throws(ModelError) -> [KerasValue] {
        let call = arguments.call
        guard let value = arguments.onlyInput, value.rank == 4,
            arguments.constant("data_format")?.string != "channels_first",
            let size = KerasOperatorArguments.integers(arguments.constant("size", place: 1)), size.count == 2,
            size.allSatisfy({ $0 > 0 }), arguments.boolean("antialias") != true,
            arguments.boolean("preserve_aspect_ratio") != true, arguments.boolean("crop_to_aspect_ratio") != true,
            arguments.boolean("pad_to_aspect_ratio") != true,
            let resize = Self.resize(
                arguments.constant("interpolation", "method")?.string ?? "bilinear", size: .lengths(size))
        else { return opaque(call, notUnderstood(arguments)) }
        return [try add(.resize(resize), to: [inOrder(value, .channelsLast)], of: call)]
    }

    /// Interpolation as TensorFlow 2 and Keras 3 do it; `nil` for a kind that is not modelled.
    static func resize(_ interpolation: String, size: Resize.Size) -> Resize? {
        switch interpolation {
        case "bilinear": Resize(.linear, size: size)
        case "nearest": Resize(.nearest(.floor), .halfPixelOffset, size: size)
        case "bicubic": Resize(.cubic(coefficient: -0.5), size: size, excludesOutside: true)
        default: nil
        }
    }
}
