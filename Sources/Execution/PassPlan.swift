import NetGraph

/// What is known of a pass before it begins: which layers will run, and how often each value is read.
struct PassPlan<Element: ExecutionElement> {
    private(set) var obstacles: [ValueID: Obstacle] = [:]
    /// How often each value is read by layers that will run.
    private(set) var reads: [Int]

    /// - Throws: `ExecutionError` when an input is missing, or a value is given that the network does not have.
    init(_ interpreter: Interpreter<Element>, given: [ValueID: PassValue<Element>]) throws(ExecutionError) {
        let network = interpreter.network
        reads = [Int](repeating: 0, count: network.values.count)
        if let stranger = given.keys.first(where: { !network.values.indices.contains($0.index) }) {
            throw ExecutionError(.invalidInput, "there is no value \(stranger.index) in the network")
        }
        for layer in network.layers {
            if !layer.outputs.isEmpty, layer.outputs.allSatisfy({ given[$0] != nil }) { continue }
            if layer.operation == .input, let missing = layer.outputs.first(where: { given[$0] == nil }) {
                throw ExecutionError(
                    .invalidInput, "the input '\(network[missing].name)' is not given; \(interpreter.inputList)")
            }
            let blocked = layer.inputs.first { obstacles[$0] != nil }
            if let obstacle = interpreter.obstacles[layer.id] ?? blocked.flatMap({ obstacles[$0] }) {
                for output in layer.outputs { obstacles[output] = obstacle }
                continue
            }
            for input in layer.inputs { reads[input.index] += 1 }
        }
    }
}
