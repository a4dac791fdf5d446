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
}
