import CaffeModel
import NetGraph
import Testing

/// Fields that forks of Caffe added: read, kept, or an obstacle.
@Suite("Fields of forks")
struct ForkFieldsTests {
    /// The operation and the shape of the top of a layer that reads `data`, 1x4x9x9 unless told otherwise.
    private func layer(
        _ type: String, _ fields: String = "", shape: [Int] = [1, 4, 9, 9], bottoms: Int = 1
    ) throws -> (operation: Operation, shape: TensorShape?) {
        let dimensions = shape.map { "dim: \($0) " }.joined()
        let bottom = [String](repeating: #"bottom: "data" "#, count: bottoms).joined()
        let network = try TestNet(
            #"layer { name: "data" type: "Input" top: "data" input_param { shape { \#(dimensions)} } }"#
                + "layer { name: \"x\" type: \"\(type)\" \(bottom)top: \"x\" \(fields) }"
        ).network()
        return (network.layers[1].operation, network[network.layers[1].outputs[0]].shape)
    }

    private func cause(_ operation: Operation) -> String? {
        guard case .opaque(let opaque) = operation else { return nil }
        return opaque.cause
    }

    private func convolution(_ fields: String) throws -> Convolution? {
        guard case .convolution(let convolution) = try layer("Convolution", "convolution_param { \(fields) }").operation
        else { return nil }
        return convolution
    }

    private func pooling(_ fields: String, shape: [Int] = [1, 4, 9, 9]) throws -> Pooling? {
        guard case .pooling(let pooling) = try layer("Pooling", "pooling_param { \(fields) }", shape: shape).operation
        else { return nil }
        return pooling
    }

    // MARK: Geometry

    @Test("each side of a window has its own padding")
    func sides() throws {
        let fields = "kernel_size: 3 stride: 2 pad_l: 1 pad_r: 2 pad_t: 0 pad_b: 1"
        let convolution = try #require(try convolution("num_output: 2 \(fields)"))
        #expect(convolution.padBefore == [0, 1] && convolution.padAfter == [1, 2])
        let pooling = try #require(try pooling(fields))
        #expect(pooling.padBefore == [0, 1] && pooling.padAfter == [1, 2])
    }

    @Test("a side that is not given has the padding of all", arguments: ["pad: 1", "pad_h: 1 pad_w: 1"])
    func otherSides(pad: String) throws {
        let pooling = try #require(try pooling("kernel_size: 3 \(pad) pad_r: 0"))
        #expect(pooling.padBefore == [1, 1] && pooling.padAfter == [1, 0])
    }

    @Test("'pad_type' 1 covers the input, and 0 is the padding that is given", arguments: ["1", "SAME", #""SAME""#])
    func covering(value: String) throws {
        #expect(try convolution("num_output: 2 kernel_size: 3 stride: 2 pad_type: \(value)")?.padsToCover == true)
        #expect(try pooling("kernel_size: 3 stride: 2 pad_type: \(value)")?.padsToCover == true)
        #expect(try convolution("num_output: 2 kernel_size: 3 pad: 1 pad_type: 0")?.padsToCover == false)
    }

    @Test(
        "a padding that is not known leaves the channels known",
        arguments: ["pad_type: 7", "pad_type: 1 pad: 1", "pad_type: 1 dilation: 2", "pad_type: VALID pad_l: 1"])
    func unknownPadding(fields: String) throws {
        let (operation, shape) = try layer(
            "Convolution", "convolution_param { num_output: 6 kernel_size: 3 \(fields) }")
        #expect(cause(operation)?.contains("'pad_type'") == true)
        #expect(shape == TensorShape([1, 6, nil, nil]))
    }

    @Test("a pooling has as many axes as its input")
    func axes() throws {
        let repeated = "kernel_size: [1, 2, 2] stride: 1 stride: 2 stride: 2 pad: [0, 1, 1]"
        let three = try #require(try pooling(repeated, shape: [1, 4, 5, 9, 9]))
        #expect(three.kernel == [1, 2, 2] && three.stride == [1, 2, 2] && three.padBefore == [0, 1, 1])
        let named = "kernel_d: 1 kernel_h: 2 kernel_w: 2 stride: 2 stride_d: 1 pad_d: 0 pad_h: 1 pad_w: 1"
        #expect(try pooling(named, shape: [1, 4, 5, 9, 9]) == three)
        #expect(try pooling("kernel_size: 2", shape: [1, 4, 5, 9, 9])?.kernel == [2, 2, 2])
        #expect(try pooling("kernel_size: 2 stride: 2", shape: [1, 4, 9])?.kernel == [2])
    }

    @Test("a convolution takes a depth, and holes for its dilation")
    func depth() throws {
        let fields = "convolution_param { num_output: 2 kernel_size: 3 kernel_d: 1 pad: 1 pad_d: 0 }"
        guard case .convolution(let deep) = try layer("Convolution", fields, shape: [1, 4, 5, 9, 9]).operation else {
            Issue.record("no convolution")
            return
        }
        #expect(deep.kernel == [1, 3, 3] && deep.padBefore == [0, 1, 1])
        #expect(try convolution("num_output: 2 kernel_size: 3 hole: 2")?.dilation == [2, 2])
    }

    @Test("as many windows as there are axes, or an error that counts them")
    func wrongCount() {
        let message = failure { try pooling("kernel_size: [1, 2, 2]") }
        #expect(message.contains("'kernel_size' is given 3 times"))
        #expect(failure { try pooling("kernel_h: 2") }.contains("has no 'kernel_w'"))
        #expect(failure { try pooling("kernel_size: 2 stride_d: 2") }.contains("'stride_d' goes with 3 spatial axes"))
    }

    @Test("'ceil_mode' and the average without padding")
    func rounding() throws {
        #expect(try pooling("kernel_size: 2 ceil_mode: false")?.roundsUp == false)
        #expect(try pooling("kernel_size: 2 pool: AVE_EXC_PAD")?.countsPadding == false)
    }

    // MARK: Functions

    @Test("a ReLU may be limited from above")
    func limits() throws {
        #expect(try layer("ReLU", "relu_param { relu6: true }").operation == .activation(.relu6))
        #expect(try layer("ReLU", "relu_param { relu6: false }").operation == .activation(.relu(negativeSlope: 0)))
        #expect(
            try layer("ReLU", "relu_param { maximum: 20 }").operation == .activation(.clip(minimum: 0, maximum: 20)))
        let both = try layer("ReLU", "relu_param { relu6: true negative_slope: 0.5 }")
        #expect(cause(both.operation) != nil)
        #expect(both.shape == TensorShape([1, 4, 9, 9]))
    }

    @Test("an ELU has a factor")
    func elu() throws {
        #expect(
            try layer("ELU", "elu_param { alpha: 2 lambda: 0.5 }").operation
                == .activation(.elu(alpha: 2, scale: 0.5)))
    }

    @Test("'add_eps_before_sqrt' tells where eps is added", arguments: [true, false])
    func epsilon(isBefore: Bool) throws {
        let (operation, _) = try layer("BatchNorm", "batch_norm_param { add_eps_before_sqrt: \(isBefore) }")
        guard case .batchNorm(let batchNorm) = operation else {
            Issue.record("no BatchNorm")
            return
        }
        #expect(batchNorm.addsEpsilonToDeviation == !isBefore)
        #expect(batchNorm.unknownFields.isEmpty)
    }

    @Test("a Reshape may shuffle pixels")
    func pixelShuffle() throws {
        let (operation, shape) = try layer("Reshape", "reshape_param { pixelshuffler: 2 }")
        #expect(operation == .pixelShuffle(factor: 2))
        #expect(shape == TensorShape([1, 1, 18, 18]))
    }

    @Test("a Dropout that samples at deployment is no identity")
    func samplingDropout() throws {
        let (operation, _) = try layer("Dropout", "dropout_param { sample_weights_test: true }")
        #expect(operation == .stochastic(type: "Dropout"))
        let scaling = try layer("Dropout", "dropout_param { scale_train: false }").operation
        #expect(cause(scaling) == "its field 'scale_train' scales its input at deployment instead")
    }

    // MARK: Obstacles

    @Test(
        "a convolution that does more is left alone, and named",
        arguments: [
            ("relu: true", "its field 'relu' builds a ReLU into it"),
            ("fuse_type: FUSED_CONV_RELU", "its field 'fuse_type' builds another layer into it"),
            ("fusion_type: SUM_FUSION", "its field 'fusion_type' builds another layer into it"),
            ("saturate: Signed", "its field 'saturate' limits its numbers"),
            ("novelty: 1", "its field 'novelty' is not known"),
        ])
    func obstacles(fields: String, expected: String) throws {
        let (operation, shape) = try layer(
            "Convolution", "convolution_param { num_output: 6 kernel_size: 3 \(fields) }")
        #expect(cause(operation) == expected)
        #expect(shape == TensorShape([1, 6, nil, nil]))
    }

    @Test(
        "fields that change nothing are no obstacle",
        arguments: [
            "relu: false", "fuse_type: UNFUSED", "saturate: None", "cudnn_flavor: 2", "engine: MKL2017",
            "weight_fixed: true", "input_scale: 1.0",
        ])
    func harmless(fields: String) throws {
        #expect(try convolution("num_output: 6 kernel_size: 3 \(fields)") != nil)
    }

    @Test("so are engines and devices beside them")
    func layerFields() throws {
        let fields = #"engine: "MKL2017" device { type: GPU } quantization_param { scale_in: 2 }"#
        let (operation, _) = try layer("Convolution", "\(fields) convolution_param { num_output: 2 kernel_size: 1 }")
        #expect(cause(operation) == nil)
    }

    @Test("a convolution whose weights come from its bottoms is left alone")
    func weightsFromBottoms() throws {
        let (operation, shape) = try layer(
            "Convolution", "param_bottoms: 2 convolution_param { num_output: 6 kernel_size: 3 }", bottoms: 3)
        #expect(cause(operation) == "its field 'param_bottoms' takes its weights from its bottoms")
        #expect(shape?.length(ofAxis: 1) == 6)
    }

    @Test(
        "a field that is not known makes any layer opaque",
        arguments: [
            ("ReLU", "relu_param { novelty: 1 }"), ("Pooling", "pooling_param { kernel_size: 2 novelty: 1 }"),
            ("Eltwise", "eltwise_param { novelty: 1 }"), ("Scale", "scale_param { novelty: 1 }"),
            ("Concat", "concat_param { novelty: 1 }"), ("Softmax", "softmax_param { novelty: 1 }"),
            ("InnerProduct", "inner_product_param { num_output: 2 novelty: 1 }"),
        ])
    func unknown(type: String, fields: String) throws {
        #expect(cause(try layer(type, fields).operation) == "its field 'novelty' is not known")
    }

    // MARK: Shapes behind what is not modelled

    @Test(
        "the channels behind a layer that is not modelled are known where they are certain",
        arguments: [
            ("Pooling", "pooling_param { kernel_size: 2 pool: LSE }", [1, 4, nil, nil]),
            ("ReLU", "relu_param { novelty: 1 }", [1, 4, 9, 9]),
            ("DeformableConvolution", "convolution_param { num_output: 6 kernel_size: 3 }", [1, 6, nil, nil]),
            ("Deconvolution", "convolution_param { num_output: 6 kernel_size: 3 novelty: 1 }", [1, 6, nil, nil]),
            ("InnerProduct", "inner_product_param { num_output: 6 novelty: 1 }", [1, 6]),
            ("DenseBlock", "denseblock_param { numTransition: 3 initChannel: 4 growthRate: 2 }", [1, 10, nil, nil]),
        ] as [(String, String, [Int?])])
    func channels(type: String, fields: String, expected: [Int?]) throws {
        #expect(try layer(type, fields).shape == TensorShape(expected))
    }

    @Test("a choice that only a fork has, by name or number, makes a layer opaque", arguments: ["DIV", "3"])
    func choices(value: String) throws {
        let (operation, shape) = try layer("Eltwise", "eltwise_param { operation: \(value) }", bottoms: 2)
        #expect(cause(operation) == "its operation '\(value)' is not known")
        #expect(shape == TensorShape([1, 4, nil, nil]))
        #expect(
            cause(try layer("Pooling", "pooling_param { kernel_size: 2 round_mode: 7 }").operation)
                == "its round_mode '7' is not known")
    }

    @Test("a pooling over three axes behind a window whose axes nobody counted has three")
    func countedLater() throws {
        let network = try TestNet(
            #"layer { name: "data" type: "Input" top: "data" }"#
                + #"layer { name: "conv" type: "Convolution" bottom: "data" top: "conv" convolution_param { num_output: 6 kernel_size: 3 } }"#
                + #"layer { name: "pool" type: "Pooling" bottom: "conv" top: "pool" pooling_param { kernel_size: [1, 2, 2] } }"#
        ).network()
        #expect(network[network.layers[2].outputs[0]].shape == TensorShape([nil, 6, nil, nil, nil]))
    }

    @Test("nothing is known behind a type that is not", arguments: ["Novelty", "DenseBlock"])
    func unknownType(type: String) throws {
        #expect(try layer(type).shape?.length(ofAxis: 1) == nil)
    }
}
