/// The strings of variable length of a new file, in collections of the global heap (File Format Specification, III.E).
///
/// Equal strings are kept once.
struct HeapCollections {
    private struct Reference {
        /// Before `place`, from the first collection on.
        var collection: Int
        var number: UInt16
    }

    /// What libhdf5 makes at least, so that it may add to them.
    private static let leastSize = 4096

    private(set) var bytes: [UInt8] = []
    private var references: [[UInt8]: Reference] = [:]
    private var start = 0
    /// The collection that is being filled: where it begins, and how many strings it has.
    private var current: (start: Int, count: UInt16)?

    mutating func add(_ strings: [[UInt8]]) {
        for string in strings where !string.isEmpty && references[string] == nil { add(string) }
    }

    private mutating func add(_ string: [UInt8]) {
        let needed = 16 + (string.count + 7) / 8 * 8
        if let current, current.count == UInt16.max || bytes.count + needed > current.start + Self.leastSize { end() }
        var (start, count) = current ?? (bytes.count, 0)
        if count == 0 {
            bytes += "GCOL".utf8
            // The size follows when it is known.
            bytes += [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
        }
        count += 1
        current = (start, count)
        references[string] = Reference(collection: start, number: count)
        bytes += LayoutBuilder.number(count) + [1, 0, 0, 0, 0, 0] + LayoutBuilder.number(UInt64(string.count)) + string
        bytes += [UInt8](repeating: 0, count: needed - 16 - string.count)
    }

    /// Fills up the collection, whose free space is its object number 0.
    private mutating func end() {
        guard let (start, _) = current else { return }
        let free = max(Self.leastSize - (bytes.count - start), 0)
        if free >= 16 {
            bytes += [0, 0, 0, 0, 0, 0, 0, 0] + LayoutBuilder.number(UInt64(free))
            bytes += [UInt8](repeating: 0, count: free - 16)
        } else {
            bytes += [UInt8](repeating: 0, count: free)
        }
        bytes.replaceSubrange(start + 8..<start + 16, with: LayoutBuilder.number(UInt64(bytes.count - start)))
        current = nil
    }

    /// Ends the last collection; from now on references can be made.
    mutating func place(at start: Int) {
        end()
        self.start = start
    }

    /// Length, address and number: what an element of variable length holds.
    func reference(to string: [UInt8]) -> [UInt8] {
        guard let reference = references[string] else { return [UInt8](repeating: 0, count: 16) }
        return LayoutBuilder.number(UInt32(string.count)) + LayoutBuilder.number(UInt64(start + reference.collection))
            + LayoutBuilder.number(UInt32(reference.number))
    }
}
