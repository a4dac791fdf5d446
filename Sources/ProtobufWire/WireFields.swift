/// Fields of a message, in the order of the file, in a compact form: like neighbours share one entry.
public struct WireFields: RandomAccessCollection, Sendable, Hashable {
    private(set) var runs: [FieldRun] = []
    public private(set) var count = 0

    public var startIndex: Int { 0 }
    public var endIndex: Int { count }

    /// Cost: logarithmic in the number of runs.
    public subscript(position: Int) -> WireField {
        precondition(position >= 0 && position < count, "field index out of range")
        var lower = 0
        var upper = runs.count
        while upper - lower > 1 {
            let middle = (lower + upper) / 2
            if Int(runs[middle].firstPosition) <= position { lower = middle } else { upper = middle }
        }
        return runs[lower].field(position - Int(runs[lower].firstPosition))
    }

    /// The bytes that these fields occupy, neighbours joined.
    public var byteRanges: [Range<Int>] {
        var ranges: [Range<Int>] = []
        for run in runs {
            if let last = ranges.last, last.upperBound == run.range.lowerBound {
                ranges[ranges.count - 1] = last.lowerBound..<run.range.upperBound
            } else {
                ranges.append(run.range)
            }
        }
        return ranges
    }

    mutating func append(_ field: WireField) {
        if runs.isEmpty || !runs[runs.count - 1].extend(with: field) {
            runs.append(FieldRun(field, firstPosition: count))
        }
        count += 1
    }

    /// The fields whose runs pass the test, still in order.
    func filteringRuns(_ isIncluded: (FieldRun) -> Bool) -> WireFields {
        var result = WireFields()
        for var run in runs where isIncluded(run) {
            run.firstPosition = UInt32(result.count)
            result.runs.append(run)
            result.count += Int(run.count)
        }
        return result
    }
}
