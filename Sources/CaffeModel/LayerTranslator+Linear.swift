import NetGraph

/// Convolution, Deconvolution and InnerProduct (Caffe's `base_conv_layer.cpp`, `inner_product_layer.cpp`).
extension LayerTranslator {
    func convolution(transposed: Bool) throws(CaffeModelError) -> Operation {
        let fields = try parameters("convolution_param")
        // A fork's convolution may have an activation built in; UNFUSED says that it has none.
        let isFused = try fields.enumeration("fuse_type", ["UNFUSED"], isOpen: true) ?? "UNFUSED" != "UNFUSED"
        let unknown = fields.fieldNames.filter { !Self.convolutionFields.contains($0) || $0 == "fuse_type" && isFused }
        guard unknown.isEmpty else { return try opaque(for: unknown) }
        guard let outputs = try fields.integer("num_output", atLeast: 1) else {
            throw layer.error("has no 'num_output' in convolution_param")
        }
        let isDepthwise = layer.type != "Convolution" && !transposed
        let groups = try fields.integer("group", atLeast: 1) ?? (isDepthwise ? outputs : 1)
        let hasBias = try fields.bool("bias_term") ?? true
        guard let axis = Self.resolve(try fields.integer("axis") ?? 1, rank: input?.rank) else {
            throw layer.error(
                "axis \(try fields.integer("axis") ?? 1) is not an axis of its bottom of shape \(input.map(\.description) ?? "unknown")"
            )
        }
        let window = try SpatialFields(fields, layer: layer, spatialAxes: try spatialAxes(fields, channelAxis: axis))
        guard outputs % groups == 0 else {
            throw layer.error("num_output \(outputs) is not a multiple of group \(groups)")
        }
        let inputs = input?.length(ofAxis: axis)
        if let inputs, inputs % groups != 0 {
            throw layer.error("its bottom has \(inputs) channels, which is not a multiple of group \(groups)")
        }
        let kernel: [Int?] = window.kernel.map { $0 }
        let shape: [Int?] =
            transposed
            ? [inputs, outputs / groups] + kernel : [outputs, inputs.map { $0 / groups }] + kernel
        let registered = try register(
            [ExpectedBlob(role: "weight", shape: shape)]
                + (hasBias ? [ExpectedBlob(role: "bias", shape: [outputs])] : []))
        let convolution = Convolution(
            weight: registered[0], bias: hasBias ? registered[1] : nil, outputChannels: outputs, groups: groups,
            kernel: window.kernel, stride: window.stride, padBefore: window.padBefore, padAfter: window.padAfter,
            dilation: window.dilation, channelAxis: axis)
        return transposed ? .deconvolution(convolution) : .convolution(convolution)
    }

    func innerProduct() throws(CaffeModelError) -> Operation {
        let fields = try parameters("inner_product_param")
        let unknown = fields.fieldNames.filter { !Self.innerProductFields.contains($0) }
        guard unknown.isEmpty else { return try opaque(for: unknown) }
        guard let outputs = try fields.integer("num_output", atLeast: 1) else {
            throw layer.error("has no 'num_output' in inner_product_param")
        }
        let hasBias = try fields.bool("bias_term") ?? true
        let isTransposed = try fields.bool("transpose") ?? false
        guard let axis = Self.resolve(try fields.integer("axis") ?? 1, rank: input?.rank) else {
            throw layer.error(
                "axis \(try fields.integer("axis") ?? 1) is not an axis of its bottom of shape \(input.map(\.description) ?? "unknown")"
            )
        }
        let count = input.flatMap { $0.elementCount(in: axis..<$0.rank) }
        let registered = try register(
            [ExpectedBlob(role: "weight", shape: isTransposed ? [count, outputs] : [outputs, count])]
                + (hasBias ? [ExpectedBlob(role: "bias", shape: [outputs])] : []))
        return .innerProduct(
            InnerProduct(
                weight: registered[0], bias: hasBias ? registered[1] : nil, outputCount: outputs, axis: axis,
                transposed: isTransposed))
    }

    /// A layer of a linear type that may do more than its type says.
    private func opaque(for unknownFields: [String]) throws(CaffeModelError) -> Operation {
        let names = unknownFields.map { "'\($0)'" }.joined(separator: ", ")
        return .opaque(
            Opaque(
                type: layer.type, parameters: try registry.registerAll(of: layer),
                cause: "its field \(names) is not known"))
    }

    /// The number of axes behind the channel: from the bottom, else from the weight, else as many as the fields name, at least 2.
    private func spatialAxes(_ fields: FieldReader, channelAxis: Int) throws(CaffeModelError) -> Int {
        if let rank = input?.rank { return max(rank - channelAxis - 1, 0) }
        if let blob = try registry.weights?.blobs(ofLayer: layer.name)?[0] { return max(blob.shape.count - 2, 0) }
        return max(try fields.integers("kernel_size").count, 2)
    }

    /// A negative axis counts from the end, which takes a rank.
    private static func resolve(_ axis: Int, rank: Int?) -> Int? {
        guard let rank else { return axis >= 0 ? axis : nil }
        return BlobShape([Int?](repeating: nil, count: rank)).canonicalAxis(axis)
    }

    /// Fields that leave a convolution linear. Any other, such as a fused `relu` of a fork, may not.
    private static let convolutionFields: Set<String> = [
        "num_output", "bias_term", "pad", "kernel_size", "group", "stride", "weight_filler", "bias_filler", "pad_h",
        "pad_w",
        "kernel_h", "kernel_w", "stride_h", "stride_w", "engine", "axis", "force_nd_im2col", "dilation", "pad_l",
        "pad_r",
        "pad_t", "pad_b", "cudnn_math_override", "conv_algos_override", "cudnn_convolution_algo_seeker", "num_threads",
        "fuse_type", "relu_param",
    ]

    private static let innerProductFields: Set<String> = [
        "num_output", "bias_term", "weight_filler", "bias_filler", "axis", "transpose", "engine", "num_threads",
    ]
}
