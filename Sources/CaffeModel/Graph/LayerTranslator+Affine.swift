import Frontend
import NetGraph

/// Scale, Bias and PReLU (Caffe's `scale_layer.cpp`, `bias_layer.cpp`, `prelu_layer.cpp`).
extension LayerTranslator {
    func scale() throws(ModelError) -> Operation {
        let fields = try parameters("scale_param")
        let hasBias = try fields.bool("bias_term") ?? false
        let shape = try axes(fields)
        if layer.bottoms.count > 1 {
            let beta = try register(
                hasBias ? [ExpectedBlob(role: "beta", shape: nil, filler: try Filler(fields, "bias_filler"))] : [])
            return .scale(Scale(gamma: nil, beta: beta.first, axes: shape.axes))
        }
        let expected =
            [ExpectedBlob(role: "gamma", shape: shape.parameter, filler: try Filler(fields, "filler", missing: 1))]
            + (hasBias
                ? [ExpectedBlob(role: "beta", shape: shape.parameter, filler: try Filler(fields, "bias_filler"))] : [])
        let blobs: [ParameterID]
        if try isInBatchNormBefore() {
            registry.note(.scaleInBatchNorm, layer)
            blobs = try registry.register(expected, of: layer, filledWith: [1, 0])
        } else {
            blobs = try register(expected)
        }
        let axes = resolved(shape.axes, parameter: blobs[0])
        return .scale(Scale(gamma: blobs[0], beta: hasBias ? blobs[1] : nil, axes: axes))
    }

    /// Whether the file has no numbers for a Scale because Intel Caffe has put them into the BatchNorm before it.
    private func isInBatchNormBefore() throws(ModelError) -> Bool {
        guard let weights = registry.weights, try weights.blobs(ofLayer: layer.name)?.isEmpty ?? true,
            case .batchNorm(let batchNorm)? = neighbors.producer
        else { return false }
        return batchNorm.gamma != nil && batchNorm.factor != nil
    }

    func bias() throws(ModelError) -> Operation {
        let fields = try parameters("bias_param")
        let shape = try axes(fields)
        guard layer.bottoms.count == 1 else {
            _ = try register([])
            return .bias(Bias(beta: nil, axes: shape.axes))
        }
        let blobs = try register([
            ExpectedBlob(role: "beta", shape: shape.parameter, filler: try Filler(fields, "filler"))
        ])
        return .bias(Bias(beta: blobs[0], axes: resolved(shape.axes, parameter: blobs[0])))
    }

    func prelu() throws(ModelError) -> Operation {
        let fields = try parameters("prelu_param")
        let isShared = try fields.bool("channel_shared") ?? false
        let channels = input.map { $0.length(ofAxis: 1) } ?? nil
        let blobs = try register([
            ExpectedBlob(
                role: "slope", shape: isShared ? [] : [channels],
                filler: try Filler(fields, "filler", missing: 0.25))
        ])
        return .activation(.prelu(slope: blobs[0]))
    }

    /// The axes that `axis` and `num_axes` name, and the shape that a parameter along them has.
    private func axes(_ fields: FieldReader) throws(ModelError) -> (axes: AffineAxes, parameter: [Int?]?) {
        let axis = try fields.integer("axis") ?? 1
        let count = try fields.integer("num_axes") ?? 1
        if count == 0 { return (.axes(0..<0), []) }
        guard let input else {
            return (axis >= 0 && count > 0 ? .axes(axis..<axis + count) : .unresolved(axis: axis), nil)
        }
        guard let first = input.canonicalAxis(axis), count == -1 || count > 0 && first + count <= input.rank else {
            // A Scale with two bottoms takes its axes from the second one; only here do they have to fit.
            if layer.bottoms.count > 1 { return (.unresolved(axis: axis), nil) }
            throw layer.error("axis \(axis) with num_axes \(count) does not fit its bottom of shape \(input)")
        }
        let range = first..<(count == -1 ? input.rank : first + count)
        return (.axes(range), Array(input.dimensions[range]))
    }

    /// Axes that `num_axes: -1` leaves open follow from the parameter's shape.
    private func resolved(_ axes: AffineAxes, parameter: ParameterID) -> AffineAxes {
        guard case .unresolved(let axis) = axes, axis >= 0, let shape = registry.parameters[parameter.index].shape
        else {
            return axes
        }
        return .axes(axis..<axis + shape.count)
    }
}
