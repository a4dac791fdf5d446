/// One number for all elements along some axes.
public struct AxisReduction: Hashable, Sendable {
    public enum Method: Hashable, Sendable {
        case sum, mean, maximum, minimum, product
        /// Sums of |x|, of x^2, and the root of the latter.
        case sumOfMagnitudes, sumOfSquares, norm
        /// log(sum of x), and log(sum of exp(x))
        case logarithmOfSum, logarithmOfExponentials
    }

    public var method: Method
    /// Counted in the order; negative ones from the end; `nil`: all.
    public var axes: [Int]?
    /// Whether the axes stay, of length 1.
    public var keepsAxes: Bool
    public var order: ElementOrder

    public init(_ method: Method, axes: [Int]?, keepsAxes: Bool, order: ElementOrder = .channelsFirst) {
        self.method = method
        self.axes = axes
        self.keepsAxes = keepsAxes
        self.order = order
    }

    /// The axes of the network that go, and for each axis of the output the one of the input that it is.
    public func networkAxes(rank: Int) throws(ShapeError) -> (reduced: Set<Int>, kept: [Int]) {
        let all = order.networkAxes(rank: rank)
        var reduced: Set<Int> = axes == nil ? Set(0..<rank) : []
        for axis in axes ?? [] {
            let place = axis < 0 ? axis + rank : axis
            guard all.indices.contains(place) else {
                throw ShapeError("axis \(axis) is not an axis of its input of \(rank) axes")
            }
            reduced.insert(all[place])
        }
        guard !keepsAxes else { return (reduced, Array(0..<rank)) }
        let left = all.filter { !reduced.contains($0) }
        var kept = left
        for (place, axis) in order.networkAxes(rank: left.count).enumerated() { kept[axis] = left[place] }
        return (reduced, kept)
    }

    func outputShape(of input: TensorShape?) throws(ShapeError) -> TensorShape? {
        guard let input else { return nil }
        let (reduced, kept) = try networkAxes(rank: input.rank)
        return TensorShape(kept.map { reduced.contains($0) ? 1 : input.dimensions[$0] })
    }
}
