import Frontend
import JSON

extension KerasModelConfig {
    /// How deep the JSON of a model may be nested: models in models in wrappers take some ten levels each.
    static let maximumDepth = 256

    /// Reads the JSON of a model: what `to_json()` gives, the same once more as a JSON string, or what `get_config()` gives.
    ///
    /// - Parameters:
    ///   - file: file and place in it, for messages.
    ///   - version: `keras_version` of the file around it, where that tells one.
    /// - Throws: `ModelError` of the kind `malformed` with line and column.
    public init(parsing bytes: [UInt8], file: String, version: String? = nil) throws(ModelError) {
        var options = JSONParser.Options()
        options.maximumDepth = Self.maximumDepth
        options.acceptsNonFinite = true
        var document = try Self.document(bytes, options: options, file: file)
        var isEncodedTwice = false
        if let text = document.root.string {
            document = try Self.document(Array(text.utf8), options: options, file: "\(file), in its string")
            isEncodedTwice = true
        }
        let root = document.root
        let config: JSONNode
        if let inner = root["config"], root["class_name"] != nil {
            config = inner
        } else if root["layers"]?.elements != nil {
            config = root
        } else {
            throw ModelError(
                .malformed,
                "\(file): is JSON, but no model of Keras: expected 'class_name' and 'config', as model.to_json() writes them"
            )
        }
        let version = root["keras_version"]?.string ?? version
        let dialect = KerasDialect(version: version) ?? KerasDialect(guessedFrom: root)
        let reader = KerasConfigReader(document: document, file: file, dialect: dialect)
        self.init(
            document: document, dialect: dialect,
            model: try reader.model(config, className: root["class_name"]?.string, name: nil, place: root),
            className: root["class_name"]?.string, isEncodedTwice: isEncodedTwice)
    }

    private static func document(
        _ bytes: [UInt8], options: JSONParser.Options, file: String
    ) throws(ModelError) -> JSONDocument {
        do throws(JSONError) {
            return try JSONDocument(parsing: bytes, options: options)
        } catch {
            let before = bytes[..<min(max(error.offset, 0), bytes.count)]
            let line = before.count { $0 == UInt8(ascii: "\n") } + 1
            let start = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
            throw ModelError(.malformed, "\(file):\(line):\(before.count - start + 1): \(error.message)")
        }
    }
}

extension KerasDialect {
    /// From `keras_version`: `2.2.4-tf`.
    init?(version: String?) {
        guard let major = version?.split(separator: ".").first.flatMap({ Int($0) }) else { return nil }
        switch major {
        case ...1: self = .one
        case 2: self = .two
        default: self = .three
        }
    }

    /// From fields that only one generation has; Keras 2 where nothing tells.
    init(guessedFrom root: JSONNode) {
        var found: KerasDialect?
        var waiting = [root]
        while found == nil, let node = waiting.popLast() {
            for member in node.members ?? [] {
                switch member.key {
                case "batch_shape", "keras_history": found = .three
                case "class_name" where member.value.string == "DTypePolicy": found = .three
                case "nb_filter", "border_mode", "dim_ordering", "input_dtype", "W_regularizer", "subsample":
                    found = .one
                default: waiting.append(member.value)
                }
            }
            waiting += node.elements ?? []
        }
        self = found ?? .two
    }
}
