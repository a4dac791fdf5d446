import Frontend
import JSON
import NetGraph

extension KerasGraphBuilder {
    /// Operators of Keras 2 (`TFOpLambda`, `SlicingOpLambda`) and 3 (`keras.ops`), by the function that they call.
    ///
    /// - Returns: an opaque layer for functions, or arguments, that are not modelled.
    mutating func translateOperator(_ call: KerasLayerCall) throws(ModelError) -> [KerasValue] {
        guard call.leadingAxes == 0 else { return opaque(call, "it goes through time") }
        let arguments = KerasOperatorArguments(call)
        if let function = Self.arithmetic[arguments.function] { return try arithmetic(call, function) }
        if let result = try function(arguments) { return result }
        if let result = try reduction(arguments) { return result }
        if let result = try rearrangement(arguments) { return result }
        if let result = try selection(arguments) { return result }
        if let result = try window(arguments) { return result }
        if let result = try product(arguments) { return result }
        if let result = try logic(arguments) { return result }
        if let result = try spread(arguments) { return result }
        return opaque(call, "the operator '\(arguments.function)' is not modelled")
    }

    func notUnderstood(_ arguments: KerasOperatorArguments) -> String {
        "the arguments of the operator '\(arguments.function)' are not understood"
    }

    // MARK: Arithmetic

    private static let arithmetic: [String: Arithmetic.Function] = [
        "add": .sum, "__add__": .sum, "__radd__": .sum, "add_n": .sum, "bias_add": .sum,
        "subtract": .difference, "sub": .difference, "multiply": .product, "mul": .product, "divide": .quotient,
        "true_divide": .quotient, "truediv": .quotient, "maximum": .maximum, "minimum": .minimum, "pow": .power,
        "power": .power,
    ]

    private mutating func arithmetic(
        _ call: KerasLayerCall, _ function: Arithmetic.Function
    ) throws(ModelError) -> [KerasValue] {
        // x and y, by position or by name; `add_n` has a list of them.
        var operands: [KerasInput] = []
        for argument in call.arguments {
            if case .list(let parts) = argument { operands += parts } else { operands.append(argument) }
        }
        for name in ["x", "y", "x1", "x2", "value", "bias", "other"] {
            if let operand = call.keywords.first(where: { $0.name == name })?.value { operands.append(operand) }
        }
        if call.constant("data_format")?.string?.hasPrefix("NC") == true {
            return opaque(call, "its arguments are not understood")
        }
        guard operands.count >= 2 else { return opaque(call, "its arguments are not understood") }
        return try combination(call, function, operands)
    }

    /// Combines values and numbers.
    mutating func combination(
        _ call: KerasLayerCall, _ function: Arithmetic.Function, _ operands: [KerasInput]
    ) throws(ModelError) -> [KerasValue] {
        let order = order(of: call)
        let rank = call.inputs.compactMap(\.rank).max() ?? 0
        for operand in operands {
            switch operand {
            case .value(let value):
                guard value.rank != nil else {
                    return opaque(call, "the numbers of its inputs' axes are not known")
                }
            case .constant(let node):
                // The same for all images.
                guard let shape = KerasArray(node)?.shape,
                    shape.count < rank || shape.isEmpty || shape.count == rank && shape[0] == 1
                else { return opaque(call, "its arguments are not understood") }
            case .list: return opaque(call, "its arguments are not understood")
            }
        }
        var values: [KerasValue] = []
        for (place, operand) in operands.enumerated() {
            guard let value = value(operand, of: call, place: place, order: order) else {
                return opaque(call, "its arguments are not understood")
            }
            values.append(value)
        }
        // Inputs of one shape need no rules of their own.
        let shapes = Set(values.map(\.networkShape))
        if shapes.count == 1, operands.allSatisfy({ if case .value = $0 { true } else { false } }),
            let eltwise = Self.eltwise(function, count: values.count)
        {
            return [try add(.eltwise(eltwise), to: values, of: call, order: order)]
        }
        return [try add(.arithmetic(Arithmetic(function, order: order)), to: values, of: call, order: order)]
    }

    private static func eltwise(_ function: Arithmetic.Function, count: Int) -> Eltwise? {
        let ones = [Double](repeating: 1, count: count)
        return switch function {
        case .sum: Eltwise(combination: .sum, coefficients: ones)
        case .difference: Eltwise(combination: .sum, coefficients: [1] + ones.dropFirst().map { -$0 })
        case .product: Eltwise(combination: .product, coefficients: ones)
        case .maximum: Eltwise(combination: .maximum, coefficients: ones)
        default: nil
        }
    }

    // MARK: Functions of each element

    private static let functions: [String: Activation] = [
        "abs": .absolute, "absolute": .absolute, "exp": .exponential(base: nil, scale: 1, shift: 0),
        "log": .logarithm(base: nil, scale: 1, shift: 0), "sqrt": .function(.squareRoot),
        "rsqrt": .function(.reciprocalSquareRoot), "reciprocal": .function(.reciprocal), "sign": .function(.sign),
        "floor": .function(.floor), "ceil": .function(.ceiling), "round": .function(.round), "sin": .function(.sine),
        "cos": .function(.cosine), "erf": .function(.erf), "tan": .function(.tangent),
        "sinh": .function(.hyperbolicSine), "cosh": .function(.hyperbolicCosine), "atan": .function(.arcTangent),
        "arctan": .function(.arcTangent), "expm1": .function(.exponentialLessOne),
        "log1p": .function(.logarithmOfOneMore), "trunc": .function(.truncation),
    ]

