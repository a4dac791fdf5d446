/// Something worth telling about how weights and net belong together.
public struct ReadingRemark: Hashable, Sendable {
    public enum Kind: String, Hashable, Sendable {
        /// Layers of the weights that the net lacks in every phase.
        case surplusLayers = "surplus-layers"
        /// Layers share a parameter by name, but hold different numbers for it.
        case copiesDiffer = "copies-differ"
        /// The weights lack a layer that the prototxt fills with constants.
        case constantFiller = "constant-filler"
        /// A Scale has no numbers of its own: they are in the BatchNorm before it, as Intel Caffe writes them.
        case scaleInBatchNorm = "scale-in-batch-norm"
        /// A BatchNorm has gamma and beta that the prototxt does not tell of.
        case untoldGamma = "untold-gamma"
        /// A BatchNorm has gamma and beta, and a Scale with numbers follows.
        case twoScales = "two-scales"
        /// The third blob of NVCaffe's BatchNorm, which is not read, is neither 0 nor 1.
        case unreadFactor = "unread-factor"
        /// NVCaffe takes a larger eps than the prototxt says.
        case raisedEpsilon = "raised-epsilon"
        /// The prototxt has fields that BVLC Caffe does not know.
        case forkFields = "fork-fields"
    }

    public enum Severity: String, Hashable, Sendable {
        case note, warning
    }

    public var kind: Kind
    public var severity: Severity
    /// The layers that it is about.
    public var layers: [String]
    /// One sentence, with file and layers.
    public var message: String

    public init(kind: Kind, severity: Severity, layers: [String], message: String) {
        self.kind = kind
        self.severity = severity
        self.layers = layers
        self.message = message
    }

    /// Names in quotes, the first few of many.
    static func list(_ names: [String]) -> String {
        let limit = 8
        return names.prefix(limit).map { "'\($0)'" }.joined(separator: ", ")
            + (names.count > limit ? " and \(names.count - limit) more" : "")
    }
}
