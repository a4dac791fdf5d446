import Frontend
import JSON
import NetGraph

extension KerasGraphBuilder {
    /// Adds a function behind a value.
    ///
    /// - Parameter isWhole: whether the layer is nothing but this.
    mutating func add(
        _ activation: KerasActivation, to input: KerasValue, of call: KerasLayerCall, isWhole: Bool = false
    ) throws(ModelError) -> KerasValue {
        let part: KerasNetwork.Part = isWhole ? .main : .activation
        switch activation.function {
        case .linear:
            return try add(.identity(type: call.layer.className), to: [input], of: call, part: part)
        case .element(let function):
            let operation = Operation.activation(function)
            return try add(
                operation, to: [input], of: call, part: part, suffix: isWhole ? nil : function.typeName)
        case .softmax(let axis):
            let last = call.leadingAxes > 0 && axis > 0 ? axis + call.leadingAxes : axis
            guard let axis = input.networkAxis(last) else {
                return unknown("softmax", "the axis \(axis) of its input is not known", input, call, part)
            }
            return try add(.softmax(axis: axis), to: [input], of: call, part: part, suffix: isWhole ? nil : "Softmax")
        case .unknown(let name):
            return unknown(name, "the function '\(name)' is not known", input, call, part)
        }
    }

    private mutating func unknown(
        _ type: String, _ cause: String, _ input: KerasValue, _ call: KerasLayerCall, _ part: KerasNetwork.Part
    ) -> KerasValue {
        append(
            .opaque(Opaque(type: part == .main ? call.layer.className : type, cause: cause)),
            name: part == .main ? call.name : "\(call.name) (activation)",
            type: part == .main ? call.layer.className : type, valueName: call.name, inputs: [input],
            // A function of each element: nothing else is an activation.
            shape: input.networkShape, order: input.order, origin: origin(call, part))
    }

    /// Layers that are functions of each element, and those that do nothing at inference; `nil` for any other class.
    mutating func translateActivationLayer(_ call: KerasLayerCall) throws(ModelError) -> [KerasValue]? {
        let name = call.layer.className
        guard let input = call.inputs.first, call.inputs.count == 1 else { return nil }
        if KerasClasses.identities.contains(name) {
            guard KerasClasses.drawing.contains(name), call.runsAsInTraining else {
                return [try add(.identity(type: name), to: [input], of: call)]
            }
            return [try add(.stochastic(type: name), to: [input], of: call)]
        }
        if name == "Activation" {
            guard let activation = KerasActivation(call.fields["activation"], dialect: config.dialect) else {
                return nil
            }
            return [try add(activation, to: input, of: call, isWhole: true)]
        }
        if name == "PReLU" { return try slopes(call, input) }
        guard let function = KerasActivation.layer(name, call.fields, dialect: config.dialect) else { return nil }
        return [try add(KerasActivation(function), to: input, of: call, isWhole: true)]
    }

    /// A slope for each place, those of shared axes once.
    private mutating func slopes(_ call: KerasLayerCall, _ input: KerasValue) throws(ModelError) -> [KerasValue] {
        guard let parameters = parameters(of: call, shapes: [nil]), let slope = parameters.first else {
            return opaque(call, "its weights are not plain numbers")
        }
        guard let shape = network[slope].shape, input.order == .channelsLast || input.rank == 2,
            shape.dropLast().allSatisfy({ $0 == 1 }), let channels = input.channels, shape.last == channels
        else { return opaque(call, "its slopes differ from place to place") }
        network.parameters[slope.index].shape = [channels]
        return [try add(.activation(.prelu(slope: slope)), to: [input], of: call)]
    }
}

extension Activation {
    /// What Keras calls a layer that does nothing else.
    fileprivate var typeName: String {
        switch self {
        case .relu(negativeSlope: 0), .relu6, .clip: "ReLU"
        case .relu: "LeakyReLU"
        case .prelu: "PReLU"
        case .elu: "ELU"
        case .function(let function): function.definition.name
        case .sigmoid, .tanh, .absolute, .bnll, .exponential, .logarithm, .swish, .threshold: "Activation"
        }
    }
}
