/// Reads the members of a JSON object, each of one type. `null` counts as a member that is not there.
struct JSONFields {
    private let members: [String: JSONValue.Member]
    /// Where the object begins.
    private let offset: Int

    /// - Throws: when the value is no object.
    init(_ value: JSONValue, offset: Int = 0) throws(JSONError) {
        guard case .object(let members) = value else {
            throw JSONError(offset: offset, message: "expected an object, found \(value.kind)")
        }
        self.members = Dictionary(members.map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first })
        self.offset = offset
    }

    /// Makes sure that there are no others than these; what is misspelt would otherwise be ignored in silence.
    func requireOnly(_ known: [String]) throws(JSONError) {
        let strangers = members.values.filter { !known.contains($0.key) }
        guard let stranger = strangers.min(by: { $0.offset < $1.offset }) else { return }
        throw JSONError(
            offset: stranger.offset,
            message: "'\(stranger.key)' is not known here; known are \(known.joined(separator: ", "))"
        )
    }

    func string(_ key: String) throws(JSONError) -> String? {
        try read(key, "a string") { if case .string(let value) = $0 { value } else { nil } }
    }

    func integer(_ key: String) throws(JSONError) -> Int? {
        try read(key, "a whole number") { if case .integer(let value) = $0 { value } else { nil } }
    }

    func decimal(_ key: String) throws(JSONError) -> Double? {
        try read(key, "a number") { value in
            switch value {
            case .decimal(let value): value
            case .integer(let value): Double(value)
            default: nil
            }
        }
    }

    func boolean(_ key: String) throws(JSONError) -> Bool? {
        try read(key, "true or false") { if case .boolean(let value) = $0 { value } else { nil } }
    }

    func strings(_ key: String) throws(JSONError) -> [String]? {
        try read(key, "a list of strings") { value in
            guard case .array(let values) = value else { return nil }
            let strings: [String] = values.compactMap { if case .string(let string) = $0 { string } else { nil } }
            return strings.count == values.count ? strings : nil
        }
    }

    /// The members of an object inside this one.
    func object(_ key: String) throws(JSONError) -> JSONFields? {
        guard let member = members[key], member.value != .null else { return nil }
        return try JSONFields(member.value, offset: member.offset)
    }

    /// Whole numbers in lists, by key: `{"data": [1, 3, 224, 224]}`.
    func integerLists(_ key: String) throws(JSONError) -> [String: [Int]]? {
        try read(key, "an object of lists of whole numbers") { value in
            guard case .object(let members) = value else { return nil }
            var lists: [String: [Int]] = [:]
            for member in members {
                guard case .array(let values) = member.value else { return nil }
                let numbers: [Int] = values.compactMap { if case .integer(let number) = $0 { number } else { nil } }
                guard numbers.count == values.count else { return nil }
                lists[member.key] = numbers
            }
            return lists
        }
    }

    /// A value that must be there.
    func required<Value>(_ key: String, _ value: Value?) throws(JSONError) -> Value {
        guard let value else { throw JSONError(offset: offset, message: "there is no '\(key)'") }
        return value
    }

    /// An error about the value of a key.
    func error(_ key: String, _ message: String) -> JSONError {
        JSONError(offset: members[key]?.offset ?? offset, message: "'\(key)' \(message)")
    }

    private func read<Value>(
        _ key: String, _ expected: String, _ convert: (JSONValue) -> Value?
    ) throws(JSONError) -> Value? {
        guard let member = members[key], member.value != .null else { return nil }
        guard let value = convert(member.value) else {
            throw JSONError(offset: member.offset, message: "'\(key)' is \(member.value.kind), expected \(expected)")
        }
        return value
    }
}
