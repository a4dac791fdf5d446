import CaffeModel
import NetGraph
import Testing

/// Layers whose fields say what they compute, for whoever runs the net.
@Suite("More layers")
struct MoreLayersTests {
    /// The operation of a layer that reads `data` (1x4x8x8) and, where it asks for more, copies of it.
    private func operation(
        _ type: String, _ fields: String = "", bottoms: Int = 1, tops: Int = 1, blobs: [String: TestNet.Blob]? = nil
    ) throws -> Operation {
        var text =
            #"layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 4 dim: 8 dim: 8 } } }"#
        text += "layer { name: \"x\" type: \"\(type)\""
        for _ in 0..<bottoms { text += " bottom: \"data\"" }
        for top in 0..<tops { text += " top: \"top\(top)\"" }
        return try TestNet(text + " \(fields) }", blobs: blobs).network().layers[1].operation
    }

    private func cause(_ operation: Operation) -> String? {
        guard case .opaque(let opaque) = operation else { return nil }
        return opaque.cause
    }

    @Test("activations take their constants from their fields, or Caffe's defaults")
    func activations() throws {
        #expect(try operation("ELU") == .activation(.elu(alpha: 1)))
        #expect(try operation("ELU", "elu_param { alpha: 0.5 }") == .activation(.elu(alpha: 0.5)))
        #expect(try operation("Exp") == .activation(.exponential(base: nil, scale: 1, shift: 0)))
        #expect(
            try operation("Log", "log_param { base: 2 scale: 3 shift: 4 }")
                == .activation(.logarithm(base: 2, scale: 3, shift: 4)))
        #expect(try operation("Clip", "clip_param { min: -1 max: 2 }") == .activation(.clip(minimum: -1, maximum: 2)))
        #expect(try operation("Swish") == .activation(.swish(beta: 1)))
        #expect(try operation("Threshold", "threshold_param { threshold: 0.5 }") == .activation(.threshold(0.5)))
    }

    @Test("normalisations take their constants from their fields, or Caffe's defaults")
    func normalisations() throws {
        #expect(try operation("LRN") == .localResponse(LocalResponse(region: .acrossChannels)))
        #expect(
            try operation("LRN", "lrn_param { local_size: 3 alpha: 2 beta: 0.5 k: 4 norm_region: WITHIN_CHANNEL }")
                == .localResponse(LocalResponse(region: .withinChannel, size: 3, alpha: 2, beta: 0.5, k: 4)))
        #expect(try operation("MVN") == .meanVariance(MeanVariance()))
    }

    @Test("reductions and repetitions know their shapes")
    func reductions() throws {
        #expect(try operation("ArgMax", "argmax_param { axis: 1 top_k: 2 }") == .argMax(ArgMax(axis: 1, topCount: 2)))
        #expect(
            try operation("Reduction", "reduction_param { operation: MEAN axis: 2 coeff: 3 }")
                == .reduction(Reduction(method: .mean, axis: 2, coefficient: 3)))
        #expect(
            try operation("Reduction", "reduction_param { operation: 3 }")
                == .reduction(Reduction(method: .sumOfSquares)))
        #expect(try operation("Tile", "tile_param { tiles: 3 }") == .tile(axis: 1, count: 3))
        #expect(
            try operation("SPP", "spp_param { pyramid_height: 2 pool: AVE }")
                == .spatialPyramid(SpatialPyramid(method: .average, levels: 2)))
    }

    @Test("layers of forks are read from their fields")
    func forks() throws {
        #expect(try operation("ShuffleChannel", "shuffle_channel_param { group: 2 }") == .shuffleChannel(groups: 2))
        #expect(try operation("Reorg", "reorg_param { stride: 2 }") == .reorg(Reorg(stride: 2)))
        #expect(
            try operation("Upsample", "upsample_param { scale: 3 }")
                == .upsample(
                    Upsample(size: .factors(height: 3, width: 3, lessHeight: 0, lessWidth: 0), hasMask: false)))
        #expect(
            try operation("Upsample", "upsample_param { scale: 2 pad_out_h: true }", bottoms: 2)
                == .upsample(
                    Upsample(size: .factors(height: 2, width: 2, lessHeight: 1, lessWidth: 0), hasMask: true)))
        #expect(
            try operation("Interp", "interp_param { zoom_factor: 8 pad_beg: -1 }")
                == .interpolation(Interpolation(size: .factors(shrink: 1, zoom: 8), cropBefore: 1)))
    }

    @Test("prior boxes flip their ratios and cut their sizes to whole pixels")
    func priorBox() throws {
        let operation = try operation(
            "PriorBox",
            "prior_box_param { min_size: 30.4 max_size: 60.8 aspect_ratio: 2 aspect_ratio: 1 clip: true step: 16 }",
            bottoms: 2)
        #expect(
            operation
                == .priorBox(
                    PriorBox(
                        minimumSizes: [30], maximumSizes: [60], aspectRatios: [1, 2, 0.5], clips: true, stepHeight: 16,
                        stepWidth: 16)))
    }

    @Test("a DetectionOutput takes what its fields leave out from SSD")
    func detectionOutput() throws {
        let priors = #"layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 8 } } }"#
        let text =
            #"layer { name: "x" type: "DetectionOutput" bottom: "data" bottom: "data" bottom: "data" top: "y" detection_output_param { num_classes: 2 code_type: CENTER_SIZE nms_param { top_k: 9 } } }"#
        let network = try TestNet(priors + text).network()
        #expect(
            network.layers[1].operation
                == .detectionOutput(DetectionOutput(classCount: 2, code: .centerSize, candidateCount: 9)))
        #expect(network[network.outputs[0]].shape == TensorShape([1, 1, nil, 7]))
    }

    @Test("a layer with blobs has them by role")
    func blobs() throws {
        let scale = TestNet.Blob(shape: [4], values: [1, 2, 3, 4])
        let operation = try operation(
            "Normalize", "norm_param { channel_shared: false across_spatial: false }", blobs: ["x/0": scale])
        #expect(operation == .normalize(Normalize(scale: ParameterID(0), isAcrossSpatial: false)))
        #expect(operation.parameters == [ParameterID(0)])
    }

    @Test("a DummyData beside data is filled with its number")
    func dummyData() throws {
        #expect(
            try operation(
                "DummyData", "dummy_data_param { data_filler { value: 3 } shape { dim: 2 dim: 5 } }", bottoms: 0,
                tops: 2)
                == .fill(Fill(shapes: [[2, 5], [2, 5]], values: [3, 3])))
        #expect(
            cause(
                try operation(
                    "DummyData", #"dummy_data_param { data_filler { type: "gaussian" } shape { dim: 2 } }"#, bottoms: 0)
            )
                == "its filler is not constant")
    }

    @Test("a recurrent layer has its blobs in Caffe's order")
    func recurrent() throws {
        let blobs = [
            "x/0": TestNet.Blob(shape: [12, 64], values: [Double](repeating: 0, count: 768)),
            "x/1": TestNet.Blob(shape: [12], values: [Double](repeating: 0, count: 12)),
            "x/2": TestNet.Blob(shape: [12, 3], values: [Double](repeating: 0, count: 36)),
        ]
        #expect(
            try operation("LSTM", "recurrent_param { num_output: 3 }", bottoms: 2, blobs: blobs)
                == .recurrent(Recurrent(cell: .lstm, outputCount: 3, parameters: (0..<3).map { ParameterID($0) })))
    }

    // MARK: What stays opaque

    @Test("a field that is not known makes a layer opaque")
    func unknownField() throws {
        #expect(
            cause(try operation("LRN", "lrn_param { fuse_type: FUSED_POOL_MAX }"))
                == "its field 'fuse_type' is not known")
    }

    @Test("another number of bottoms or tops makes a layer opaque")
    func bottoms() throws {
        #expect(cause(try operation("ShuffleChannel", bottoms: 2)) == "it has 2 bottoms and 1 tops")
        #expect(cause(try operation("Axpy", bottoms: 2)) == "it has 2 bottoms and 1 tops")
    }

    @Test("blobs that the layer of that name does not have make it opaque, and are kept")
    func otherBlobs() throws {
        let operation = try operation(
            "Axpy", bottoms: 3, blobs: ["x/0": TestNet.Blob(shape: [7], values: [1, 2, 3, 4, 5, 6, 7])])
        #expect(cause(operation) == "its blobs are not those of Caffe's layer of that name")
        #expect(operation.parameters.count == 1)
    }

    @Test("shapes that do not go together make a layer opaque")
    func shapes() throws {
        #expect(cause(try operation("Reorg", "reorg_param { stride: 3 }"))?.contains("stride 3") == true)
        #expect(cause(try operation("ArgMax", "argmax_param { axis: 7 }"))?.contains("axis 7") == true)
    }

    @Test("a choice that is not known makes a layer opaque")
    func unknownChoice() throws {
        #expect(cause(try operation("SPP", "spp_param { pyramid_height: 1 pool: LSE }")) == "its 'pool' is not known")
    }

    @Test("another fork's Normalize is not SSD's")
    func otherNormalize() throws {
        #expect(cause(try operation("Normalize", #"normalize_param { bp_norm: true }"#)) == "it has no 'norm_param'")
    }
}
