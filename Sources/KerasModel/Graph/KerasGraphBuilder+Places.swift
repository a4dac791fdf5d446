import Frontend
import JSON
import NetGraph

// Operators that put places of an axis elsewhere, repeat them, or take the axis apart.

extension KerasGraphBuilder {
    /// What goes out at one end of an axis comes in at the other.
    mutating func roll(_ arguments: KerasOperatorArguments) throws(ModelError) -> [KerasValue] {
        let call = arguments.call
        guard let input = arguments.onlyInput, let rank = input.rank, let shape = input.shape,
            let shifts = KerasOperatorArguments.integers(arguments.constant("shift", place: 1)),
            let told = KerasOperatorArguments.integers(arguments.constant("axis", place: 2)), !told.isEmpty,
            shifts.count == told.count, case let axes = told.map({ $0 < 0 ? $0 + rank : $0 }),
            axes.allSatisfy({ (1..<rank).contains($0) }), Set(axes).count == axes.count
        else { return opaque(call, notUnderstood(arguments)) }
        var places: [(axis: Int, indices: [Int])] = []
        for (axis, shift) in zip(axes, shifts) {
            guard let length = shape.dimensions[axis], length > 0, length <= Self.largestLayerCount else {
                return opaque(call, "the lengths of its input's axes are not known")
            }
            let first = (length - shift % length) % length
            places.append((axis, (0..<length).map { (first + $0) % length }))
        }
        return [try gathered(call, input, places)]
    }

    /// Each place of an axis as often as is told, one behind the other.
    mutating func repetition(_ arguments: KerasOperatorArguments) throws(ModelError) -> [KerasValue] {
        let call = arguments.call
        guard let input = arguments.onlyInput, let rank = input.rank, let shape = input.shape,
            let counts = KerasOperatorArguments.integers(arguments.constant("repeats", place: 1)?.content),
            let told = arguments.constant("axis", place: 2)?.wholeNumber,
            case let axis = told < 0 ? told + rank : told, (1..<rank).contains(axis)
        else { return opaque(call, notUnderstood(arguments)) }
        guard let length = shape.dimensions[axis], length > 0, length <= Self.largestLayerCount else {
            return opaque(call, "the lengths of its input's axes are not known")
        }
        let each = counts.count == 1 ? [Int](repeating: counts[0], count: length) : counts
        guard each.count == length, each.allSatisfy({ (0...Self.largestLayerCount).contains($0) }),
            (1...Self.largestLayerCount).contains(each.reduce(0, +))
        else { return opaque(call, notUnderstood(arguments)) }
        let indices = each.enumerated().flatMap { [Int](repeating: $0, count: $1) }
        return [try gathered(call, input, [(axis, indices)])]
    }

    /// - Parameter places: of axes of the file.
    private mutating func gathered(
        _ call: KerasLayerCall, _ input: KerasValue, _ places: [(axis: Int, indices: [Int])]
    ) throws(ModelError) -> KerasValue {
        var result = input
        for (index, (axis, indices)) in places.enumerated() {
            let isLast = index == places.count - 1
            result = try add(
                .gathering(Gathering(axis: input.networkAxis(axis) ?? axis, indices: indices)), to: [result], of: call,
                part: isLast ? .main : .helper, suffix: isLast ? nil : "axis \(axis)", isLast: isLast)
        }
        return result
    }

    /// A value for each place of an axis, without that axis.
    mutating func unstack(_ arguments: KerasOperatorArguments) throws(ModelError) -> [KerasValue] {
        let call = arguments.call
        guard let input = arguments.onlyInput, let rank = input.rank, rank > 2, let shape = input.shape,
            case let told = arguments.constant("axis", place: 2)?.wholeNumber ?? 0,
            case let axis = told < 0 ? told + rank : told, (1..<rank).contains(axis)
        else { return opaque(call, notUnderstood(arguments)) }
        var rest = Array(shape.dimensions.dropFirst())
        guard let length = rest.remove(at: axis - 1), length > 0, length <= 1 << 12,
            arguments.constant("num", place: 1)?.wholeNumber ?? length == length,
            rest.count(where: { $0 == nil }) <= 1
        else { return opaque(call, "the lengths of its input's axes are not known") }
        let place = input.networkAxis(axis) ?? axis
        var parts = [input]
        if length > 1 {
            var part = input.networkShape
            part?.dimensions[place] = 1
            let names = (0..<length).map { "\(call.name) (place \($0))" }
            parts = append(
                .slice(axis: place, points: Array(1..<length)), name: "\(call.name) (places)",
                type: call.layer.className, valueNames: names, inputs: [input],
                shapes: names.map { _ in part }, order: input.order, origin: origin(call, .helper))
            for part in parts { network.values[part.id.index].isSealed = true }
        }
        var results: [KerasValue] = []
        for (index, part) in parts.enumerated() {
            let result = try reshaped(
                call, part, to: rest.map { $0 ?? -1 }, part: index == 0 ? .main : .helper,
                suffix: index == 0 ? nil : "output \(index)", isLast: index == 0)
            // Which of the outputs it is nothing tells who would read it through another layer.
            network.values[result.id.index].isSealed = true
            results.append(result)
        }
        return results
    }
}

