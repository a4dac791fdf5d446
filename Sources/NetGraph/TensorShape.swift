/// The shape of a value, axis 0 (the batch) first. An axis of unknown length is `nil`.
public struct TensorShape: Hashable, Sendable {
    public var dimensions: [Int?]

    public init(_ dimensions: [Int?]) { self.dimensions = dimensions }

    /// A shape whose lengths are all known. Made by hand, for converting an array to one of optionals casts each element at run time.
    public init(_ lengths: [Int]) { dimensions = lengths.map(Optional.some) }

    public var rank: Int { dimensions.count }

    /// Every length, or `nil` when at least one is unknown.
    public var known: [Int]? {
        var lengths: [Int] = []
        lengths.reserveCapacity(dimensions.count)
        for dimension in dimensions {
            guard let dimension else { return nil }
            lengths.append(dimension)
        }
        return lengths
    }

    /// Whether nothing behind the channel (axis 1) is known, so that the number of axes may be an assumption as well.
    public var hasOnlyChannels: Bool { rank > 2 && dimensions[2...].allSatisfy { $0 == nil } }

    /// Whether the number of axes may as well be this one, and is another only by assumption.
    func mayHaveRank(_ other: Int) -> Bool { other > 2 && hasOnlyChannels }

    /// The first two axes, and as many of unknown length as make the number of axes.
    public func withRank(_ rank: Int) -> TensorShape {
        TensorShape(dimensions.prefix(2) + [Int?](repeating: nil, count: max(rank - 2, 0)))
    }

    /// The length of an axis; `nil` when it is unknown or there is no such axis.
    public func length(ofAxis axis: Int) -> Int? {
        dimensions.indices.contains(axis) ? dimensions[axis] : nil
    }

    /// The axis that a possibly negative index names (-1 is the last), or `nil` when there is none.
    public func canonicalAxis(_ axis: Int) -> Int? {
        let canonical = axis < 0 ? axis + rank : axis
        return dimensions.indices.contains(canonical) ? canonical : nil
    }

    /// The product of the lengths in a range of axes (1 for an empty range); `nil` when one is unknown or the product overflows.
    public func elementCount(in axes: Range<Int>) -> Int? {
        guard axes.lowerBound >= 0, axes.upperBound <= rank else { return nil }
        var product = 1
        for dimension in dimensions[axes] {
            guard let dimension else { return nil }
            let (next, overflows) = product.multipliedReportingOverflow(by: dimension)
            guard !overflows else { return nil }
            product = next
        }
        return product
    }

    /// The product of lengths that are all known (1 for none); `nil` when it overflows.
    public static func elementCount(_ lengths: [Int]) -> Int? {
        var product = 1
        for length in lengths {
            let (next, overflows) = product.multipliedReportingOverflow(by: length)
            guard !overflows else { return nil }
            product = next
        }
        return product
    }
}

extension TensorShape: CustomStringConvertible {
    /// `1x3x16x16`; an unknown length is `?`, a shape without axes is `scalar`.
    public var description: String {
        dimensions.isEmpty ? "scalar" : dimensions.map { $0.map(String.init) ?? "?" }.joined(separator: "x")
    }

    /// The same notation for lengths that are all known.
    public static func describe(_ lengths: [Int]) -> String { TensorShape(lengths).description }
}
