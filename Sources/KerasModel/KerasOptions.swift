import Frontend

/// The options of models of Keras: none that others do not have.
enum KerasOptions {
    /// - Throws: for options that mean nothing to a model of Keras.
    static func check(_ options: ModelOptions) throws(ModelError) {
        var strange = options.keys(besides: NoOwnOptions.self)
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
