import NetGraph

/// What is known of a pass before it begins: which layers will run, how often each value is read, and that memory suffices.
struct PassPlan<Element: ExecutionElement> {
    private(set) var obstacles: [ValueID: Obstacle] = [:]
    /// How often each value is read by layers that will run.
    private(set) var reads: [Int]

    /// - Throws: `ExecutionError` when an input is missing, layers contradict each other's shapes, or more memory is needed than is allowed.
    init(
        _ interpreter: Interpreter<Element>, given: [ValueID: Tensor<Element>], retaining retained: Set<ValueID>
    ) throws(ExecutionError) {
        let network = interpreter.network
        reads = [Int](repeating: 0, count: network.values.count)
        var running: [Layer] = []
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
            running.append(layer)
            for input in layer.inputs { reads[input.index] += 1 }
        }
        try checkMemory(interpreter, running: running, given: given, retaining: retained)
    }

    /// Adds up what lives at the same time. Values whose shape only their numbers tell count as nothing; they are checked when they are made.
    private func checkMemory(
        _ interpreter: Interpreter<Element>, running: [Layer], given: [ValueID: Tensor<Element>],
        retaining retained: Set<ValueID>
    ) throws(ExecutionError) {
        let options = interpreter.options
        var shapes = [[Int]?](repeating: nil, count: interpreter.network.values.count)
        /// The elements that each value holds in memory of its own.
        var counts = [Int](repeating: 0, count: interpreter.network.values.count)
        var live = 0
        for (value, tensor) in given {
            guard shapes.indices.contains(value.index) else {
                throw ExecutionError(.invalidInput, "there is no value \(value.index) in the network")
            }
            shapes[value.index] = tensor.shape
            counts[value.index] = tensor.elements.count
            live = try options.sum(live, elements: tensor.elements.count, of: Element.self, "the inputs")
        }
        var reads = reads
        for layer in running {
            let inputs = layer.inputs.compactMap { shapes[$0.index] }
            guard inputs.count == layer.inputs.count else { continue }
            let outputs = try ForwardPass<Element>.outputShapes(of: layer, inputs: inputs)
            for (output, shape) in zip(layer.outputs, outputs) {
                shapes[output.index] = shape
                guard let shape, !layer.operation.handsInputOn else { continue }
                guard shape.allSatisfy({ $0 >= 0 }), let count = BlobShape(shape).elementCount(in: 0..<shape.count)
                else {
                    throw layer.error("an output of shape \(BlobShape.describe(shape)) is too large", kind: .tooLarge)
                }
                live = try options.sum(
                    live, elements: count, of: Element.self, "the values up to layer '\(layer.name)'")
                counts[output.index] = count
            }
            for input in layer.inputs {
                reads[input.index] -= 1
                guard reads[input.index] == 0, !retained.contains(input) else { continue }
                if layer.operation.handsInputOn, let output = layer.outputs.first {
                    // The memory lives on under another name.
                    counts[output.index] = counts[input.index]
                } else {
                    live -= counts[input.index] * MemoryLayout<Element>.stride
                }
            }
        }
    }
}
