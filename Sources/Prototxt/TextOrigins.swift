/// Where the parts of an edited text come from: stretches that begin somewhere in the new text, each copied from the old one or new.
struct TextOrigins {
    private struct Stretch {
        var start: Int
        /// The place of its first byte in the old text; `nil` for new text.
        var origin: Int?
    }

    private var stretches: [Stretch] = []

    /// Begins a stretch at what is the end of the new text now; what lay behind that place was taken back.
    mutating func add(at start: Int, origin: Int?) {
        while let last = stretches.last, last.start >= start { stretches.removeLast() }
        stretches.append(Stretch(start: start, origin: origin))
    }

    /// Where a byte of the new text stood in the old one; `nil` for new text.
    func origin(of offset: Int) -> Int? {
        var low = 0
        var high = stretches.count
        while low < high {
            let middle = (low + high) / 2
            if stretches[middle].start <= offset { low = middle + 1 } else { high = middle }
        }
        guard low > 0 else { return nil }
        return stretches[low - 1].origin.map { $0 + offset - stretches[low - 1].start }
    }
}
