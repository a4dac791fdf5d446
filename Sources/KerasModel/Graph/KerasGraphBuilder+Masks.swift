import Frontend
import NetGraph

extension KerasGraphBuilder {
    /// What is left alone where a mask may be; `nil` for a call on which none has an effect.
    mutating func translateMasked(_ call: KerasLayerCall) -> [KerasValue]? {
        guard masks.mayOccur, KerasMasks.matter(to: call.layer.className, dialect: config.dialect) else { return nil }
        if call.layer.className.hasPrefix("GlobalA"), let result = maskedMean(call) { return result }
        return opaque(call, KerasMasks.cause)
    }

    /// The mean of the steps that are not left out. Channel by channel it is an average whatever the mask is, and no number where all are left out.
    private mutating func maskedMean(_ call: KerasLayerCall) -> [KerasValue]? {
        guard call.leadingAxes == 0, let first = call.arguments.first?.values.first,
            first.rank == 3, call.arguments.flatMap(\.values).count == 1
        else { return nil }
        let order = call.dataOrder
        let input = inOrder(first, order)
        let keepsAxes = call.fields.boolean("keepdims") ?? false
        let shape = input.networkShape.map { TensorShape($0.dimensions.prefix(2) + (keepsAxes ? [1] : [])) }
        var opaque = Opaque(type: call.layer.className, cause: KerasMasks.cause)
        opaque.averagesChannels = true
        return [
            append(
                .opaque(opaque), name: call.name, type: call.layer.className, valueName: call.name,
                inputs: [input] + call.inputs.dropFirst(), shape: shape, order: keepsAxes ? order : defaultOrder,
                origin: origin(call, .main))
        ]
    }

    /// Takes out the operators that nobody reads: those that make masks for layers to which they do not matter.
    mutating func removeUnreadOperators() {
        guard config.dialect == .three, masks.mayOccur else { return }
        var readers = [Int](repeating: 0, count: network.values.count)
        for input in network.layers.flatMap(\.inputs) { readers[input.index] += 1 }
        for output in network.outputs { readers[output.index] += 1 }
        let operators = Set(
            network.layers.indices.filter { index in
                guard let layer = origins[network.layers[index].id].flatMap({ config.model.layer(at: $0.path) }) else {
                    return false
                }
                if layer.isOperator { return true }
                // Keras 3 writes no modules into HDF5.
                guard case .opaque(let opaque) = network.layers[index].operation else { return false }
                return layer.module == nil && opaque.parameters.isEmpty && layer.weights == nil
            })
        var removed: Set<Int> = []
        for index in network.layers.indices.reversed() where operators.contains(index) {
            let layer = network.layers[index]
            guard layer.outputs.allSatisfy({ readers[$0.index] == 0 }) else { continue }
            removed.insert(index)
            for input in layer.inputs { readers[input.index] -= 1 }
        }
        guard !removed.isEmpty else { return }
        network.layers = network.layers.indices.filter { !removed.contains($0) }.map { network.layers[$0] }
    }
}
