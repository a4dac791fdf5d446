/// How a fork of Caffe stores the parameters of a batch normalisation: which blob is what.
public enum BatchNormDialect: String, Hashable, Sendable, CaseIterable {
    /// BVLC Caffe: mean, variance, moving-average factor.
    case bvlc
    /// NVCaffe with `scale_bias: true`: mean, variance, a blob that is never read, gamma, beta. eps is at least 1e-5.
    case nvcaffe
    /// Intel Caffe: mean, variance, moving-average factor, gamma, and beta unless `bias_term: false`.
    case intel
    /// Xilinx's (Vitis) and NVCaffe's before 0.16 (DIGITS): gamma, beta, mean, variance, and mostly a blob without use.
    case xilinx
    /// Type `BN` of SegNet and ENet with `bn_mode: INFERENCE`: factor and term of the finished normalisation.
    case bnInference = "bn-inference"
    /// Type `BN` of PSPNet and others: gamma, beta, mean, variance.
    case bnVariance = "bn-variance"
    /// The same with 1 / sqrt(variance + eps) in place of the variance.
    case bnInverseDeviation = "bn-inverse-deviation"

    static let factorRole = "moving-average factor"
    static let unusedRole = "unused blob"

    /// The roles of the blobs, in order.
    var roles: [String] {
        switch self {
        case .bvlc: ["mean", "variance", Self.factorRole]
        case .nvcaffe: ["mean", "variance", Self.unusedRole, "gamma", "beta"]
        case .intel: ["mean", "variance", Self.factorRole, "gamma", "beta"]
        case .xilinx: ["gamma", "beta", "mean", "variance", Self.unusedRole]
        case .bnInference: ["factor", "term"]
        case .bnVariance: ["gamma", "beta", "mean", "variance"]
        case .bnInverseDeviation: ["gamma", "beta", "mean", "inverse deviation"]
        }
    }

    /// The roles of as many blobs as there are: Intel leaves out beta, old NVCaffe the blob without use.
    func roles(of count: Int) -> [String] {
        let mayLackLast = self == .intel || self == .xilinx
        return mayLackLast && count == roles.count - 1 ? roles.dropLast() : roles
    }

    /// `nvcaffe (mean, variance, unused blob, gamma, beta)`
    func summary(of count: Int) -> String { "\(rawValue) (\(roles(of: count).joined(separator: ", ")))" }
}
