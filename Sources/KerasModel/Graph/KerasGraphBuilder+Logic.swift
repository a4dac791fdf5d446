import Frontend
import JSON
import NetGraph

// Comparisons and choices. What holds is 1, what does not is 0.

extension KerasGraphBuilder {
    private static let comparisons: [String: Arithmetic.Function] = [
        "equal": .equal, "not_equal": .notEqual, "less": .less, "less_equal": .lessOrEqual, "greater": .greater,
        "greater_equal": .greaterOrEqual,
    ]

    /// `nil` for another operator.
    mutating func logic(_ arguments: KerasOperatorArguments) throws(ModelError) -> [KerasValue]? {
        let call = arguments.call
        if let function = Self.comparisons[arguments.function] {
            guard let operands = arguments.operands([["x", "x1"], ["y", "x2"]]) else {
                return opaque(call, notUnderstood(arguments))
            }
            return try combination(call, function, operands)
        }
        switch arguments.function {
        case "where", "where_v2":
            guard let operands = arguments.operands([["condition"], ["x", "x1"], ["y", "x2"]]) else {
                return opaque(call, notUnderstood(arguments))
            }
            return try combination(call, .choice, operands)
        case "logical_and": return try logic(arguments, .product)
        case "logical_or": return try logic(arguments, .maximum)
        case "logical_xor": return try logic(arguments, .notEqual)
        case "logical_not":
            guard let input = arguments.onlyInput, input.rank != nil else {
                return opaque(call, notUnderstood(arguments))
            }
            return [try compared(input, .equal, with: 0, of: call)]
        case "isnan", "is_nan":
            guard let input = arguments.onlyInput, input.rank != nil else {
                return opaque(call, notUnderstood(arguments))
            }
            let inner = try inside(input, of: call)
            return [
                try add(
                    .arithmetic(Arithmetic(.notEqual, order: inner.order)), to: [inner, inner], of: call,
                    order: inner.order)
            ]
        default: return nil
        }
    }

    /// A value held against a number.
    mutating func compared(
        _ value: KerasValue, _ function: Arithmetic.Function, with number: Double, of call: KerasLayerCall,
        place: Int = 0, isLast: Bool = true
    ) throws(ModelError) -> KerasValue {
        let other = numbers(KerasArray(shape: [], numbers: [number]), of: call, place: place, order: value.order)
        return try add(
            .arithmetic(Arithmetic(function, order: value.order)), to: [value, other], of: call,
            part: isLast ? .main : .helper, suffix: isLast ? nil : "condition \(place + 1)", isLast: isLast,
            order: value.order)
    }

    /// Of two conditions, each of which holds where it is not 0.
    private mutating func logic(
        _ arguments: KerasOperatorArguments, _ function: Arithmetic.Function
    ) throws(ModelError) -> [KerasValue] {
        let call = arguments.call
        guard let operands = arguments.operands([["x", "x1"], ["y", "x2"]]) else {
            return opaque(call, notUnderstood(arguments))
        }
        let order = order(of: call)
        var conditions: [KerasValue] = []
        for (place, operand) in operands.enumerated() {
            guard case .value(let value) = operand, value.rank != nil else {
                return opaque(call, notUnderstood(arguments))
            }
            conditions.append(
                try compared(inOrder(value, order), .notEqual, with: 0, of: call, place: place, isLast: false))
        }
        return [try add(.arithmetic(Arithmetic(function, order: order)), to: conditions, of: call, order: order)]
    }
}

extension KerasOperatorArguments {
    /// What the operator is handed, at its place or under one of the names for that; `nil` where something is missing, or something else is told.
    func operands(_ names: [[String]]) -> [KerasInput]? {
        var operands: [KerasInput] = []
        for (place, own) in names.enumerated() {
            if call.arguments.indices.contains(place) {
                operands.append(call.arguments[place])
            } else if let keyword = call.keywords.first(where: { own.contains($0.name) }) {
                operands.append(keyword.value)
            } else {
                return nil
            }
        }
        let known = Set(names.joined()).union(["name"])
        guard call.arguments.count <= names.count,
            call.keywords.allSatisfy({ known.contains($0.name) || call.isEmpty($0.name) })
        else { return nil }
        return operands
    }
}
