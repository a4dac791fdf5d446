/// The fork of Caffe whose batch normalisations a net is to have.
public enum TargetDialect: String, Hashable, Sendable, CaseIterable {
    /// BVLC Caffe: `BatchNorm` of three blobs, and a `Scale` for gamma and beta.
    case bvlc
    /// NVCaffe: `BatchNorm` of five blobs with `scale_bias: true`.
    case nvcaffe
    /// SegNet's Caffe: `BN` with `bn_mode: INFERENCE`, whose two blobs are the finished normalisation.
    case segnet

    /// The name in a sentence.
    var fork: String {
        switch self {
        case .bvlc: "BVLC Caffe"
        case .nvcaffe: "NVCaffe"
        case .segnet: "SegNet's Caffe"
        }
    }

    /// What its parser knows of `batch_norm_param`.
    var batchNormFields: Set<String> {
        let common: Set<String> = ["use_global_stats", "moving_average_fraction", "eps"]
        return self == .nvcaffe ? common.union(["scale_bias", "scale_filler", "bias_filler", "engine"]) : common
    }

    /// What NVCaffe added to the layers themselves, and no other fork knows: number formats, which change nothing but rounding.
    private static let layerFieldsOfNVCaffe: Set<String> = [
        "forward_type", "backward_type", "forward_math", "backward_math", "debug", "cluster",
    ]

    /// What NVCaffe added to the messages of layers, without effect on what is computed.
    private static let messageFieldsOfNVCaffe: Set<String> = [
        "cudnn_math_override", "conv_algos_override", "cudnn_convolution_algo_seeker",
    ]

    /// What NVCaffe added to the net itself, without effect on what is computed.
    private static let netFieldsOfNVCaffe: Set<String> = [
        "default_forward_type", "default_backward_type", "default_forward_math", "default_backward_math",
        "global_grad_scale", "global_grad_scale_adaptive", "default_cudnn_math_override",
        "default_conv_algos_override", "reduce_buckets", "net_quantization_param",
    ]

    /// What Intel Caffe added to the net itself, without effect on what is computed in Float.
    private static let netFieldsOfIntel: Set<String> = [
        "engine", "bn_stats_batch_size", "compile_net_state", "profile_info", "quantize",
    ]

    /// Whether a field of the net itself is one that this fork's parser does not know, and that changes nothing.
    func drops(netField name: String) -> Bool {
        Self.netFieldsOfIntel.contains(name) || self != .nvcaffe && Self.netFieldsOfNVCaffe.contains(name)
    }

    /// The same of a field of a layer.
    func drops(layerField name: String) -> Bool {
        KnownFields.keptEverywhere.contains(name) && name != "debug_info"
            || self != .nvcaffe && Self.layerFieldsOfNVCaffe.contains(name)
    }

    /// The same of a field of a layer's message.
    func drops(_ name: String, of message: KnownFields.Message) -> Bool {
        guard !message.caffe.contains(name) else { return false }
        if Self.messageFieldsOfNVCaffe.contains(name) { return self != .nvcaffe }
        // NVCaffe has `engine` and its like in every message that can have one.
        return message.kept.contains(name) || KnownFields.keptEverywhere.contains(name)
    }

    /// The engines that its parser knows; a name that it does not know ends the parsing.
    static let engines: Set<String> = ["DEFAULT", "CAFFE", "CUDNN", "0", "1", "2"]
}
