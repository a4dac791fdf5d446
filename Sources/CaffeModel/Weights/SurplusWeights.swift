import Frontend

extension SurplusWeights {
    /// Whether it is a normalisation or a Scale: without it every layer behind reads other numbers.
    var isNormalization: Bool {
        guard let type else { return false }
        return type == "Scale" || type == "BN" || type.contains("BatchNorm")
    }

    /// `'conv1_bn' (BatchNorm)`
    var title: String { "'\(name)'" + (type.map { " (\($0))" } ?? "") }

    /// Names with their types, the first few of many.
    static func list(_ layers: [Self], limit: Int) -> String {
        layers.prefix(limit).map(\.title).joined(separator: ", ")
            + (layers.count > limit ? " and \(layers.count - limit) more" : "")
    }
}
