import Frontend
import NetGraph

/// What the fields of layers do to this program: those of Caffe itself, and those that its forks added (docs/caffe.md has the same table).
///
/// A field that is in none of the lists may do anything, so a layer that has it is left alone.
enum KnownFields {
    /// A field that makes a layer more than its type says.
    struct Obstacle: Sendable {
        /// The values with which it does nothing.
        var harmless: [String]
        /// What it does otherwise, as the end of a sentence.
        var effect: String
    }

    /// The fields of one message. A class because it is looked up for each layer.
    final class Message: Sendable {
        /// Caffe's own: read, or of no meaning to a deployed net.
        let caffe: Set<String>
        /// Of forks, read like Caffe's own: geometry and constants.
        let read: Set<String>
        /// Of forks, without effect on what a deployed layer computes: kept as they stand.
        let kept: Set<String>
        let obstacles: [String: Obstacle]

        init(
            caffe: Set<String>, read: Set<String> = [], kept: Set<String> = [], obstacles: [String: Obstacle] = [:]
        ) {
            self.caffe = caffe
            self.read = read
            self.kept = kept
            self.obstacles = obstacles
        }

        func knows(_ field: String) -> Bool {
            caffe.contains(field) || read.contains(field) || kept.contains(field)
                || KnownFields.keptEverywhere.contains(field)
        }
    }

    /// Of forks: which code runs the layer, on which device, in which number format.
    static let keptEverywhere: Set<String> = [
        "engine", "cudnn_flavor", "device", "num_threads", "quantization_param", "quantize_param", "debug_info",
    ]

    /// By the name of the message.
    static let messages: [String: Message] = [
        "convolution_param": Message(
            caffe: [
                "num_output", "bias_term", "pad", "kernel_size", "group", "stride", "weight_filler", "bias_filler",
                "pad_h", "pad_w", "kernel_h", "kernel_w", "stride_h", "stride_w", "engine", "axis", "force_nd_im2col",
                "dilation",
            ],
            read: sides.union([
                "pad_type", "kernel_d", "stride_d", "pad_d", "kernel_depth", "hole", "hole_h", "hole_w",
            ]),
            kept: [
                "cudnn_math_override", "conv_algos_override", "cudnn_convolution_algo_seeker", "weight_fixed",
                "dis_mode", "gen_mode", "relu_param", "negative_slope",
            ],
            obstacles: quantized.merging([
                "fuse_type": Obstacle(harmless: ["UNFUSED", "0"], effect: "builds another layer into it"),
                "fusion_type": Obstacle(harmless: ["UNFUSED", "0"], effect: "builds another layer into it"),
                "relu": Obstacle(harmless: ["false", "0"], effect: "builds a ReLU into it"),
            ]) { $1 }),
        "inner_product_param": Message(
            caffe: ["num_output", "bias_term", "weight_filler", "bias_filler", "axis", "transpose"],
            kept: ["weight_fixed", "dis_mode", "gen_mode"], obstacles: quantized),
        "pooling_param": Message(
            caffe: [
                "pool", "pad", "pad_h", "pad_w", "kernel_size", "kernel_h", "kernel_w", "stride", "stride_h",
                "stride_w", "engine", "global_pooling", "round_mode",
            ],
            read: sides.union(["pad_type", "ceil_mode", "kernel_d", "stride_d", "pad_d", "kernel_depth"]),
            obstacles: quantized.merging([
                "output_shift_instead_division": Obstacle(harmless: ["0"], effect: "divides by another number")
            ]) { $1 }),
        "relu_param": Message(
            caffe: ["negative_slope", "engine"], read: ["relu6", "maximum", "minimum"], obstacles: quantized),
        "elu_param": Message(caffe: ["alpha"], read: ["lambda"]),
        "sigmoid_param": Message(caffe: ["engine"]),
        "tanh_param": Message(caffe: ["engine"]),
        "exp_param": Message(caffe: ["base", "scale", "shift"]),
        "log_param": Message(caffe: ["base", "scale", "shift"]),
        "clip_param": Message(caffe: ["min", "max"]),
        "swish_param": Message(caffe: ["beta"]),
        "threshold_param": Message(caffe: ["threshold"]),
        "power_param": Message(caffe: ["power", "scale", "shift"]),
        "prelu_param": Message(caffe: ["filler", "channel_shared"]),
        "scale_param": Message(caffe: ["axis", "num_axes", "filler", "bias_term", "bias_filler"]),
        "bias_param": Message(caffe: ["axis", "num_axes", "filler"]),
        "batch_norm_param": Message(
            caffe: ["use_global_stats", "moving_average_fraction", "eps"], read: ["add_eps_before_sqrt", "scale_bias"],
            kept: [
                "filler", "bias_filler", "scale_filler", "use_weight_bias", "bias_term", "stats_batch_size", "frozen",
                "update_global_stats", "icnet",
            ]),
        "bn_param": Message(
            caffe: [], read: ["bn_mode", "eps"],
            kept: ["scale_filler", "shift_filler", "slope_filler", "bias_filler", "momentum", "frozen", "icnet"]),
        "softmax_param": Message(
            caffe: ["engine", "axis"],
            obstacles: ["input_scale": Obstacle(harmless: ["1"], effect: "scales its numbers")]),
        "concat_param": Message(caffe: ["axis", "concat_dim"]),
        "slice_param": Message(caffe: ["axis", "slice_point", "slice_dim"]),
        "eltwise_param": Message(
            caffe: ["operation", "coeff", "stable_prod_grad"],
            obstacles: quantized.merging([
                "axis": Obstacle(harmless: ["0"], effect: "repeats one bottom along the other"),
                "coeff_blob": Obstacle(harmless: ["false", "0"], effect: "takes its coefficients from a bottom"),
            ]) { $1 }),
        "flatten_param": Message(caffe: ["axis", "end_axis"]),
        "reshape_param": Message(caffe: ["shape", "axis", "num_axes"], read: ["pixelshuffler"]),
        "crop_param": Message(caffe: ["axis", "offset"]),
        "permute_param": Message(caffe: ["order"]),
        "dropout_param": Message(
            caffe: ["dropout_ratio"], read: ["sample_weights_test"],
            obstacles: [
                "scale_train": Obstacle(harmless: ["true", "1"], effect: "scales its input at deployment instead")
            ]),
    ]

