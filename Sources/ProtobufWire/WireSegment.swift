/// A piece of an output file: where its bytes come from.
public enum WireSegment: Sendable, Hashable {
    /// Bytes of the source, as they are.
    case copy(Range<Int>)
    /// Bytes that are known.
    case bytes([UInt8])
    /// Bytes that the caller supplies while the file is written, in slices. The id tells the caller which.
    case produced(byteCount: Int, id: Int)

    var byteCount: Int {
        switch self {
        // Saturating, because a range that no source holds may be wider than an Int can count.
        case .copy(let range): range.upperBound.subtractingSaturating(range.lowerBound)
        case .bytes(let bytes): bytes.count
        case .produced(let byteCount, _): byteCount
        }
    }
}

extension Int {
    /// For sums of sizes that the caller states: too large a sum stays at the maximum, which every limit refuses.
    func addingSaturating(_ other: Int) -> Int {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? (other < 0 ? .min : .max) : sum
    }

    func subtractingSaturating(_ other: Int) -> Int {
        let (difference, overflow) = subtractingReportingOverflow(other)
        return overflow ? (other < 0 ? .max : .min) : difference
    }
}
