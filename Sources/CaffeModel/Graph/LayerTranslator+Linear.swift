import Frontend
import NetGraph

/// Convolution, Deconvolution and InnerProduct (Caffe's `base_conv_layer.cpp`, `inner_product_layer.cpp`).
extension LayerTranslator {
    func convolution(transposed: Bool) throws(ModelError) -> Operation {
        let fields = try parameters("convolution_param")
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
        let blobRank = try registry.weights?.blobs(ofLayer: layer.name)?[0]?.shape.count
        let spatialAxes = try spatialAxes(fields, channelAxis: axis, known: blobRank.map { max($0 - 2, 0) })
        let window = try SpatialFields(fields, layer: layer, spatialAxes: spatialAxes)
        if let objection = window.objection { return try opaque(because: objection) }
        if transposed, window.padsToCover { return try opaque(because: "its 'pad_type' is not known for its type") }
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
            try linearBlobs(fields, weight: shape, outputs: hasBias ? outputs : nil))
        let convolution = Convolution(
            weight: registered[0], bias: hasBias ? registered[1] : nil, outputChannels: outputs, groups: groups,
            kernel: window.kernel, stride: window.stride, padBefore: window.padBefore, padAfter: window.padAfter,
            padsToCover: window.padsToCover, dilation: window.dilation, channelAxis: axis)
        return transposed ? .deconvolution(convolution) : .convolution(convolution)
    }

    func innerProduct() throws(ModelError) -> Operation {
        let fields = try parameters("inner_product_param")
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
            try linearBlobs(
                fields, weight: isTransposed ? [count, outputs] : [outputs, count], outputs: hasBias ? outputs : nil))
        return .innerProduct(
            InnerProduct(
                weight: registered[0], bias: hasBias ? registered[1] : nil, outputCount: outputs, axis: axis,
                transposed: isTransposed))
    }

    /// A weight, and a bias where its length is given.
    private func linearBlobs(
        _ fields: FieldReader, weight: [Int?], outputs: Int?
    ) throws(ModelError) -> [ExpectedBlob] {
        [
            ExpectedBlob(
                role: "weight", shape: weight, filler: try Filler(fields, "weight_filler"), needsTraining: true)
        ]
            + (try outputs.map { count throws(ModelError) in
                [ExpectedBlob(role: "bias", shape: [count], filler: try Filler(fields, "bias_filler"))]
            } ?? [])
    }

    /// The number of axes behind the channel: from the bottom, else from the weight, else as many as the fields name, at least 2.
    ///
    /// - Parameter known: what the weight tells.
    func spatialAxes(_ fields: FieldReader, channelAxis: Int, known: Int? = nil) throws(ModelError) -> Int {
        let fromInput = input.map { max($0.rank - channelAxis - 1, 0) }
        if let fromInput, input?.hasOnlyChannels == false { return fromInput }
        if let known { return known }
        return try SpatialFields.axisCount(fields) ?? fromInput ?? 2
    }

    /// A negative axis counts from the end, which takes a rank.
    private static func resolve(_ axis: Int, rank: Int?) -> Int? {
        guard let rank else { return axis >= 0 ? axis : nil }
        return TensorShape([Int?](repeating: nil, count: rank)).canonicalAxis(axis)
    }
}
