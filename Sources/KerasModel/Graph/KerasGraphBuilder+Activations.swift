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
            return try add(
                .activation(function), to: [input], of: call, part: part, suffix: isWhole ? nil : activation.name)
        case .softmax(let axis): return try add(axis, activation, { .softmax(axis: $0) }, input, call, part)
        case .logSoftmax(let axis): return try add(axis, activation, { .logSoftmax(axis: $0) }, input, call, part)
        case .gatedHalves(let axis): return try add(axis, activation, { .gatedHalves(axis: $0) }, input, call, part)
        case .unknown:
            return unknown(activation, "the function '\(activation.name)' is not known", input, call, part)
        }
    }

    /// A function along an axis of the file.
    private mutating func add(
        _ told: Int, _ activation: KerasActivation, _ operation: (Int) -> Operation, _ input: KerasValue,
        _ call: KerasLayerCall, _ part: KerasNetwork.Part
    ) throws(ModelError) -> KerasValue {
        guard let axis = input.networkAxis(told > 0 ? told + call.leadingAxes : told) else {
            return unknown(activation, "which of its input's axes is axis \(told) is not known", input, call, part)
        }
        return try add(
            operation(axis), to: [input], of: call, part: part, suffix: part == .main ? nil : activation.name)
    }

    private mutating func unknown(
        _ activation: KerasActivation, _ cause: String, _ input: KerasValue, _ call: KerasLayerCall,
        _ part: KerasNetwork.Part
    ) -> KerasValue {
        let type = part == .main ? call.layer.className : activation.name
        return append(
            .opaque(Opaque(type: type, cause: cause)),
            name: part == .main ? call.name : "\(call.name) (activation)", type: type, valueName: call.name,
            // A function of each element: nothing else is an activation.
            inputs: [input], shape: input.networkShape, order: input.order, origin: origin(call, part))
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
            let activation = KerasActivation(call.fields["activation"], dialect: config.dialect)
            return [try add(activation, to: input, of: call, isWhole: true)]
        }
        if name == "PReLU" { return try slopes(call, input) }
        guard let function = KerasActivation.layer(name, call.fields) else { return nil }
        return [try add(KerasActivation(function, name: name), to: input, of: call, isWhole: true)]
    }

    /// A slope for each place, those of shared axes once.
    private mutating func slopes(_ call: KerasLayerCall, _ input: KerasValue) throws(ModelError) -> [KerasValue] {
        guard let parameters = parameters(of: call, shapes: [nil]), let slope = parameters.first else {
            return opaque(call, "its weights are not plain numbers")
        }
        guard let shape = network[slope].shape, let rank = input.rank,
            shape.count == rank - 1 - call.leadingAxes
        else {
            return opaque(call, "its slopes do not fit its input")
        }
        // The axes of the parameter are those of the file, images left out.
        let axes = Array(input.order.networkAxes(rank: rank).dropFirst(1 + call.leadingAxes))
        return [try add(.activation(.prelu(slope: slope, axes: axes)), to: [input], of: call)]
    }
}
