/// How a fork of Caffe stores the parameters of a batch normalisation: which blob is what.
public enum BatchNormDialect: String, Hashable, Sendable, CaseIterable {
    /// BVLC Caffe: mean, variance, moving-average factor.
    case bvlc
    /// NVCaffe with `scale_bias: true` and Intel Caffe: mean, variance, factor, gamma, beta (Intel may leave out beta).
    case nvcaffe
    /// Xilinx's (Vitis) and NVCaffe's old one: gamma, beta, mean, variance, a blob without use, all of shape (1, C, 1, 1).
    case xilinx
    /// Type `BN` of SegNet and ENet with `bn_mode: INFERENCE`: factor and term of the finished normalisation.
    case bnInference = "bn-inference"
    /// Type `BN` of PSPNet and others: gamma, beta, mean, variance.
    case bnVariance = "bn-variance"
    /// The same with 1 / sqrt(variance + eps) in place of the variance.
    case bnInverseDeviation = "bn-inverse-deviation"

    /// The roles of the blobs, in order.
    var roles: [String] {
        switch self {
        case .bvlc: ["mean", "variance", "moving-average factor"]
        case .nvcaffe: ["mean", "variance", "moving-average factor", "gamma", "beta"]
        case .xilinx: ["gamma", "beta", "mean", "variance", "unused blob"]
        case .bnInference: ["factor", "term"]
        case .bnVariance: ["gamma", "beta", "mean", "variance"]
        case .bnInverseDeviation: ["gamma", "beta", "mean", "inverse deviation"]
        }
    }
}
