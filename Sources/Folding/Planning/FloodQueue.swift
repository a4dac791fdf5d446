import NetGraph

/// Values to push back from, the one that is written last first; each is in it once.
struct FloodQueue {
    private struct Entry {
        var root: ValueID
        var position: Int
        /// Of values that one layer writes the first to come is the first to go.
        var sequence: Int

        func goesBefore(_ other: Entry) -> Bool {
            position != other.position ? position > other.position : sequence < other.sequence
        }
    }

    /// A binary heap.
    private var entries: [Entry] = []
    private var members: Set<ValueID> = []
    private var sequence = 0

    /// - Parameter position: of the layer that writes the value.
    mutating func insert(_ root: ValueID, position: Int) {
        guard members.insert(root).inserted else { return }
        sequence += 1
        entries.append(Entry(root: root, position: position, sequence: sequence))
        var child = entries.count - 1
        while child > 0, entries[child].goesBefore(entries[(child - 1) / 2]) {
            entries.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    mutating func popLatest() -> ValueID? {
        guard let first = entries.first, let last = entries.popLast() else { return nil }
        members.remove(first.root)
        if entries.isEmpty { return first.root }
        entries[0] = last
        var parent = 0
        while true {
            var best = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < entries.count {
                if entries[child].goesBefore(entries[best]) { best = child }
            }
            if best == parent { return first.root }
            entries.swapAt(parent, best)
            parent = best
        }
    }
}