extension KerasGraphBuilder {
    /// How far elements are spread along axes, and what is divided by that; `nil` for another operator.
    mutating func spread(_ arguments: KerasOperatorArguments) throws(ModelError) -> [KerasValue]? {
        let call = arguments.call
        switch arguments.function {
        case "var", "reduce_variance": return try variance(arguments, isRoot: false)
        case "std", "reduce_std": return try variance(arguments, isRoot: true)
        case "l2_normalize", "normalize":
            // Keras 3 divides by 1e-7 at least; TensorFlow by the root of 1e-12.
            let told = arguments.constant("epsilon")?.number?.double
            let least = call.layer.isOperator ? told ?? 1e-7 : (told ?? 1e-12).squareRoot()
            guard let input = arguments.onlyInput, arguments.hasOnly("axis", "epsilon", "order"),
                arguments.constant("order")?.wholeNumber ?? 2 == 2, least >= 0,
                let told = arguments.constant("axis", place: 1).map({ KerasOperatorArguments.integers($0) }) ?? [-1],
                !told.isEmpty, case let axes = told.compactMap({ input.networkAxis($0) }), axes.count == told.count,
                !axes.contains(0)
            else { return opaque(call, notUnderstood(arguments)) }
            return [try add(.normDivision(NormDivision(axes: axes, least: least)), to: [input], of: call)]
        case "squared_difference":
            guard let operands = arguments.operands([["x"], ["y"]]) else {
                return opaque(call, notUnderstood(arguments))
            }
            let order = order(of: call)
            var values: [KerasValue] = []
            for (place, operand) in operands.enumerated() {
                guard case .value(let value) = operand, value.rank != nil else {
                    return opaque(call, notUnderstood(arguments))
                }
                values.append(inOrder(value, order))
                if place == 1, values[0].rank != values[1].rank { return opaque(call, notUnderstood(arguments)) }
            }
            let difference = try add(
                .arithmetic(Arithmetic(.difference, order: order)), to: values, of: call, part: .helper,
                suffix: "difference", isLast: false, order: order)
            return [try add(.power(Power(power: 2)), to: [difference], of: call)]
        default: return nil
        }
    }

    /// The mean of squared distances from the mean, or its root.
    private mutating func variance(
        _ arguments: KerasOperatorArguments, isRoot: Bool
    ) throws(ModelError) -> [KerasValue] {
        let call = arguments.call
        guard let value = arguments.onlyInput, let rank = value.rank, arguments.hasOnly("axis", "keepdims"),
            let told = KerasOperatorArguments.integers(arguments.constant("axis", place: 1)), !told.isEmpty,
            case let axes = told.map({ $0 < 0 ? $0 + rank : $0 }), axes.allSatisfy({ (1..<rank).contains($0) })
        else { return opaque(call, notUnderstood(arguments)) }
        let input = try inside(value, of: call)
        let mean = try add(
            .axisReduction(AxisReduction(.mean, axes: axes, keepsAxes: true, order: input.order)), to: [input],
            of: call, part: .helper, suffix: "mean", isLast: false)
        let distance = try add(
            .arithmetic(Arithmetic(.difference, order: input.order)), to: [input, mean], of: call, part: .helper,
            suffix: "distance", isLast: false, order: input.order)
        let square = try add(
            .power(Power(power: 2)), to: [distance], of: call, part: .helper, suffix: "square", isLast: false)
        let reduction = AxisReduction(
            .mean, axes: axes, keepsAxes: arguments.boolean("keepdims") ?? false, order: input.order)
        let variance = try add(
            .axisReduction(reduction), to: [square], of: call, part: isRoot ? .helper : .main,
            suffix: isRoot ? "variance" : nil, isLast: !isRoot)
        guard isRoot else { return [variance] }
        return [try add(.activation(.function(.squareRoot)), to: [variance], of: call)]
    }
}