    /// The message that holds the fields of a type; `nil` for types whose fields are checked elsewhere, or not known.
    static func message(ofType type: String) -> (name: String, fields: Message)? { messagesOfTypes[type] }

    private static let messagesOfTypes = messageNames.compactMapValues { name in
        messages[name].map { (name: name, fields: $0) }
    }

    /// Fields of a layer itself that make it more than its type says.
    static let layerObstacles: KeyValuePairs = [
        "param_bottoms": Obstacle(harmless: ["0"], effect: "takes its weights from its bottoms")
    ]

    /// Padding of each side.
    private static let sides: Set<String> = ["pad_l", "pad_r", "pad_t", "pad_b"]

    /// Arithmetic in whole numbers.
    private static let quantized = [
        "saturate": Obstacle(harmless: ["None", "0"], effect: "limits its numbers"),
        "input_scale": Obstacle(harmless: ["1"], effect: "scales its numbers"),
        "output_scale": Obstacle(harmless: ["1"], effect: "scales its numbers"),
        "input_zero_point": Obstacle(harmless: ["0"], effect: "shifts its numbers"),
        "output_zero_point": Obstacle(harmless: ["0"], effect: "shifts its numbers"),
        "weight_zero_point": Obstacle(harmless: ["0"], effect: "shifts its numbers"),
    ]

    private static let messageNames = [
        "Convolution": "convolution_param", "DepthwiseConvolution": "convolution_param",
        "ConvolutionDepthwise": "convolution_param", "Deconvolution": "convolution_param",
        "InnerProduct": "inner_product_param", "Pooling": "pooling_param", "ReLU": "relu_param", "ELU": "elu_param",
        "Sigmoid": "sigmoid_param", "TanH": "tanh_param", "Exp": "exp_param", "Log": "log_param", "Clip": "clip_param",
        "Swish": "swish_param", "Threshold": "threshold_param", "Power": "power_param", "PReLU": "prelu_param",
        "Scale": "scale_param", "Bias": "bias_param", "Softmax": "softmax_param", "Concat": "concat_param",
        "Slice": "slice_param", "Eltwise": "eltwise_param", "Flatten": "flatten_param", "Reshape": "reshape_param",
        "Crop": "crop_param", "Permute": "permute_param", "Dropout": "dropout_param",
    ]
}

extension LayerTranslator {
    /// Why the layer's fields do not let it be taken for what its type says, as part of a sentence; `nil` when they do.
    func fieldObjection() throws(ModelError) -> String? {
        for (name, obstacle) in KnownFields.layerObstacles {
            if layer.reader.hasOther(name, than: obstacle.harmless) { return "its field '\(name)' \(obstacle.effect)" }
        }
        guard let (name, known) = KnownFields.message(ofType: layer.type) else { return nil }
        let fields = try parameters(name)
        let unknown = fields.fieldNames { !known.knows($0) && known.obstacles[$0] == nil }
        if !unknown.isEmpty { return "its field \(unknown.map { "'\($0)'" }.joined(separator: ", ")) is not known" }
        for name in fields.fieldNames(where: { known.obstacles[$0] != nil }) {
            guard let obstacle = known.obstacles[name], fields.hasOther(name, than: obstacle.harmless) else { continue }
            return "its field '\(name)' \(obstacle.effect)"
        }
        return nil
    }

    /// A layer of a type that is known, which does more than its type says.
    func opaque(because cause: String) throws(ModelError) -> Operation {
        .opaque(Opaque(type: layer.type, parameters: try registry.registerAll(of: layer), cause: cause))
    }
}

extension FieldReader {
    /// Whether a field is given with another value than any of these.
    fileprivate func hasOther(_ name: String, than harmless: [String]) -> Bool {
        (message?.values(named: name) ?? []).contains { value in
            guard let scalar = value.scalar else { return true }
            let text = scalar.stringValue ?? scalar.identifier ?? scalar.text
            if harmless.contains(where: { $0.lowercased() == text.lowercased() }) { return false }
            guard let number = scalar.doubleValue else { return true }
            return !harmless.contains { Double($0) == number }
        }
    }
}
