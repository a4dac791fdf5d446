import Frontend

extension FoldReport {
    /// A layer of the weights that the network lacks, and that is left out.
    public struct SurplusLayer: Codable, Hashable, Sendable {
        public var name: String
        /// `nil` where nothing tells it.
        public var type: String?
        public var shapes: [[Int]]
    }

    /// Something worth telling about how weights and network belong together.
    public struct Remark: Codable, Hashable, Sendable {
        /// `note` or `warning`.
        public var severity: String
        /// A stable name, for example `copies-differ`.
        public var kind: String
        public var layers: [String]
        public var message: String
    }
}

extension FoldReport.SurplusLayer {
    init(_ layer: SurplusWeights) {
        self.init(name: layer.name, type: layer.type, shapes: layer.shapes)
    }
}

extension FoldReport.Remark {
    init(_ remark: ReadingRemark) {
        self.init(
            severity: remark.severity.rawValue, kind: remark.kind.rawValue, layers: remark.layers,
            message: remark.message)
    }

    /// `warning: ` and the message
    public var line: String { "\(severity): \(message)" }
}
