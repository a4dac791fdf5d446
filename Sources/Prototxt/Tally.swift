/// How often each form of a trait was met.
struct Tally<Value: Equatable> {
    private var counts: [(value: Value, count: Int)] = []

    mutating func add(_ value: Value) {
        if let index = counts.firstIndex(where: { $0.value == value }) {
            counts[index].count += 1
        } else {
            counts.append((value, 1))
        }
    }

    /// The form met most often, the earliest of equals; nil when none was met.
    var winner: Value? {
        let most = counts.map(\.count).max()
        return counts.first { $0.count == most }?.value
    }
}