    private static let activations: Set<String> = [
        "relu", "relu6", "sigmoid", "tanh", "silu", "swish", "elu", "selu", "celu", "softplus", "softsign",
        "hard_sigmoid", "hard_silu", "hard_swish", "hard_tanh", "log_sigmoid", "mish", "leaky_relu", "gelu", "softmax",
        "log_softmax", "tanh_shrink", "squareplus", "sparse_plus",
    ]

    private mutating func function(_ arguments: KerasOperatorArguments) throws(ModelError) -> [KerasValue]? {
        let (call, name) = (arguments.call, arguments.function)
        switch name {
        case "identity", "stop_gradient":
            guard let input = arguments.onlyInput else { return opaque(call, notUnderstood(arguments)) }
            return [try add(.identity(type: call.layer.className), to: [input], of: call)]
        case "cast":
            let type = arguments.constant("dtype", place: 1)?.string ?? ""
            guard let input = arguments.onlyInput, input.rank != nil else {
                return opaque(call, notUnderstood(arguments))
            }
            switch type {
            case "float16", "float32", "float64":
                return [try add(.identity(type: call.layer.className), to: [input], of: call)]
            case "bool": return [try compared(input, .notEqual, with: 0, of: call)]
            case "int32", "int64": return [try add(.activation(.function(.truncation)), to: [input], of: call)]
            default: return opaque(call, "it makes numbers of another kind")
            }
        case "negative", "square":
            guard let input = arguments.onlyInput, input.rank != nil else {
                return opaque(call, notUnderstood(arguments))
            }
            if name == "square" { return [try add(.power(Power(power: 2)), to: [input], of: call)] }
            let minus = numbers(
                KerasArray(shape: [], numbers: [-1]), of: call, place: 1, order: input.order)
            return [try add(.arithmetic(Arithmetic(.product, order: input.order)), to: [input, minus], of: call)]
        case "clip", "clip_by_value":
            guard let input = arguments.onlyInput,
                let least = arguments.constant("x_min", "clip_value_min", place: 1)?.number?.double,
                let most = arguments.constant("x_max", "clip_value_max", place: 2)?.number?.double, least <= most
            else { return opaque(call, notUnderstood(arguments)) }
            return [try add(.activation(.clip(minimum: least, maximum: most)), to: [input], of: call)]
        default: break
        }
        if let function = Self.functions[name] {
            guard let input = arguments.onlyInput, arguments.hasOnly() else {
                return opaque(call, notUnderstood(arguments))
            }
            return [try add(.activation(function), to: [input], of: call)]
        }
        guard Self.activations.contains(name) else { return nil }
        guard let input = arguments.onlyInput,
            arguments.hasOnly(
                "training", "axis", "alpha", "negative_slope", "approximate", "max_value", "threshold", "features"),
            let function = activation(arguments)
        else { return opaque(call, notUnderstood(arguments)) }
        return [try add(KerasActivation(function, name: name), to: input, of: call, isWhole: true)]
    }

    /// Operators have standards of their own: `leaky_relu` 0.2 in both, `gelu` by tanh in Keras 3 alone.
    private func activation(_ arguments: KerasOperatorArguments) -> KerasActivation.Function? {
        func number(_ names: String..., otherwise: Double) -> Double? {
            for name in names {
                guard let node = arguments.constant(name) else { continue }
                return node.number?.double
            }
            return otherwise
        }
        switch arguments.function {
        case "softmax", "log_softmax":
            guard let axis = arguments.constant("axis").map({ $0.wholeNumber }) ?? -1 else { return nil }
            return arguments.function == "softmax" ? .softmax(axis: axis) : .logSoftmax(axis: axis)
        case "leaky_relu":
            return number("negative_slope", "alpha", otherwise: 0.2).map { .element(.relu(negativeSlope: $0)) }
        case "elu": return number("alpha", otherwise: 1).map { .element(.elu(alpha: $0)) }
        case "celu": return number("alpha", otherwise: 1).map { .element(.function(.celu(alpha: $0))) }
        case "gelu":
            let isApproximate = arguments.boolean("approximate") ?? arguments.call.layer.isOperator
            return .element(.function(isApproximate ? .geluByTanh : .gelu))
        case "relu":
            guard let slope = number("negative_slope", "alpha", otherwise: 0),
                let threshold = number("threshold", otherwise: 0)
            else { return nil }
            let maximum = arguments.constant("max_value")
            guard maximum != nil || threshold != 0 else { return .element(.relu(negativeSlope: slope)) }
            return .element(
                .function(
                    .rectifier(negativeSlope: slope, maximum: maximum?.number?.double, threshold: threshold)))
        default:
            guard arguments.hasOnly("training", "features") else { return nil }
            if case .unknown = KerasActivation.named(arguments.function, dialect: config.dialect) { return nil }
            return KerasActivation.named(arguments.function, dialect: config.dialect)
        }
    }
}
