import Frontend
import Testing

@testable import KerasModel

/// What the fields of layers may hold.
@Suite("Fields of a layer's config")
struct FieldKindTests {
    private func json(_ className: String, _ fields: String) -> String {
        let config = "{\"name\": \"a\", \"batch_input_shape\": [null, 8, 8, 3], \(fields)}"
        let layer = "{\"class_name\": \"\(className)\", \"config\": \(config)}"
        return "{\"class_name\": \"Sequential\", \"config\": {\"name\": \"m\", \"layers\": [\(layer)]}}"
    }

    private func config(_ className: String, _ fields: String) throws(ModelError) -> KerasModelConfig {
        try KerasModelConfig(parsing: Array(json(className, fields).utf8), file: "model.json")
    }

    @Test(
        "what Keras does not write is refused with place, field, value and what is expected",
        arguments: [
            ("Conv2D", "\"padding\": 7", "layer 'a' (Conv2D) has 7 as \"padding\", expected \"valid\", \"same\""),
            ("Conv2D", "\"data_format\": \"channels_middle\"", "has \"channels_middle\" as \"data_format\""),
            ("Dense", "\"use_bias\": \"yes\"", "has \"yes\" as \"use_bias\", expected true or false"),
            ("Dense", "\"units\": 0", "has 0 as \"units\", expected a whole number from 1 on"),
            ("BatchNormalization", "\"epsilon\": \"small\"", "has \"small\" as \"epsilon\", expected a number"),
            ("BatchNormalization", "\"scale\": 1", "has 1 as \"scale\", expected true or false"),
            ("Concatenate", "\"axis\": \"last\"", "has \"last\" as \"axis\""),
        ])
    func wrong(className: String, fields: String, message: String) {
        let error = #expect(throws: ModelError.self) { try config(className, fields) }
        #expect(error?.message.contains(message) == true, "\(error?.message ?? "")")
        #expect(error?.message.hasPrefix("model.json:1:") == true)
    }

    @Test(
        "a number of NumPy is what it holds, not the default",
        arguments: [
            "0.5", "{\"class_name\": \"__numpy__\", \"config\": {\"value\": 0.5, \"dtype\": \"float32\"}}",
            "{\"type\": \"ndarray\", \"value\": 0.5}",
        ])
    func numpy(value: String) throws {
        let layer = try #require(try config("BatchNormalization", "\"epsilon\": \(value)").model.layers.first)
        #expect(KerasFields(layer.config).decimal("epsilon") == 0.5)
    }

    @Test("a tuple of Keras 3 is the list that it holds")
    func tuple() throws {
        let fields = "\"strides\": {\"class_name\": \"__tuple__\", \"items\": [2, 2]}"
        let layer = try #require(try config("MaxPooling2D", fields).model.layers.first)
        #expect(KerasFields(layer.config).integers("strides", count: 2) == [2, 2])
    }
}
