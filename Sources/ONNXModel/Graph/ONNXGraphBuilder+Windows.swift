import NetGraph

// Pooling, padding and resampling of the axes behind the channel.

extension ONNXGraphBuilder {
    mutating func pooling(_ node: ONNXNode) throws(ONNXObstacle) -> ONNXTranslation {
        try requireFloat(node, 0)
        guard node.namedOutputs.count == 1 || node.namedOutputs.dropFirst().allSatisfy({ readerCounts[$0] == nil })
        else {
            throw .opaque("it hands out the places of the largest elements")
        }
        guard let kernel = integers(node, "kernel_shape"), !kernel.isEmpty,
            kernel.allSatisfy({ (1..<1 << 31).contains($0) })
        else { throw .opaque("its kernel_shape is missing or makes no sense") }
        guard try rank(node, 0) == kernel.count + 2 else {
            throw .opaque("its kernel has \(kernel.count) axes, but its input has the shape \(shape(node, 0)!)")
        }
        let count = kernel.count
        func list(_ name: String, _ missing: Int, _ length: Int) throws(ONNXObstacle) -> [Int] {
            guard let numbers = integers(node, name) else { return [Int](repeating: missing, count: length) }
            guard numbers.count == length, numbers.allSatisfy({ (0..<1 << 31).contains($0) }) else {
                throw .opaque(
                    "its '\(name)' has \(numbers.count) numbers, or such as make no sense; expected \(length)")
            }
            return numbers
        }
        let method: Pooling.Method
        var countsPadding = true
        switch node.type {
        case "MaxPool": method = .max
        case "AveragePool":
            method = .average
            // Version 1 did not say whether padding counts; runtimes leave it out.
            countsPadding = integer(node, "count_include_pad") ?? 0 != 0
        default:
            let p = integer(node, "p") ?? 2
            guard p >= 1, file.opset >= 2 else { throw .opaque("its p is \(p)") }
            method = .norm(p: p)
        }
        let padding = text(node, "auto_pad") ?? "NOTSET"
        guard ["", "NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER"].contains(padding) else {
            throw .opaque("its auto_pad '\(padding.inMessages)' is not known")
        }
        let pads =
            ["", "NOTSET"].contains(padding) ? try list("pads", 0, 2 * count) : [Int](repeating: 0, count: 2 * count)
        let strides = try list("strides", 1, count)
        let dilations = try list("dilations", 1, count)
        guard strides.allSatisfy({ $0 > 0 }), dilations.allSatisfy({ $0 > 0 }) else {
            throw .opaque("its strides or dilations are 0")
        }
        let roundsUp = integer(node, "ceil_mode") ?? 0 != 0
        guard !roundsUp || !padding.hasPrefix("SAME") else {
            throw .opaque("its ceil_mode and auto_pad contradict each other")
        }
        if roundsUp, method == .average, countsPadding {
            // What a window that reaches beyond the padding is divided by differs from version to version.
            guard file.opset >= 19, pads.allSatisfy({ $0 == 0 }) else {
                throw .opaque("its ceil_mode together with count_include_pad is not modelled")
            }
            countsPadding = false
        }
        let pooling = Pooling(
            method: method, kernel: kernel, stride: strides, pad: Array(pads[..<count]),
            padAfter: Array(pads[count...]),
            padsToCover: padding.hasPrefix("SAME"), coversFromBefore: padding == "SAME_LOWER", dilation: dilations,
            roundsUp: roundsUp, startsInsideInput: true, countsPadding: countsPadding)
        return ONNXTranslation(.pooling(pooling), outputCount: 1)
    }

    func globalPooling(_ node: ONNXNode) throws(ONNXObstacle) -> ONNXTranslation {
        try requireFloat(node, 0)
        let rank = try rank(node, 0)
        guard rank > 2 else { throw .opaque("its input has no axes behind the channel") }
        let ones = [Int](repeating: 1, count: rank - 2)
        return ONNXTranslation(
            .pooling(
                Pooling(
                    method: node.type == "GlobalMaxPool" ? .max : .average, kernel: nil, stride: ones,
                    pad: ones.map { _ in 0 }, roundsUp: false, countsPadding: false)))
    }

    func localResponse(_ node: ONNXNode) throws(ONNXObstacle) -> ONNXTranslation {
        try requireFloat(node, 0)
        guard let size = integer(node, "size"), size > 0, size % 2 == 1 else { throw .opaque("its size is not odd") }
        func number(_ name: String, _ missing: Double) -> Double { self.number(node, name) ?? Double(Float(missing)) }
        return ONNXTranslation(
            .localResponse(
                LocalResponse(
                    region: .acrossChannels, size: size, alpha: number("alpha", 1e-4), beta: number("beta", 0.75),
                    k: number("bias", 1))))
    }

