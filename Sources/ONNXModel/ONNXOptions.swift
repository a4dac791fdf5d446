import Frontend
import JSON

/// The options that only ONNX models have.
public struct ONNXOptions: FrontendOptions {
    /// Leave initializers alone that are inputs as well, so that callers may give other numbers.
    public var keepsOverridableInputs = false

    public init() {}

    public var keys: [String] { ["keepOverridableInputs"] }

    public var json: [JSONValue.Member] {
        keepsOverridableInputs ? [JSONValue.Member(key: "keepOverridableInputs", value: .boolean(true))] : []
    }

    public mutating func read(_ fields: JSONFields) throws(JSONError) {
        keepsOverridableInputs = try fields.boolean("keepOverridableInputs") ?? keepsOverridableInputs
    }

    /// - Throws: for options that mean nothing to a model of ONNX.
    static func check(_ options: ModelOptions) throws(ModelError) {
        var strange = options.keys(besides: ONNXOptions.self)
        if options.keepsTraining { strange.append("keepTraining") }
        if options.keepsBatchStatistics { strange.append("keepBatchStatistics") }
        guard !strange.isEmpty else { return }
        let names = strange.map { key in
            "--" + key.reduce(into: "") { $0 += $1.isUppercase ? "-" + $1.lowercased() : String($1) }
        }
        throw ModelError(
            .usage,
            "\(names.joined(separator: ", ")) \(names.count == 1 ? "means" : "mean") nothing for models of ONNX; leave \(names.count == 1 ? "it" : "them") out"
        )
    }
}

extension ModelOptions {
    /// The options that only models of ONNX have.
    public var onnx: ONNXOptions {
        get { self[ONNXOptions.self] }
        set { self[ONNXOptions.self] = newValue }
    }
}
