import Files
import Frontend

extension FoldReport {
    /// The files of one model.
    ///
    /// In JSON the file of the network has the name that the users of its framework give it.
    public struct Files: Hashable, Sendable {
        public var weights: String?
        /// Where it is a file of its own.
        public var network: String?
        /// The size of the weights file in bytes.
        public var weightBytes: Int?
        /// The name of `network` in JSON.
        private var networkKey: String

        public init(_ files: ModelFiles, of vocabulary: Vocabulary, weightBytes: Int?) {
            weights = files.weights
            network = files.network
            self.weightBytes = weightBytes
            networkKey = vocabulary.networkFile
        }

        /// What a message about the network names.
        var networkPlace: String { network ?? weights ?? "" }
    }
}

extension FoldReport.Files: Codable {
    private struct Key: CodingKey {
        static let weights = Key("weights")
        static let weightBytes = Key("weightBytes")

        var stringValue: String
        var intValue: Int? { nil }

        init(_ name: String) { stringValue = name }
        init?(stringValue: String) { self.init(stringValue) }
        init?(intValue: Int) { nil }
    }

    public init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: Key.self)
        weights = try fields.decodeIfPresent(String.self, forKey: .weights)
        weightBytes = try fields.decodeIfPresent(Int.self, forKey: .weightBytes)
        let others = fields.allKeys.filter { ![Key.weights, .weightBytes].map(\.stringValue).contains($0.stringValue) }
        networkKey = others.first?.stringValue ?? Vocabulary.plain.networkFile
        network = try fields.decodeIfPresent(String.self, forKey: Key(networkKey))
    }

    public func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: Key.self)
        try fields.encodeIfPresent(weights, forKey: .weights)
        try fields.encodeIfPresent(weightBytes, forKey: .weightBytes)
        try fields.encodeIfPresent(network, forKey: Key(networkKey))
    }
}
