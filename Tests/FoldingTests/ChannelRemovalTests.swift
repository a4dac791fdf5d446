import Folding
import NetGraph
import Testing

@Suite("A channel that holds one number")
struct ChannelRemovalTests {
    /// Takes constant channels out of a folded net, and holds its outputs against those before where the reference can run it.
    private func removal(
        _ sketch: NetworkSketch, input: Blob? = Blob([1, 1, 2, 2], [1, -2, 3, 0.5]),
        mayChange: @escaping (Layer) -> Bool = { _ in true }
    ) throws -> ChannelRemoval {
        let folded = try sketch.folded()
        let removal = try ChannelRemoval(of: folded.folded, weights: sketch.weights, mayChange: mayChange)
        if let input {
            let before = try ReferenceRun(network: folded.network, weights: folded.weights).outputs(for: input)
            let weights = FoldedWeights(base: sketch.weights, folded: removal.folded)
            let after = try ReferenceRun(network: removal.folded.network, weights: weights).outputs(for: input)
            #expect(before.map(\.shape) == after.map(\.shape))
            for (first, second) in zip(before.flatMap(\.values), after.flatMap(\.values)) {
                #expect(abs(first - second) < 1e-6 * max(1, abs(first)))
            }
        }
        return removal
    }

    private func shapes(_ removal: ChannelRemoval, _ name: String) -> [[Int]?] {
        let layer = removal.folded.network.layers.first { $0.name == name }
        return (layer?.operation.parameters ?? []).map { removal.folded.network[$0].shape }
    }

    private func numbers(_ removal: ChannelRemoval, _ name: String, of sketch: NetworkSketch) throws -> [[Double]] {
        let weights = FoldedWeights(base: sketch.weights, folded: removal.folded)
        let layer = removal.folded.network.layers.first { $0.name == name }
        return try (layer?.operation.parameters ?? []).map { try weights.stored($0, of: removal.folded.network) }
    }

    /// conv1 (three channels, the second one constant) - ReLU
    private func dead(_ sketch: inout NetworkSketch, bias: Double = 3) -> ValueID {
        let data = sketch.input("data", [1, 1, 2, 2])
        return sketch.relu(of: sketch.pointwise("conv1", of: data, [1, 0, 2], bias: [0.5, bias, -1]))
    }

    private func convolution(
        _ sketch: inout NetworkSketch, _ name: String, of value: ValueID, inputs: Int, outputs: Int, kernel: Int = 1,
        pad: Int = 0, groups: Int = 1, mayHaveBias: Bool = true
    ) -> ValueID {
        let count = outputs * inputs / groups * kernel * kernel
        let weight = sketch.parameter(
            "\(name) weight", (0..<count).map { Double($0 + 1) / 4 }, shape: [outputs, inputs / groups, kernel, kernel])
        var convolution = Convolution(
            weight: weight, bias: nil, outputChannels: outputs, groups: groups, kernel: [kernel, kernel],
            padBefore: [pad, pad])
        convolution.mayHaveBias = mayHaveBias
        return sketch.add(name, .convolution(convolution), [value])
    }

    @Test("goes from both layers, and its number into a bias")
    func bias() throws {
        var sketch = NetworkSketch()
        let dead = dead(&sketch)
        sketch.finish(convolution(&sketch, "conv2", of: dead, inputs: 3, outputs: 2))
        let removal = try removal(sketch)
        #expect(shapes(removal, "conv1") == [[2, 1, 1, 1], [2]])
        #expect(shapes(removal, "conv2") == [[2, 2, 1, 1], [2]])
        // 3 times the weights 2/4 and 5/4.
        #expect(try numbers(removal, "conv2", of: sketch)[1] == [1.5, 3.75])
        #expect(removal.before.channels == 5)
        #expect(removal.after.channels == 4)
    }

    @Test("comes from a normalisation whose factor is 0")
    func normalisation() throws {
        var sketch = NetworkSketch()
        let data = sketch.input("data", [1, 1, 2, 2])
        let convolved = sketch.pointwise("conv1", of: data, [1, 2])
        let normalised = sketch.batchNorm(
            of: convolved, mean: [1, 2], variance: [1, 4], gamma: [0, 2], beta: [-1, 0.5])
        sketch.finish(convolution(&sketch, "conv2", of: sketch.relu(of: normalised), inputs: 2, outputs: 1))
        #expect(shapes(try removal(sketch), "conv1") == [[1, 1, 1, 1], [1]])
    }

    @Test("stays before a padding of zeros, unless it is 0 itself", arguments: [3, -1.0])
    func padding(number: Double) throws {
        var sketch = NetworkSketch()
        let dead = dead(&sketch, bias: number)
        sketch.finish(convolution(&sketch, "conv2", of: dead, inputs: 3, outputs: 2, kernel: 3, pad: 1))
        let removal = try removal(sketch)
        // ReLU makes 0 of what is negative.
        #expect(shapes(removal, "conv1")[0] == [number > 0 ? 3 : 2, 1, 1, 1])
        #expect(removal.obstacles.count == (number > 0 ? 1 : 0))
    }

    @Test("stays where the reader has no room for a bias")
    func withoutBias() throws {
        var sketch = NetworkSketch()
        let dead = dead(&sketch)
        sketch.finish(convolution(&sketch, "conv2", of: dead, inputs: 3, outputs: 2, mayHaveBias: false))
        #expect(try removal(sketch).changes.isEmpty)
    }

