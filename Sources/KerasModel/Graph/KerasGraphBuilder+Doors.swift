import NetGraph

// Doors of nested models: what goes in and what comes out.

extension KerasGraphBuilder {
    /// The inputs of a nested model as its own layers see them, behind its InputLayers: so each value lies in one model, and so does what a fold leaves
    /// behind it.
    mutating func enter(
        _ model: KerasModelNode, inputs: [KerasValue], path: KerasPath, call: Int
    ) -> [KerasValue] {
        guard !path.names.isEmpty else { return inputs }
        let first = model.layers.first { $0.className == "InputLayer" }?.name
        return inputs.enumerated().map { index, input in
            // A Sequential without an InputLayer has no place before its first layer.
            let name = model.form == .functional ? model.inputs[index].layer : first
            let inner = path.appending(name ?? "input")
            let value = append(
                .identity(type: "InputLayer"), name: Self.name(inner, call: call), type: "InputLayer",
                valueName: Self.name(inner, call: call), inputs: [input], shape: input.networkShape, order: input.order,
                origin: KerasNetwork.Origin(path: inner, call: call, part: .input(index)))
            if name == nil { network.values[value.id.index].isSealed = true }
            return value
        }
    }

    /// The outputs of a nested model as the layers around it see them.
    mutating func leave(_ call: KerasLayerCall, outputs: [KerasValue]) -> [KerasValue] {
        outputs.enumerated().map { index, output in
            let name = outputs.count == 1 ? call.name : "\(call.name) output \(index)"
            return append(
                .identity(type: "OutputOfModel"), name: name, type: call.layer.className, valueName: name,
                inputs: [output], shape: output.networkShape, order: output.order,
                origin: KerasNetwork.Origin(path: call.path, call: call.call, part: .output(index)))
        }
    }

    static func name(_ path: KerasPath, call: Int) -> String {
        call == 0 ? path.description : "\(path) call \(call + 1)"
    }
}
