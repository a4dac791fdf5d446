import Frontend

// What is worth telling about how the weights and the net of Caffe belong together.
extension ReadingRemark.Kind {
    /// Layers of the weights that the net lacks in every phase.
    public static let surplusLayers = Self(rawValue: "surplus-layers")
    /// Layers share a parameter by name, but hold different numbers for it.
    public static let copiesDiffer = Self(rawValue: "copies-differ")
    /// Nothing was ever written to weights, which have their fill value therefore.
    public static let unwrittenWeights = Self(rawValue: "unwritten-weights")
    /// The weights lack a layer that the prototxt fills with constants.
    public static let constantFiller = Self(rawValue: "constant-filler")
    /// A Scale has no numbers of its own: they are in the BatchNorm before it, as Intel Caffe writes them.
    public static let scaleInBatchNorm = Self(rawValue: "scale-in-batch-norm")
    /// A BatchNorm has gamma and beta that the prototxt does not tell of.
    public static let untoldGamma = Self(rawValue: "untold-gamma")
    /// A BatchNorm has gamma and beta, and a Scale with numbers follows.
    public static let twoScales = Self(rawValue: "two-scales")
    /// The third blob of NVCaffe's BatchNorm, which is not read, is neither 0 nor 1.
    public static let unreadFactor = Self(rawValue: "unread-factor")
    /// NVCaffe takes a larger eps than the prototxt says.
    public static let raisedEpsilon = Self(rawValue: "raised-epsilon")
    /// The prototxt has fields that BVLC Caffe does not know.
    public static let forkFields = Self(rawValue: "fork-fields")
}

extension ReadingRemark {
    /// Names in quotes, the first few of many.
    static func list(_ names: [String]) -> String {
        let limit = 8
        return names.prefix(limit).map { "'\($0)'" }.joined(separator: ", ")
            + (names.count > limit ? " and \(names.count - limit) more" : "")
    }
}