    @Test("goes through a depthwise convolution")
    func depthwise() throws {
        var sketch = NetworkSketch()
        let dead = dead(&sketch)
        let depthwise = convolution(&sketch, "depthwise", of: dead, inputs: 3, outputs: 6, groups: 3)
        sketch.finish(convolution(&sketch, "conv2", of: depthwise, inputs: 6, outputs: 2))
        let removal = try removal(sketch)
        #expect(shapes(removal, "depthwise")[0] == [4, 1, 1, 1])
        #expect(shapes(removal, "conv2")[0] == [2, 4, 1, 1])
        let layer = removal.folded.network.layers.first { $0.name == "depthwise" }
        guard case .convolution(let convolution)? = layer?.operation else { return #expect(Bool(false)) }
        #expect(convolution.groups == 2)
        #expect(convolution.outputChannels == 4)
    }

    @Test("of a sum goes where it is constant in every branch", arguments: [[0, 1, 2.0], [1, 0, 2]])
    func sum(second: [Double]) throws {
        var sketch = NetworkSketch()
        let data = sketch.input("data", [1, 1, 2, 2])
        let first = sketch.pointwise("conv1", of: data, [1, 0, 2])
        let other = sketch.pointwise("conv2", of: data, second)
        let sum = sketch.add(
            "sum", .eltwise(Eltwise(combination: .sum, coefficients: [1, -1])), [first, other])
        sketch.finish(convolution(&sketch, "conv3", of: sum, inputs: 3, outputs: 2))
        let agrees = second[1] == 0
        #expect(shapes(try removal(sketch, input: nil), "conv2")[0] == [agrees ? 2 : 3, 1, 1, 1])
    }

    @Test("is found behind a Concat at the place where it lies there")
    func concatenation() throws {
        var sketch = NetworkSketch()
        let data = sketch.input("data", [1, 1, 2, 2])
        let first = sketch.pointwise("conv1", of: data, [1, 2])
        let other = sketch.pointwise("conv2", of: data, [3, 0], bias: [0, 4])
        let all = sketch.add("all", .concat(axis: 1), [first, other])
        sketch.finish(convolution(&sketch, "conv3", of: all, inputs: 4, outputs: 1))
        let removal = try removal(sketch, input: nil)
        #expect(try numbers(removal, "conv3", of: sketch) == [[0.25, 0.5, 0.75], [4]])
        #expect(shapes(removal, "conv1")[0] == [2, 1, 1, 1])
    }

    @Test("is a block of what a flattened value has", arguments: [ElementOrder.channelsFirst, .channelsLast])
    func flattening(order: ElementOrder) throws {
        var sketch = NetworkSketch()
        let data = sketch.input("data", [1, 1, 1, 2])
        let convolved = sketch.pointwise("conv1", of: data, [1, 0], bias: [0, 2])
        sketch.network.values[convolved.index].shape = TensorShape([1, 2, 1, 2])
        let flat = sketch.add("flat", .flatten(first: 1, last: 3, order: order), [convolved])
        let weight = sketch.parameter("fc weight", [1, 2, 3, 4], shape: [1, 4])
        sketch.finish(
            sketch.add("fc", .innerProduct(InnerProduct(weight: weight, bias: nil, outputCount: 1)), [flat]))
        let numbers = try numbers(try removal(sketch, input: nil), "fc", of: sketch)
        #expect(numbers == (order == .channelsFirst ? [[1, 2], [14]] : [[1, 3], [12]]))
    }

    @Test("stays where the network hands it out, and where a layer is not followed")
    func ends() throws {
        var sketch = NetworkSketch()
        sketch.finish(dead(&sketch))
        #expect(try removal(sketch).changes.isEmpty)
        sketch = NetworkSketch()
        let softmax = sketch.add("softmax", .softmax(axis: 1), [dead(&sketch)])
        sketch.finish(convolution(&sketch, "conv2", of: softmax, inputs: 3, outputs: 2))
        let removal = try removal(sketch, input: nil)
        #expect(removal.changes.isEmpty)
        #expect(removal.obstacles.map(\.reason) == ["needs all its channels"])
    }

    @Test("stays where a parameter is shared, or cannot be written otherwise")
    func unchangeable() throws {
        var sketch = NetworkSketch()
        let dead = dead(&sketch)
        sketch.finish(convolution(&sketch, "conv2", of: dead, inputs: 3, outputs: 2))
        #expect(try removal(sketch, mayChange: { $0.name != "conv2" }).changes.isEmpty)
        let twin = sketch.network.layers[sketch.network.layers.count - 1].operation
        let other = sketch.add("conv3", twin, [dead])
        sketch.network.outputs.append(other)
        #expect(try removal(sketch).changes.isEmpty)
    }

    @Test("is the one that stays where all are constant")
    func all() throws {
        var sketch = NetworkSketch()
        let data = sketch.input("data", [1, 1, 2, 2])
        let dead = sketch.pointwise("conv1", of: data, [0, 0, 0], bias: [1, 2, 3])
        sketch.finish(convolution(&sketch, "conv2", of: dead, inputs: 3, outputs: 2))
        #expect(shapes(try removal(sketch), "conv1") == [[1, 1, 1, 1], [1]])
    }

    @Test("of a weight is where the order of its axes says")
    func places() {
        let operation = Convolution(
            weight: ParameterID(0), weightOrder: .outputsLast, bias: nil, outputChannels: 3, kernel: [2])
        guard let layout = operation.weightLayout(isTransposed: false, elementCount: 12) else {
            return #expect(Bool(false))
        }
        let selection = WeightSelection(of: layout, outputs: [0, 2], inputs: [1])
        // (kernel, inputs, outputs): place = 6 k + 3 i + o.
        #expect(selection.places(of: 0..<4) == [3, 5, 9, 11])
        #expect(selection.places(of: 1..<3) == [5, 9])
    }
}
