/// Names for tensors in a list `weight_names` that did not have one.
enum WeightNames {
    /// What the last part of a name ends in, by the words of Keras 1.
    private static let oldStems: [KerasWeight.Role: String] = [
        .kernel: "W", .bias: "b", .movingMean: "running_mean", .movingVariance: "running_std",
    ]

    private static let newStems = [
        "depthwise_kernel", "pointwise_kernel", "moving_variance", "moving_mean", "kernel", "gamma", "beta", "bias",
    ]

    /// The name of a tensor beside others of its layer: `c1/kernel:0` gives `c1/bias:0`, `dense_9_W` gives `dense_9_b`.
    static func name(of role: KerasWeight.Role, beside sibling: String) -> String {
        let number = sibling.lastIndex(of: ":").map { String(sibling[$0...]) } ?? ""
        let base = String(sibling.dropLast(number.count))
        if let stem = newStems.first(where: { base.hasSuffix($0) }) {
            return base.dropLast(stem.count) + role.rawValue + number
        }
        if let stem = oldStems.values.first(where: { base.hasSuffix("_" + $0) }) {
            return base.dropLast(stem.count) + (oldStems[role] ?? role.rawValue) + number
        }
        guard let slash = base.lastIndex(of: "/") else { return role.rawValue + number }
        return base[...slash] + role.rawValue + number
    }

    /// The name of a tensor of a layer that had none.
    static func name(of role: KerasWeight.Role, in path: KerasPath, dialect: KerasDialect) -> String {
        switch dialect {
        case .one: (path.names.last ?? "") + "_" + (oldStems[role] ?? role.rawValue)
        case .two: (path.names.last ?? "") + "/" + role.rawValue + ":0"
        case .three: path.names.joined(separator: "/") + "/" + role.rawValue
        }
    }
}
