/// Adds elements before and after each axis behind the channel, or cuts them off.
public struct Padding: Hashable, Sendable {
    /// What the new elements hold.
    public enum Filling: Hashable, Sendable {
        case constant(Double)
        /// The elements inside mirrored, the outermost one not repeated: c b | a b c | b a.
        case reflection
        /// The same with the outermost one repeated: b a | a b c | c b.
        case mirror
        /// The elements inside once more: b c | a b c | a b.
        case wrapping
        /// The outermost element again and again: a a | a b c | c c.
        case edge
    }

    /// One entry for each axis behind the channel, in elements; a negative one cuts elements off.
    public var before: [Int]
    public var after: [Int]
    public var filling: Filling

    /// - Parameter filling: of zeros where nothing else is said.
    public init(before: [Int], after: [Int], filling: Filling = .constant(0)) {
        self.before = before
        self.after = after
        self.filling = filling
    }

    /// Whether any element is added.
    public var adds: Bool { (before + after).contains { $0 > 0 } }

    func outputShape(of input: TensorShape?) throws(ShapeError) -> TensorShape? {
        guard before.count == after.count else {
            throw ShapeError("it pads \(before.count) axes before and \(after.count) after")
        }
        var shape = input ?? TensorShape([Int?](repeating: nil, count: before.count + 2))
        if shape.mayHaveRank(before.count + 2) { shape = shape.withRank(before.count + 2) }
        guard shape.rank == before.count + 2 else {
            throw ShapeError("it pads \(before.count) axes behind the channel, but its input has the shape \(shape)")
        }
        for axis in before.indices {
            guard let length = shape.dimensions[axis + 2] else { continue }
            let result = try Checked.sum(length, Checked.sum(before[axis], after[axis]))
            // What is cut off on one side must leave something to fill up from.
            let kept = try Checked.sum(length, Checked.sum(min(before[axis], 0), min(after[axis], 0)))
            guard result > 0, kept > 0 else {
                throw ShapeError("nothing is left of its input of shape \(input ?? shape)")
            }
            let most =
                switch filling {
                case .constant, .edge: Int.max
                case .reflection: kept - 1
                case .mirror, .wrapping: kept
                }
            guard max(before[axis], after[axis]) <= most else {
                throw ShapeError("it repeats more elements than its input of shape \(input ?? shape) has")
            }
            shape.dimensions[axis + 2] = result
        }
        return shape
    }
}
