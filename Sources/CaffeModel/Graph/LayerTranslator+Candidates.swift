import Frontend
import NetGraph

/// More layers of Caffe's registry; `candidate` also leads to those of forks.
extension LayerTranslator {
    /// `nil` for a type that is not known.
    func candidate() throws(ModelError) -> LayerCandidate? {
        switch layer.type {
        case "LRN": try localResponse()
        case "MVN": try meanVariance()
        case "ArgMax": try argMax()
        case "Reduction": try reduction()
        case "Tile": try tile()
        case "SPP": try spatialPyramid()
        case "Im2col": try im2col()
        case "BatchReindex": LayerCandidate(bottoms: 2...2) { _ in .batchReindex }
        case "Filter":
            LayerCandidate(bottoms: 2...max(2, layer.bottoms.count), tops: max(layer.bottoms.count - 1, 1)) { _ in
                .filter
            }
        case "Embed": try embed()
        case "LSTM": try recurrent(.lstm)
        case "RNN": try recurrent(.plain)
        case "DummyData": try fill()
        case "Parameter": try parameter()
        default: try candidateOfFork()
        }
    }

    private func localResponse() throws(ModelError) -> LayerCandidate {
        let fields = try parameters("lrn_param")
        let region = try fields.choice(
            "norm_region",
            [("ACROSS_CHANNELS", LocalResponse.Region.acrossChannels), ("WITHIN_CHANNEL", .withinChannel)])
        let response = LocalResponse(
            region: region ?? .acrossChannels,
            size: try fields.integer("local_size", atLeast: 1) ?? 5, alpha: Double(try fields.float("alpha") ?? 1),
            beta: Double(try fields.float("beta") ?? 0.75), k: Double(try fields.float("k") ?? 1))
        return LayerCandidate(
            message: "lrn_param", fields: ["local_size", "alpha", "beta", "norm_region", "k", "engine"],
            objection: region == nil
                ? "its 'norm_region' is not known"
                : response.size % 2 == 0 ? "its 'local_size' \(response.size) is not odd" : nil
        ) { _ in .localResponse(response) }
    }

    private func meanVariance() throws(ModelError) -> LayerCandidate {
        let fields = try parameters("mvn_param")
        let operation = MeanVariance(
            normalizesVariance: try fields.bool("normalize_variance") ?? true,
            isAcrossChannels: try fields.bool("across_channels") ?? false,
            epsilon: Double(try fields.float("eps") ?? 1e-9))
        return LayerCandidate(message: "mvn_param", fields: ["normalize_variance", "across_channels", "eps"]) { _ in
            .meanVariance(operation)
        }
    }

    private func argMax() throws(ModelError) -> LayerCandidate {
        let fields = try parameters("argmax_param")
        let operation = ArgMax(
            axis: try fields.integer("axis"), topCount: try fields.integer("top_k", atLeast: 1) ?? 1,
            givesValues: try fields.bool("out_max_val") ?? false)
        return LayerCandidate(message: "argmax_param", fields: ["axis", "top_k", "out_max_val"]) { _ in
            .argMax(operation)
        }
    }

    private func reduction() throws(ModelError) -> LayerCandidate {
        let fields = try parameters("reduction_param")
        let method = try fields.choice(
            "operation",
            [("SUM", Reduction.Method.sum), ("ASUM", .sumOfMagnitudes), ("SUMSQ", .sumOfSquares), ("MEAN", .mean)],
            firstNumber: 1)
        let operation = Reduction(
            method: method ?? .sum, axis: try fields.integer("axis") ?? 0,
            coefficient: Double(try fields.float("coeff") ?? 1))
        return LayerCandidate(
            message: "reduction_param", fields: ["operation", "axis", "coeff"],
            objection: method == nil ? "its 'operation' is not known" : nil
        ) { _ in .reduction(operation) }
    }

    private func tile() throws(ModelError) -> LayerCandidate {
        let fields = try parameters("tile_param")
        let axis = try fields.integer("axis") ?? 1
        let count = try fields.integer("tiles", atLeast: 1)
        return LayerCandidate(
            message: "tile_param", fields: ["axis", "tiles"], objection: count == nil ? "it has no 'tiles'" : nil
        ) { _ in .tile(axis: axis, count: count ?? 1) }
    }

    private func spatialPyramid() throws(ModelError) -> LayerCandidate {
        let fields = try parameters("spp_param")
        let levels = try fields.integer("pyramid_height", atLeast: 1)
        let method = try fields.choice(
            "pool", [("MAX", Pooling.Method.max), ("AVE", .average), ("STOCHASTIC", .stochastic)])
        return LayerCandidate(
            message: "spp_param", fields: ["pyramid_height", "pool", "engine"],
            objection: levels == nil ? "it has no 'pyramid_height'" : method == nil ? "its 'pool' is not known" : nil
        ) { _ in .spatialPyramid(SpatialPyramid(method: method ?? .max, levels: levels ?? 1)) }
    }

    private func im2col() throws(ModelError) -> LayerCandidate {
        let fields = try parameters("convolution_param")
        let axis = try fields.integer("axis") ?? 1
        let channelAxis = axis < 0 ? (input?.rank ?? 0) + axis : axis
        let spatialAxes = input.map { max($0.rank - channelAxis - 1, 0) } ?? 2
        let window = try SpatialFields(fields, layer: layer, spatialAxes: spatialAxes)
        let operation = Im2col(
            kernel: window.kernel, stride: window.stride, pad: window.padBefore, dilation: window.dilation,
            channelAxis: channelAxis)
        return LayerCandidate(
            message: "convolution_param",
            fields: [
                "kernel_size", "stride", "pad", "dilation", "kernel_h", "kernel_w", "stride_h", "stride_w", "pad_h",
                "pad_w", "axis", "force_nd_im2col", "num_output", "bias_term", "engine",
            ],
            bottoms: 1...max(layer.bottoms.count, 1), tops: layer.bottoms.count,
            objection: window.objection ?? (channelAxis < 0 ? "its axis \(axis) is not one of its bottom" : nil)
        ) { _ in .im2col(operation) }
    }
}
