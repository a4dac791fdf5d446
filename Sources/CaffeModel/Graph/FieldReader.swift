import Frontend
import Prototxt

/// Reads typed fields of one message of a prototxt, with Caffe's defaults.
///
/// A field of the wrong type is an error that names line and column. A missing message reads as one without fields.
struct FieldReader {
    let document: PrototxtDocument
    let message: MessageNode?

    /// A submessage that occurs at most once, such as `convolution_param`.
    func submessage(_ name: String) throws(ModelError) -> FieldReader {
        guard let value = try single(name) else { return FieldReader(document: document, message: nil) }
        guard let message = value.message else {
            throw error(at: value, "expected a message after '\(name)', found \(quote(value))")
        }
        return FieldReader(document: document, message: message)
    }

    func submessages(_ name: String) throws(ModelError) -> [FieldReader] {
        var readers: [FieldReader] = []
        for value in message?.values(named: name) ?? [] {
            guard let message = value.message else {
                throw error(at: value, "expected a message after '\(name)', found \(quote(value))")
            }
            readers.append(FieldReader(document: document, message: message))
        }
        return readers
    }

    func string(_ name: String) throws(ModelError) -> String? {
        try single(name).map { value throws(ModelError) in try string(of: value, name) }
    }

    func strings(_ name: String) throws(ModelError) -> [String] {
        try (message?.values(named: name) ?? []).map { value throws(ModelError) in try string(of: value, name) }
    }

    func bool(_ name: String) throws(ModelError) -> Bool? {
        guard let value = try single(name) else { return nil }
        guard let result = value.scalar?.boolValue else {
            throw error(at: value, "expected true or false after '\(name):', found \(quote(value))")
        }
        return result
    }

    /// A whole number. Lengths and counts beyond 2^31 are errors: Caffe keeps them in 32 bits.
    func integer(_ name: String) throws(ModelError) -> Int? {
        try single(name).map { value throws(ModelError) in try integer(of: value, name) }
    }

    func integers(_ name: String) throws(ModelError) -> [Int] {
        try (message?.values(named: name) ?? []).map { value throws(ModelError) in try integer(of: value, name) }
    }

    /// A whole number of at least `minimum`.
    func integer(_ name: String, atLeast minimum: Int) throws(ModelError) -> Int? {
        guard let result = try integer(name) else { return nil }
        guard result >= minimum else { throw tooSmall(name, result, minimum) }
        return result
    }

    func integers(_ name: String, atLeast minimum: Int) throws(ModelError) -> [Int] {
        let results = try integers(name)
        if let wrong = results.first(where: { $0 < minimum }) { throw tooSmall(name, wrong, minimum) }
        return results
    }

    /// The Float that Caffe parses: decimal to double, double to float.
    func float(_ name: String) throws(ModelError) -> Float? {
        try single(name).map { value throws(ModelError) in try float(of: value, name) }
    }

    func floats(_ name: String) throws(ModelError) -> [Float] {
        try (message?.values(named: name) ?? []).map { value throws(ModelError) in try float(of: value, name) }
    }

    /// The name of an enum value; a number is looked up in `names`.
    ///
    /// - Parameter isOpen: whether a name or a number that is not among `names` is handed out too: forks add some.
    func enumeration(_ name: String, _ names: [String], isOpen: Bool = false) throws(ModelError) -> String? {
        guard let value = try single(name) else { return nil }
        if let identifier = value.scalar?.identifier, isOpen || names.contains(identifier) { return identifier }
        if let number = value.scalar?.integerValue {
            if names.indices.contains(number) { return names[number] }
            if isOpen { return "\(number)" }
        }
        throw error(
            at: value, "expected one of \(names.joined(separator: ", ")) after '\(name):', found \(quote(value))")
    }

    /// What the name of an enum value stands for; the first choice where the field is missing, `nil` for a name that is none of the choices.
    ///
    /// - Parameter firstNumber: the number of the first choice; the others follow.
    func choice<Value>(
        _ name: String, _ choices: [(name: String, value: Value)], firstNumber: Int = 0
    ) throws(ModelError) -> Value? {
        let names = [String](repeating: "", count: firstNumber) + choices.map(\.name)
        guard let found = try enumeration(name, names, isOpen: true) else { return choices.first?.value }
        return choices.first { $0.name == found }?.value
    }

    /// A word or a number, with quotes or without, as forks give their choices.
    func word(_ name: String) throws(ModelError) -> String? {
        guard let value = try single(name) else { return nil }
        guard let scalar = value.scalar else {
            throw error(at: value, "expected a word after '\(name):', found \(quote(value))")
        }
        return scalar.stringValue ?? scalar.identifier ?? scalar.text
    }

    func has(_ name: String) -> Bool { message?.firstValue(named: name).value != nil }

    /// The names of all fields, each once.
    var fieldNames: [String] { fieldNames { _ in true } }

    /// Those that are wanted, each once, in order.
    func fieldNames(where isWanted: (String) -> Bool) -> [String] {
        guard let fields = message?.fields else { return [] }
        var names: [String] = []
        // By index, for a field is costly to copy.
        for index in fields.indices where isWanted(fields[index].name) { names.append(fields[index].name) }
        return names.uniqued
    }

    /// An error at the place of a field, or at the message itself when there is no such field.
    func error(atField name: String, _ text: String) -> ModelError {
        let offset = message?.fields(named: name).last?.range.lowerBound ?? message?.openRange?.lowerBound ?? 0
        return ModelError(document.error(at: offset, text))
    }

    /// A field that may occur once only, as protobuf demands of fields that are not repeated.
    private func single(_ name: String) throws(ModelError) -> ValueNode? {
        guard let message else { return nil }
        let (first, isOnly) = message.firstValue(named: name)
        guard isOnly else {
            let values = message.values(named: name)
            throw error(at: values[1], "'\(name)' is given \(values.count) times, but may be given once only")
        }
        return first
    }

    private func string(of value: ValueNode, _ name: String) throws(ModelError) -> String {
        guard let result = value.scalar?.stringValue else {
            throw error(at: value, "expected a string in quotes after '\(name):', found \(quote(value))")
        }
        return result
    }

    private func integer(of value: ValueNode, _ name: String) throws(ModelError) -> Int {
        guard let result = value.scalar?.integerValue, Int(Int32.min)...Int(UInt32.max) ~= result else {
            throw error(at: value, "expected a whole number of 32 bits after '\(name):', found \(quote(value))")
        }
        return result
    }

    private func float(of value: ValueNode, _ name: String) throws(ModelError) -> Float {
        guard let result = value.scalar?.floatValue else {
            throw error(at: value, "expected a number after '\(name):', found \(quote(value))")
        }
        return result
    }

    private func tooSmall(_ name: String, _ found: Int, _ minimum: Int) -> ModelError {
        error(atField: name, "'\(name)' is \(found), but must be at least \(minimum)")
    }

    private func error(at value: ValueNode, _ text: String) -> ModelError {
        ModelError(document.error(at: value.range.lowerBound, text))
    }

    private func quote(_ value: ValueNode) -> String {
        switch value {
        case .message: "'{'"
        case .list: "'['"
        case .scalar(let scalar): "'\(scalar.text.prefix(40))'"
        }
    }
}