    /// Pads are an attribute before version 11 (`paddings` in version 1) and an input since.
    func padding(_ node: ONNXNode) throws(ONNXObstacle) -> ONNXTranslation {
        try requireFloat(node, 0)
        let rank = try rank(node, 0)
        guard let pads = try integers(node, file.opset < 2 ? "paddings" : "pads", orInput: 1), pads.count % 2 == 0
        else {
            throw .opaque("its pads are missing")
        }
        let count = pads.count / 2
        let axes = try integers(node, "axes", orInput: 3) ?? Array(0..<count)
        guard axes.count == count, node.input(3) != nil || count == rank,
            pads.allSatisfy({ (-1 << 31..<1 << 31).contains($0) })
        else { throw .opaque("its pads are for other axes than its input has") }
        var (before, after) = ([Int](repeating: 0, count: rank), [Int](repeating: 0, count: rank))
        for (place, axis) in axes.enumerated() {
            let axis = try self.axis(axis, of: shape(node, 0))
            (before[axis], after[axis]) = (pads[place], pads[place + count])
        }
        guard rank > 2, (before[..<2] + after[..<2]).allSatisfy({ $0 == 0 }) else {
            throw .opaque("it pads images or channels")
        }
        let filling: Padding.Filling
        switch text(node, "mode") ?? "constant" {
        case "constant":
            let numbers = try numbers(node, "value", orInput: 2) ?? [0]
            guard numbers.count == 1 else { throw .opaque("its value is no single number") }
            filling = .constant(numbers[0])
        case "reflect": filling = .reflection
        case "edge": filling = .edge
        case "wrap": filling = .wrapping
        case let mode: throw .opaque("its mode '\(mode.inMessages)' is not modelled")
        }
        return ONNXTranslation(
            .padding(Padding(before: Array(before[2...]), after: Array(after[2...]), filling: filling)))
    }

    /// Resize of versions 10 to 19, and Upsample of versions 7 and 9.
    func resize(_ node: ONNXNode) throws(ONNXObstacle) -> ONNXTranslation {
        try requireFloat(node, 0)
        let rank = try rank(node, 0)
        let isCurrent = node.type == "Resize" && file.opset >= 11
        guard rank > 2, file.opset >= 7 else { throw .opaque("its input has no axes behind the channel") }
        guard node[attribute: "axes"] == nil, text(node, "keep_aspect_ratio_policy") ?? "stretch" == "stretch" else {
            throw .opaque("it names axes, or keeps a ratio, which is not modelled")
        }
        let size = try resizing(node, rank: rank, isCurrent: isCurrent)
        let coordinates: Resize.Coordinates
        switch isCurrent ? text(node, "coordinate_transformation_mode") ?? "half_pixel" : "asymmetric" {
        case "half_pixel": coordinates = .halfPixel
        case "pytorch_half_pixel": coordinates = .pytorchHalfPixel
        case "half_pixel_symmetric": coordinates = .symmetricHalfPixel
        case "align_corners": coordinates = .alignedCorners
        case "asymmetric": coordinates = .asymmetric
        case "tf_half_pixel_for_nn": coordinates = .halfPixelOffset
        case let mode: throw .opaque("its coordinate_transformation_mode '\(mode.inMessages)' is not modelled")
        }
        let method: Resize.Method
        switch text(node, "mode") ?? "nearest" {
        case "nearest":
            switch isCurrent ? text(node, "nearest_mode") ?? "round_prefer_floor" : "floor" {
            case "round_prefer_floor": method = .nearest(.downFromHalf)
            case "round_prefer_ceil": method = .nearest(.upFromHalf)
            case "floor": method = .nearest(.floor)
            case "ceil": method = .nearest(.ceiling)
            case let mode: throw .opaque("its nearest_mode '\(mode.inMessages)' is not modelled")
            }
        case "linear", "bilinear": method = .linear
        case "cubic": method = .cubic(coefficient: number(node, "cubic_coeff_a") ?? -0.75)
        case let mode: throw .opaque("its mode '\(mode.inMessages)' is not modelled")
        }
        return ONNXTranslation(
            .resize(
                Resize(
                    method, coordinates, size: size, excludesOutside: integer(node, "exclude_outside") ?? 0 != 0,
                    isAntialiased: integer(node, "antialias") ?? 0 != 0)))
    }

    private func resizing(_ node: ONNXNode, rank: Int, isCurrent: Bool) throws(ONNXObstacle) -> Resize.Size {
        if isCurrent, node.input(3) != nil {
            guard let sizes = try integers(node, "sizes", orInput: 3), sizes.count == rank,
                let shape = shape(node, 0), sizes[0] == shape.dimensions[0] ?? sizes[0], sizes[1] == shape.dimensions[1]
            else { throw .opaque("its sizes may change images or channels") }
            return .lengths(Array(sizes[2...]))
        }
        guard let scales = try numbers(node, "scales", orInput: isCurrent ? 2 : 1), scales.count == rank,
            scales[0] == 1, scales[1] == 1
        else { throw .opaque("its scales are missing, or change images or channels") }
        return .factors(Array(scales[2...]))
    }
}
