/// Products of two values, summed up along axes that both have: the product of matrices, inner products, Einstein sums.
///
/// Each axis has a label. Axes with equal labels run together, one of length 1 staying where it is; what the output has no axis for is summed up.
/// Axes are those of the network.
public struct Contraction: Hashable, Sendable {
    public var first: [Int]
    public var second: [Int]
    public var output: [Int]

    /// Within each list labels must differ; those of the output must be among the inputs'.
    public init(first: [Int], second: [Int], output: [Int]) {
        self.first = first
        self.second = second
        self.output = output
    }

    /// The product of matrices that lie in the last two axes, axes before those side by side; a value of one axis is a row on the left and a column on the
    /// right, and that axis is none of the output's (NumPy's `matmul`).
    ///
    /// - Parameters:
    ///   - order: in which axes are counted.
    ///   - transposesFirst: whether the matrices lie transposed; of no account for a value of one axis.
    public static func matrixProduct(
        ranks first: Int, _ second: Int, order: ElementOrder = .channelsFirst, transposesFirst: Bool = false,
        transposesSecond: Bool = false
    ) -> Contraction? {
        guard first >= 1, second >= 1 else { return nil }
        // Labels: the place of an axis in an output of matrices, and `rank` for what is summed up.
        let rank = max(first, second, 2)
        let (row, column, inner) = (rank - 2, rank - 1, rank)
        func labels(_ own: Int, _ matrix: [Int], isTransposed: Bool) -> [Int] {
            own == 1 ? [inner] : Array(rank - own..<rank - 2) + (isTransposed ? matrix.reversed() : matrix)
        }
        let left = labels(first, [row, inner], isTransposed: transposesFirst)
        let right = labels(second, [inner, column], isTransposed: transposesSecond)
        let output = (0..<rank).filter { ($0 != row || first > 1) && ($0 != column || second > 1) }
        return Contraction(first: network(left, order), second: network(right, order), output: network(output, order))
    }

    /// Inner products along one axis of each image of both, counted in the order: the other axes of the first, then those of the second (Keras's `Dot`).
    /// Two vectors for each image give an output of two axes.
    public static func imageProducts(
        ranks first: Int, _ second: Int, axes: (Int, Int), order: ElementOrder = .channelsFirst
    ) -> Contraction? {
        let own = (axes.0 < 0 ? axes.0 + first : axes.0, axes.1 < 0 ? axes.1 + second : axes.1)
        guard (1..<max(first, 1)).contains(own.0), (1..<max(second, 1)).contains(own.1) else { return nil }
        let inner = first + second
        let left = (0..<first).map { $0 == own.0 ? inner : $0 }
        let right = (0..<second).map { $0 == own.1 ? inner : $0 == 0 ? 0 : first + $0 }
        var output = left.filter { $0 != inner } + right.dropFirst().filter { $0 != inner }
        // A label that no input has is an axis of length 1.
        if output.count == 1 { output.append(inner + 1) }
        return Contraction(first: network(left, order), second: network(right, order), output: network(output, order))
    }

    /// The sum that labels tell, as in an Einstein sum: each axis of the inputs and of the output has one, counted in the order.
    public static func labelled(
        _ first: [Int], _ second: [Int], output: [Int], order: ElementOrder
    ) -> Contraction {
        Contraction(first: network(first, order), second: network(second, order), output: network(output, order))
    }

    /// Labels that were given in an order, in that of the network.
    private static func network(_ labels: [Int], _ order: ElementOrder) -> [Int] {
        var result = labels
        for (place, axis) in order.networkAxes(rank: labels.count).enumerated() { result[axis] = labels[place] }
        return result
    }

    /// The length of each label, `nil` where it is not known.
    func lengths(_ first: TensorShape, _ second: TensorShape) throws(ShapeError) -> [Int: Int?] {
        var lengths: [Int: Int?] = [:]
        for (labels, shape) in [(self.first, first), (self.second, second)] {
            guard labels.count == shape.rank, Set(labels).count == labels.count else {
                throw ShapeError("its inputs of shapes \(first) and \(second) have other numbers of axes than it takes")
            }
            for (label, length) in zip(labels, shape.dimensions) {
                guard let before = lengths[label] else {
                    lengths[label] = .some(length)
                    continue
                }
                guard let length, let before, length != 1, before != 1 else {
                    // A length that is not known may be 1; the other is then the longer one.
                    lengths[label] = .some(length == 1 ? before : before == 1 ? length : length ?? before)
                    continue
                }
                guard length == before else {
                    throw ShapeError("its inputs of shapes \(first) and \(second) do not fit each other")
                }
            }
        }
        return lengths
    }

    func outputShape(of first: TensorShape?, _ second: TensorShape?) throws(ShapeError) -> TensorShape? {
        guard let first, let second else { return nil }
        let lengths = try lengths(first, second)
        guard Set(output).count == output.count else { throw ShapeError("its output has an axis twice") }
        return TensorShape(output.map { lengths[$0] ?? 1 })
    }

    /// The number of products in each sum; `nil` where it is not known.
    public func termCount(_ first: TensorShape, _ second: TensorShape) -> Int? {
        guard let lengths = try? lengths(first, second) else { return nil }
        let summed = lengths.filter { !output.contains($0.key) }.map { $0.value ?? -1 }
        return summed.contains(-1) ? nil : TensorShape.elementCount(summed)
    }
}
