import Execution
import Folding
import NetGraph
import Verification

/// A net and what the planner makes of it, with the numbers that a file would hold.
struct PlannedFold {
    var original: Sketch
    var folded: Sketch

    init(_ original: Sketch, reach: FoldReach = .wholeGraph) throws {
        self.original = original
        var options = FoldPlanner.Options()
        options.reach = reach
        let plan = try FoldPlanner(original.network, options: options).plan(weights: original.weights).plan
        let result = plan.applied(to: original.network)
        let store = FoldedWeights(base: original.weights, folded: result)
        folded = original
        folded.network = result.network
        folded.weights.numbers = try result.network.parameters.indices.map { index in
            let count = result.network.parameters[index].elementCount ?? 0
            // A gap: no layer has this parameter any more.
            guard result.network.layers.contains(where: { $0.operation.parameters.contains(ParameterID(index)) }) else {
                return [Double](repeating: 0, count: count)
            }
            let buffer = UnsafeMutableBufferPointer<Double>.allocate(capacity: count)
            defer { buffer.deallocate() }
            buffer.initialize(repeating: 0)
            try store.read(ParameterID(index), from: 0, into: buffer)
            return Array(buffer)
        }
    }

    /// What the inputs are fed.
    static func inputs(of network: Network) -> [String: Tensor<Double>] {
        var inputs: [String: Tensor<Double>] = [:]
        var random = StepNumbers(seed: 5)
        for layer in network.layers where layer.operation == .input {
            let shape = network[layer.outputs[0]].shape?.known ?? []
            inputs[layer.name] = Tensor(shape: shape, elements: random.numbers(shape.reduce(1, *), -2...2))
        }
        return inputs
    }

    func verification() throws -> Verification {
        try Sketch.verify(original, folded, on: Self.inputs(of: original.network))
    }

    /// What is wrong with the verdict on a right fold; `nil` when nothing is.
    var complaint: String? {
        do {
            let verification = try verification()
            if verification.isWithin { return nil }
            let blobs = verification.values.filter { $0.isBeyond(verification.tolerance) }
                .map { "\($0.name) of \($0.layer) is off by \($0.difference.relative)" }
            let sites = verification.sites.filter(\.isBeyond)
                .map {
                    "\($0.changed) <- \($0.removed) at \($0.values) is off by \($0.difference.error), bound \($0.difference.bound ?? -1)"
                }
            return (blobs + sites + verification.missingOutputs).joined(separator: "\n")
        } catch {
            return "\(error)"
        }
    }

    /// The outputs of the folded net.
    func outputs() throws -> [Tensor<Double>] {
        let interpreter = try Interpreter<Double>(
            folded.network, weights: folded.weights, options: ExecutionOptions(threadCount: 1))
        var outputs: [ValueID: Tensor<Double>] = [:]
        _ = try interpreter.run(Self.inputs(of: folded.network)) { value, tensor in
            if folded.network.outputs.contains(value) { outputs[value] = tensor }
        }
        return folded.network.outputs.compactMap { outputs[$0] }
    }

    /// The layers of both nets.
    var description: String {
        (NetworkStructure(original.network).lines + ["folded:"] + NetworkStructure(folded.network).lines)
            .joined(separator: "\n")
    }
}
