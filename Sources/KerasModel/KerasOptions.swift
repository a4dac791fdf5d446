import Frontend
import JSON

/// The options that only models of Keras have.
public struct KerasOptions: FrontendOptions {
    /// Fold Rescaling and Normalization layers too: the model then takes data that was not prepared by them.
    public var foldsPreprocessing = false

    public init() {}

    public var keys: [String] { ["foldPreprocessing"] }

    public var json: [JSONValue.Member] {
        foldsPreprocessing ? [JSONValue.Member(key: "foldPreprocessing", value: .boolean(true))] : []
    }

    public mutating func read(_ fields: JSONFields) throws(JSONError) {
        foldsPreprocessing = try fields.boolean("foldPreprocessing") ?? foldsPreprocessing
    }

    /// - Throws: for options that mean nothing to a model of Keras.
    static func check(_ options: ModelOptions) throws(ModelError) {
        var strange = options.keys(besides: KerasOptions.self)
        if options.keepsTraining { strange.append("keepTraining") }
        if options.keepsBatchStatistics { strange.append("keepBatchStatistics") }
        guard !strange.isEmpty else { return }
        let names = strange.map { key in
            "--" + key.reduce(into: "") { $0 += $1.isUppercase ? "-" + $1.lowercased() : String($1) }
        }
        throw ModelError(
            .usage,
            "\(names.joined(separator: ", ")) \(names.count == 1 ? "is no option" : "are no options") for models of Keras; leave \(names.count == 1 ? "it" : "them") out"
        )
    }
}

extension ModelOptions {
    /// The options that only models of Keras have.
    public var keras: KerasOptions {
        get { self[KerasOptions.self] }
        set { self[KerasOptions.self] = newValue }
    }
}
