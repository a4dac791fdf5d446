/// Combines any number of values element by element, as NumPy does: an axis of length 1 serves all places of that axis of the others.
public struct Arithmetic: Hashable, Sendable {
    public enum Function: Hashable, Sendable {
        case sum
        /// The first value less all others, and the first divided by all others.
        case difference, quotient
        case product, maximum, minimum, mean
        /// The first to the power of the second, and so on from the left.
        case power
        /// 1 where it holds of the first and the second value, else 0; what is not a number differs from all.
        case greater, greaterOrEqual, less, lessOrEqual, equal, notEqual
        /// The second value where the first is not 0, else the third.
        case choice
    }

    /// Where a value with fewer axes than the others gets axes of length 1.
    public enum MissingAxes: Hashable, Sendable {
        /// Before all others (NumPy, ONNX, operators of Keras).
        case first
        /// Behind axis 0 (layers of Keras: Add, Multiply ...).
        case behindImages
    }

    public var function: Function
    /// The order in which axes are aligned.
    public var order: ElementOrder
    public var missingAxes: MissingAxes

    public init(_ function: Function, order: ElementOrder = .channelsFirst, missingAxes: MissingAxes = .first) {
        self.function = function
        self.order = order
        self.missingAxes = missingAxes
    }

    /// For each axis of the output the axis of an input that it comes from; `nil` where the input has none.
    ///
    /// - Parameters: the numbers of axes.
    public func axes(ofInput rank: Int, output: Int) -> [Int?] {
        let (own, all) = (order.networkAxes(rank: rank), order.networkAxes(rank: output))
        let missing = output - rank
        var axes = [Int?](repeating: nil, count: output)
        for (place, axis) in all.enumerated() {
            switch missingAxes {
            case .first where place >= missing: axes[axis] = own[place - missing]
            case .behindImages where place == 0 && rank > 0: axes[axis] = own[0]
            case .behindImages where place > missing: axes[axis] = own[place - missing]
            default: break
            }
        }
        return axes
    }

    func outputShape(of inputs: [TensorShape?]) throws(ShapeError) -> TensorShape? {
        if let count = function.inputCount, count != inputs.count {
            throw ShapeError("it takes \(count) inputs, not \(inputs.count)")
        }
        let known = inputs.compactMap(\.self)
        guard known.count == inputs.count, let rank = known.map(\.rank).max() else { return nil }
        var lengths = [Int?](repeating: 1, count: rank)
        for shape in known {
            for (axis, own) in axes(ofInput: shape.rank, output: rank).enumerated() {
                guard let own else { continue }
                guard let length = shape.dimensions[own] else {
                    // What is not known may be 1, but not less than another's.
                    if lengths[axis] == 1 { lengths[axis] = nil }
                    continue
                }
                guard length != 1 else { continue }
                guard lengths[axis] ?? 1 == 1 || lengths[axis] == length else {
                    throw ShapeError(
                        "its inputs of shapes \(known.map(\.description).joined(separator: " and ")) do not fit each other"
                    )
                }
                lengths[axis] = length
            }
        }
        return TensorShape(lengths)
    }
}

extension Arithmetic.Function {
    /// How many values it takes; `nil` for any number.
    public var inputCount: Int? {
        switch self {
        case .sum, .difference, .quotient, .product, .maximum, .minimum, .mean, .power: nil
        case .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual: 2
        case .choice: 3
        }
    }
}
