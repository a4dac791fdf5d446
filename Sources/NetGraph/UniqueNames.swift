extension Set<String> {
    /// Inserts a name that is not there yet: the stem, or the stem with a number from 2 on.
    public mutating func insertName(_ stem: String) -> String {
        var name = stem
        var number = 2
        while !insert(name).inserted {
            name = "\(stem)_\(number)"
            number += 1
        }
        return name
    }
}
