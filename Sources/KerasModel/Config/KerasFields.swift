import JSON

/// Reads the fields of a layer's `config`.
struct KerasFields {
    let node: JSONNode

    init(_ node: JSONNode) { self.node = node }

    /// The value of the first of some keys that is there and not `null`; of an object that stands for a number or a tuple, what it holds.
    subscript(keys: String...) -> JSONNode? {
        for key in keys {
            if let value = node[key]?.held, !value.isNull { return value }
        }
        return nil
    }

    func integer(_ key: String) -> Int? { self[key]?.wholeNumber }

    func boolean(_ key: String) -> Bool? { self[key]?.boolean }

    func string(_ key: String) -> String? { self[key]?.string }

    func decimal(_ key: String) -> Double? { self[key]?.number?.double }

    /// `[3, 3]`, or one number for `count` axes.
    func integers(_ key: String, count: Int? = nil) -> [Int]? {
        guard let value = self[key] else { return nil }
        if let elements = value.elements {
            let numbers = elements.compactMap(\.held.wholeNumber)
            guard numbers.count == elements.count, count.map({ $0 == numbers.count }) ?? true else { return nil }
            return numbers
        }
        guard let count, let number = value.wholeNumber else { return nil }
        return [Int](repeating: number, count: count)
    }
}

extension JSONNode {
    /// What an object holds that Keras wrote for a number or an array of NumPy, a tensor or a tuple; the node itself otherwise.
    var held: JSONNode {
        if let value = self["value"], self["type"]?.string == "ndarray" { return value }
        if let items = self["items"], self["class_name"]?.string == "__tuple__" { return items }
        return content
    }

    /// `[null, 8, 8, 3]`: the lengths of axes.
    var lengths: [Int?]? {
        guard let elements else { return nil }
        var lengths: [Int?] = []
        for element in elements.map(\.held) {
            guard element.isNull || element.wholeNumber != nil else { return nil }
            lengths.append(element.wholeNumber)
        }
        return lengths
    }

    /// A whole number, also where it is written with a fraction of zeros, as converters between languages do.
    var wholeNumber: Int? {
        guard let number else { return nil }
        return number.integer ?? Int(exactly: number.double)
    }
}
