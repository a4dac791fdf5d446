import NetGraph

/// Mean and spread of numbers that belong to the same entry of an axis, mostly the channel's.
public struct ChannelMoments: Hashable, Sendable {
    /// The elements of each channel.
    public private(set) var count: Int
    /// One for each channel.
    public private(set) var mean: [Double]
    /// The sums of the squared distances from the mean, one for each channel.
    public private(set) var squares: [Double]

    /// The mean squared distance from the mean; 0 where there are no elements.
    public var variance: [Double] { squares.map { $0 / Double(max(count, 1)) } }

    public init(count: Int, mean: [Double], squares: [Double]) {
        self.count = count
        self.mean = mean
        self.squares = squares
    }

    /// Takes in the numbers of another part (the pairwise update of Chan, Golub and LeVeque, 1983). The result depends on the order of the parts in its
    /// last bits, so callers keep to one.
    public mutating func merge(_ other: ChannelMoments) {
        guard other.count > 0 else { return }
        guard count > 0 else {
            self = other
            return
        }
        let total = Double(count + other.count)
        let share = Double(other.count) / total
        for channel in mean.indices {
            let distance = other.mean[channel] - mean[channel]
            mean[channel] += distance * share
            squares[channel] += other.squares[channel] + distance * distance * Double(count) * share
        }
        count += other.count
    }

    /// The moments of a block of shape (outer, channels, inner), in two passes over each channel, by one thread for each channel.
    init<Element: ExecutionElement>(
        _ elements: UnsafePointer<Element>, outer: Int, channels: Int, inner: Int, workers: Workers
    ) {
        let count = outer * inner
        var mean = [Double](repeating: 0, count: channels)
        var squares = mean
        mean.withUnsafeMutableBufferPointer { mean in
            squares.withUnsafeMutableBufferPointer { squares in
                // Each channel is written by one piece.
                nonisolated(unsafe) let (mean, squares) = (mean, squares)
                workers.forEach(channels) { channel, _ in
                    (mean[channel], squares[channel]) = Self.moments(
                        elements + channel * inner, outer: outer, stride: channels * inner, inner: inner)
                }
            }
        }
        self.init(count: count, mean: mean, squares: squares)
    }

    @specialized(where Element == Float)
    @specialized(where Element == Double)
    private static func moments<Element: ExecutionElement>(
        _ elements: UnsafePointer<Element>, outer: Int, stride: Int, inner: Int
    ) -> (mean: Double, squares: Double) {
        var sum = 0.0
        for image in 0..<outer {
            let row = elements + image * stride
            for index in 0..<inner { sum += Double(row[index]) }
        }
        let mean = sum / Double(max(outer * inner, 1))
        var squares = 0.0
        for image in 0..<outer {
            let row = elements + image * stride
            for index in 0..<inner {
                let difference = Double(row[index]) - mean
                squares += difference * difference
            }
        }
        return (mean, squares)
    }
}

extension ForwardPass {
    /// The moments of each entry of an axis of a value that can be read now; `nil` for any other value, and in a rehearsal.
    ///
    /// - Parameter axis: counted from the front, or from the end when negative.
    public func moments(of value: ValueID, along axis: Int) -> ChannelMoments? {
        guard let shape = shape(of: value), !shape.isEmpty else { return nil }
        let axis = axis < 0 ? axis + shape.count : axis
        guard shape.indices.contains(axis) else { return nil }
        return withElements(of: value) { span in
            span.withUnsafeBufferPointer { elements in
                elements.baseAddress.map {
                    ChannelMoments(
                        $0, outer: shape[..<axis].reduce(1, *), channels: shape[axis],
                        inner: shape[(axis + 1)...].reduce(1, *), workers: workers)
                }
            }
        } ?? nil
    }
}
