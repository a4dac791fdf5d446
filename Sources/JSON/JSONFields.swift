/// Reads the members of a JSON object, each of one type. `null` counts as a member that is not there.
public struct JSONFields {
    private let members: [String: JSONMember]
    /// Where the object begins.
    private let offset: Int

    /// - Throws: when the value is no object.
    public init(_ node: JSONNode) throws(JSONError) {
        guard let members = node.members else {
            throw JSONError(offset: node.range.lowerBound, message: "expected an object, found \(node.kind)")
        }
        self.members = Dictionary(members.map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first })
        offset = node.range.lowerBound
    }

    /// Makes sure that there are no others than these; what is misspelt would otherwise be ignored in silence.
    public func requireOnly(_ known: [String]) throws(JSONError) {
        let strangers = members.values.filter { !known.contains($0.key) }
        guard let stranger = strangers.min(by: { $0.value.range.lowerBound < $1.value.range.lowerBound }) else {
            return
        }
        throw JSONError(
            offset: stranger.value.range.lowerBound,
            message: "'\(stranger.key)' is not known here; known are \(known.joined(separator: ", "))"
        )
    }

    public func string(_ key: String) throws(JSONError) -> String? {
        try read(key, "a string") { $0.string }
    }

    public func integer(_ key: String) throws(JSONError) -> Int? {
        try read(key, "a whole number") { $0.number?.integer }
    }

    public func decimal(_ key: String) throws(JSONError) -> Double? {
        try read(key, "a number") { $0.number?.double }
    }

    public func boolean(_ key: String) throws(JSONError) -> Bool? {
        try read(key, "true or false") { $0.boolean }
    }

    /// Whether a key has one of the values true and false.
    public func isBoolean(_ key: String) -> Bool { members[key]?.value.boolean != nil }

    public func strings(_ key: String) throws(JSONError) -> [String]? {
        try read(key, "a list of strings") { value in
            guard let values = value.elements else { return nil }
            let strings = values.compactMap(\.string)
            return strings.count == values.count ? strings : nil
        }
    }

    /// The members of an object inside this one.
    public func object(_ key: String) throws(JSONError) -> JSONFields? {
        guard let member = members[key], !member.value.isNull else { return nil }
        return try JSONFields(member.value)
    }

    /// Numbers in lists that are not empty, by key: `{"data": [104, 116.5, 123]}`.
    public func decimalLists(_ key: String) throws(JSONError) -> [String: [Double]]? {
        try read(key, "an object of lists of numbers") { value in
            let lists = Self.lists(in: value) { $0.number.map(\.double).flatMap { $0.isFinite ? $0 : nil } }
            return lists.flatMap { $0.values.contains(where: \.isEmpty) ? nil : $0 }
        }
    }

    /// Whole numbers in lists, by key: `{"data": [1, 3, 224, 224]}`.
    public func integerLists(_ key: String) throws(JSONError) -> [String: [Int]]? {
        try read(key, "an object of lists of whole numbers") { Self.lists(in: $0) { $0.number?.integer } }
    }

    /// The lists of an object; `nil` where something else stands, or an element that cannot be converted.
    private static func lists<Element>(
        in value: JSONNode, _ convert: (JSONNode) -> Element?
    ) -> [String: [Element]]? {
        guard let members = value.members else { return nil }
        var lists: [String: [Element]] = [:]
        for member in members {
            guard let values = member.value.elements else { return nil }
            let elements = values.compactMap(convert)
            guard elements.count == values.count else { return nil }
            lists[member.key] = elements
        }
        return lists
    }

    /// A value that must be there.
    public func required<Value>(_ key: String, _ value: Value?) throws(JSONError) -> Value {
        guard let value else { throw JSONError(offset: offset, message: "there is no '\(key)'") }
        return value
    }

    /// An error about the value of a key.
    public func error(_ key: String, _ message: String) -> JSONError {
        JSONError(offset: members[key]?.value.range.lowerBound ?? offset, message: "'\(key)' \(message)")
    }

    private func read<Value>(
        _ key: String, _ expected: String, _ convert: (JSONNode) -> Value?
    ) throws(JSONError) -> Value? {
        guard let member = members[key], !member.value.isNull else { return nil }
        guard let value = convert(member.value) else {
            throw JSONError(
                offset: member.value.range.lowerBound, message: "'\(key)' is \(member.value.kind), expected \(expected)"
            )
        }
        return value
    }
}
