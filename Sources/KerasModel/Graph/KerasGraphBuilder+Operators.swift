import Frontend
import JSON
import NetGraph

extension KerasGraphBuilder {
    /// Operators of Keras 2 (`TFOpLambda`) and 3 (`keras.ops`), by the function that they call.
    ///
    /// - Returns: an opaque layer for functions, or arguments, that are not modelled.
    mutating func translateOperator(_ call: KerasLayerCall) throws(ModelError) -> [KerasValue] {
        let name = Self.function(of: call.layer)
        if let function = Self.arithmetic[name] { return try arithmetic(call, function) }
        if let activation = Self.activations[name] {
            guard call.inputs.count == 1, call.arguments.count == 1 else {
                return opaque(call, "its arguments are not understood")
            }
            let known = call.keywords.allSatisfy {
                ["name", "training"].contains($0.name) || call.constant($0.name) == nil
            }
            guard known else { return opaque(call, "its arguments are not understood") }
            let function = KerasActivation.named(activation, dialect: config.dialect)
            return [try add(KerasActivation(function, name: activation), to: call.inputs[0], of: call, isWhole: true)]
        }
        switch name {
        case "identity", "stop_gradient":
            guard let input = call.inputs.first, call.inputs.count == 1 else { break }
            return [try add(.identity(type: call.layer.className), to: [input], of: call)]
        case "concat", "concatenate": return try concatenation(ofOperator: call)
        default: break
        }
        return opaque(call, "the operator '\(name)' is not modelled")
    }

    /// `math.multiply`, `__operators__.add` and `nn.relu` of Keras 2 without what stands before the last dot; the class of Keras 3 in its spelling.
    private static func function(of layer: KerasLayer) -> String {
        if layer.isOperator {
            // TrueDivide: true_divide
            return layer.className.enumerated().reduce(into: "") { name, next in
                if next.element.isUppercase, next.offset > 0 { name += "_" }
                name += next.element.lowercased()
            }
        }
        let function = layer.config["function"]?.string ?? ""
        return function.split(separator: ".").last.map { String($0) } ?? function
    }

    private static let arithmetic: [String: Arithmetic.Function] = [
        "add": .sum, "__add__": .sum, "__radd__": .sum, "subtract": .difference, "sub": .difference,
        "multiply": .product, "mul": .product, "divide": .quotient, "true_divide": .quotient, "truediv": .quotient,
        "maximum": .maximum, "minimum": .minimum, "pow": .power, "power": .power,
    ]

    private static let activations: [String: String] = [
        "relu": "relu", "relu6": "relu6", "sigmoid": "sigmoid", "tanh": "tanh", "silu": "silu", "swish": "silu",
        "elu": "elu", "selu": "selu", "softplus": "softplus", "softsign": "softsign", "hard_sigmoid": "hard_sigmoid",
        "exp": "exponential",
    ]

    private mutating func arithmetic(
        _ call: KerasLayerCall, _ function: Arithmetic.Function
    ) throws(ModelError) -> [KerasValue] {
        // x and y, by position or by name.
        var operands = call.arguments
        for name in ["x", "y", "x1", "x2", "value", "other"] {
            if let operand = call.keywords.first(where: { $0.name == name })?.value { operands.append(operand) }
        }
        let order = call.inputs.first { $0.rank ?? 3 > 2 }?.order ?? defaultOrder
        guard operands.count == 2 else { return opaque(call, "its arguments are not understood") }
        var values: [KerasValue] = []
        for (place, operand) in operands.enumerated() {
            switch operand {
            case .value(let value): values.append(inOrder(value, order))
            case .constant(let node):
                // One number, or one for each entry of the last axis.
                guard let numbers = node.decimals, numbers.count == 1 || order == .channelsLast else {
                    return opaque(call, "its arguments are not understood")
                }
                let name = "\(call.name) (number \(place + 1))"
                let parameter = constant(numbers, name: name, shape: [numbers.count])
                values.append(
                    append(
                        .parameter(parameter, shape: [numbers.count]), name: name, type: call.layer.className,
                        valueName: name, inputs: [], shape: TensorShape([numbers.count]), order: order,
                        origin: origin(call, .helper)))
            case .list: return opaque(call, "its arguments are not understood")
            }
        }
        guard values.allSatisfy({ $0.rank != nil }) else {
            return opaque(call, "the numbers of its inputs' axes are not known")
        }
        // Inputs of one shape need no rules of their own.
        let shapes = Set(values.map(\.networkShape))
        if shapes.count == 1, let eltwise = Self.eltwise(function) {
            return [try add(.eltwise(eltwise), to: values, of: call, order: order)]
        }
        return [try add(.arithmetic(Arithmetic(function, order: order)), to: values, of: call, order: order)]
    }

    private static func eltwise(_ function: Arithmetic.Function) -> Eltwise? {
        switch function {
        case .sum: Eltwise(combination: .sum, coefficients: [1, 1])
        case .difference: Eltwise(combination: .sum, coefficients: [1, -1])
        case .product: Eltwise(combination: .product, coefficients: [1, 1])
        case .maximum: Eltwise(combination: .maximum, coefficients: [1, 1])
        default: nil
        }
    }

    private mutating func concatenation(ofOperator call: KerasLayerCall) throws(ModelError) -> [KerasValue] {
        let order = call.inputs.first { $0.rank ?? 3 > 2 }?.order ?? defaultOrder
        let inputs = call.inputs.map { inOrder($0, order) }
        var told = call.constant("axis")?.wholeNumber
        if told == nil, call.arguments.count > 1, case .constant(let node) = call.arguments[1] {
            told = node.wholeNumber
        }
        // keras.ops has no default; that of a layer of Keras 3 is in its fields.
        told = told ?? call.fields.integer("axis")
        guard inputs.count > 1, let told, let axis = inputs[0].networkAxis(told), axis > 0 else {
            return opaque(call, "its axis is not understood")
        }
        return [try add(.concat(axis: axis), to: inputs, of: call, order: order)]
    }
}
