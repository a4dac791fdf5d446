/// Names of which no two are equal.
public struct UniqueNames: Sendable {
    private var names: Set<String>
    /// The number that the last name of a stem got: all up to it are taken.
    private var numbers: [String: Int] = [:]

    public init(_ names: Set<String> = []) { self.names = names }

    /// Takes a name as it is.
    public mutating func take(_ name: String) { names.insert(name) }

    /// Inserts a name that is not there yet: the stem, or the stem with a number from 2 on.
    public mutating func insert(_ stem: String) -> String {
        if names.insert(stem).inserted { return stem }
        var number = numbers[stem] ?? 2
        while !names.insert("\(stem)_\(number)").inserted { number += 1 }
        numbers[stem] = number
        return "\(stem)_\(number)"
    }
}

extension String {
    /// The name of a layer or a blob in a message: one of many thousand characters is told by its beginning, for messages repeat it.
    public var inMessages: String {
        utf8.count <= Self.longestInMessages
            ? self : "\(String(prefix(Self.longestInMessages / 4)))… (\(utf8.count) bytes)"
    }

    private static let longestInMessages = 512
}
