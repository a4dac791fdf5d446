import Folding
import NetGraph
import Testing

@Suite("Ranges of channels across layers")
struct EqualizationTests {
    /// A convolution of two inputs whose outputs have very different ranges.
    private func unbalanced(
        _ sketch: inout NetworkSketch, _ name: String = "first", of value: ValueID, factors: [Double],
        bias: [Double]? = nil, groups: Int = 1, _ type: ElementType = .float32
    ) throws -> ValueID {
        let inputs = sketch.lengths(value)[1] / groups
        let weight = factors.flatMap { factor in sketch.random.numbers(inputs).map { factor * ($0 + 3) } }
        let operation = Convolution(
            weight: sketch.parameter(
                "\(name) weight", weight, shape: [factors.count, inputs, 1, 1], type),
            bias: bias.map { sketch.parameter("\(name) bias", $0, type) }, outputChannels: factors.count,
            groups: groups, kernel: [1, 1])
        return try sketch.append(name, .convolution(operation), value)
    }

    private func equalized(_ sketch: NetworkSketch) throws -> Equalization {
        try Equalization(FoldedNetwork(unchanged: sketch.network), weights: sketch.weights)
    }

    private func layer(_ name: String, _ equalization: Equalization) -> EqualizedLayer? {
        let id = equalization.folded.network.layers.first { $0.name == name }?.id
        return equalization.layers.first { $0.layer == id }
    }

    private func outputs(_ network: Network, _ weights: some WeightStore) throws -> [Double] {
        let input = Blob([1, 2, 2, 2], [1, -2, 0.5, 3, -1, 2, 0.25, -0.75])
        return try ReferenceRun(network: network, weights: weights).outputs(for: input).flatMap(\.values)
    }

    private func expectSameOutputs(_ sketch: NetworkSketch, _ equalization: Equalization) throws {
        let before = try outputs(sketch.network, sketch.weights)
        let after = try outputs(
            equalization.folded.network, FoldedWeights(base: sketch.weights, folded: equalization.folded))
        let largest = before.map(abs).max() ?? 0
        #expect(largest > 0 && zip(before, after).allSatisfy { abs($0 - $1) <= 1e-6 * largest })
    }

    /// data (2 channels) - first (4) - ReLU - something - last - output.
    private func chain(
        bias: [Double]? = [1, 1, 1, 1], _ type: ElementType = .float32,
        between: (inout NetworkSketch, ValueID) throws -> ValueID = { $1 }
    ) throws -> NetworkSketch {
        var sketch = NetworkSketch()
        let first = try unbalanced(
            &sketch, of: sketch.input("data", [1, 2, 2, 2]), factors: [100, 1, 1, 0.5], bias: bias, type)
        let middle = try between(&sketch, sketch.append("relu", .activation(.relu(negativeSlope: 0)), first))
        sketch.finish(try sketch.convolution("last", of: middle, outputs: 3))
        return sketch
    }

    @Test("become equal through a ReLU, and the outputs stay what they were")
    func chainOfTwo() throws {
        let sketch = try chain()
        let equalization = try equalized(sketch)
        let first = try #require(layer("first", equalization))
        #expect(first.before.ratio ?? 0 > 50 && first.after.ratio ?? 100 < 15)
        #expect(equalization.hasConverged)
        try expectSameOutputs(sketch, equalization)
    }

    @Test("become equal through a convolution with a group for each channel, which reads and writes")
    func depthwise() throws {
        let sketch = try chain { sketch, value in
            try unbalanced(&sketch, "depthwise", of: value, factors: [1, 80, 1, 1], bias: [0, 1, 2, 3], groups: 4)
        }
        let equalization = try equalized(sketch)
        #expect(layer("depthwise", equalization)?.before.ratio ?? 0 > 40)
        #expect(layer("depthwise", equalization)?.after.ratio ?? 100 < 10)
        try expectSameOutputs(sketch, equalization)
    }

    @Test("pass a Scale that stays, whose terms are scaled with them")
    func kept() throws {
        let sketch = try chain { sketch, value in sketch.affine(of: value, [1, -2, 3, 4], [5, 6, 7, 8]) }
        let equalization = try equalized(sketch)
        #expect(layer("first", equalization)?.scaledCount == 4)
        try expectSameOutputs(sketch, equalization)
    }

    @Test("give values that hold other numbers a name of their own, and leave the outputs theirs")
    func names() throws {
        let equalization = try equalized(chain())
        #expect(equalization.renamed.map(\.from) == ["first", "relu"])
        let network = equalization.folded.network
        #expect(network.outputs.map { network[$0].name } == ["last"])
        #expect(!network.layers.flatMap(\.outputs).contains { ["first", "relu"].contains(network[$0].name) })
    }

    @Test("stay where a layer between would notice, and its name is told")
    func reader() throws {
        let equalization = try equalized(
            chain { sketch, value in try sketch.append("tanh", .activation(.tanh), value) })
        let kept = try #require(layer("first", equalization)?.kept.first)
        #expect(kept.obstacle == .reader(layer: "tanh", type: "") || kept.obstacle.name == "reader")
        #expect(kept.count == 4 && equalization.renamed.isEmpty)
    }

    @Test("stay where the caller receives the channels")
    func output() throws {
        let equalization = try equalized(chain())
        #expect(layer("last", equalization)?.kept.map(\.obstacle) == [.output(value: "last")])
    }

    @Test("are those of both branches of a sum together")
    func sum() throws {
        let sketch = try chain { sketch, value in
            let other = try sketch.convolution("other", of: value, outputs: 4)
            let sum = Eltwise(combination: .sum, coefficients: [1, 1])
            return try sketch.append("sum", .eltwise(sum), value, other)
        }
        let equalization = try equalized(sketch)
        let network = equalization.folded.network
        let store = FoldedWeights(base: sketch.weights, folded: equalization.folded)
        func factors(_ name: String) throws -> [Double] {
            let before = sketch.network.layers.first { $0.name == name }?.operation.parameters[1]
            let after = network.layers.first { $0.name == name }?.operation.parameters[1]
            return zip(
                try store.vector(try #require(after), of: network),
                try sketch.weights.vector(try #require(before), of: sketch.network)
            ).map { $0 / $1 }
        }
        let first = try factors("first")
        #expect(first.contains { abs($0 - 1) > 0.1 })
        #expect(zip(first, try factors("other")).allSatisfy { abs($0 - $1) < 1e-5 })
    }

    @Test("keep what layers share shared")
    func shared() throws {
        var sketch = NetworkSketch()
        let data = sketch.input("data", [1, 2, 2, 2])
        let first = try unbalanced(&sketch, of: data, factors: [100, 1, 1, 1], bias: [1, 1, 1, 1])
        let operation = sketch.network.layers[1].operation
        let twin = try sketch.append("twin", operation, sketch.append("flip", .activation(.absolute), data))
        let ends = try [first, twin].enumerated().map { index, value in
            try sketch.convolution("end \(index)", of: value, outputs: 2)
        }
        sketch.network.outputs = ends
        let equalization = try equalized(sketch)
        let layers = equalization.folded.network.layers
        func parameters(_ name: String) -> [ParameterID]? { layers.first { $0.name == name }?.operation.parameters }
        #expect(layer("first", equalization)?.scaledCount == 4)
        #expect(parameters("first") == parameters("twin"))
    }

    @Test("stay where the weight is that of a layer of another kind as well")
    func sharedOtherwise() throws {
        var sketch = try chain()
        let weight = try #require(sketch.network.layers.first { $0.name == "first" }?.operation.parameters[0])
        let constant = try sketch.append("constant", .parameter(weight, shape: [4, 2, 1, 1]), [], outputCount: 1)
        sketch.network.outputs += constant
        #expect(layer("first", try equalized(sketch))?.kept.first?.obstacle.name == "shared-numbers")
    }

    @Test("never make a term more than twice the largest of its layer")
    func terms() throws {
        let sketch = try chain(bias: [0.1, 10, 0.1, 0.1]) { sketch, value in
            // Channel 1 is next to nothing but for its term.
            sketch.weights.tensors[sketch.network.layers[1].operation.parameters[0]]?[2] = 1e-3
            sketch.weights.tensors[sketch.network.layers[1].operation.parameters[0]]?[3] = 1e-3
            return value
        }
        let equalization = try equalized(sketch)
        let bias = try #require(
            equalization.folded.network.layers.first { $0.name == "first" }?.operation.parameters[1])
        let numbers = try FoldedWeights(base: sketch.weights, folded: equalization.folded).vector(
            bias, of: equalization.folded.network)
        #expect(numbers.allSatisfy { abs($0) <= 20.001 })
        try expectSameOutputs(sketch, equalization)
    }

    @Test("stay where a number would become too small for its format")
    func range() throws {
        let equalization = try equalized(
            chain(bias: [0, 0, 0, 0], .float16) { sketch, value in
                sketch.weights.tensors[sketch.network.layers[1].operation.parameters[0]]?[0] = 0x1p-14
                return value
            })
        #expect(layer("first", equalization)?.kept.contains { $0.obstacle.name == "range" } ?? false)
    }

    @Test("of a channel whose weights are all 0 do no harm to the others")
    func dead() throws {
        let sketch = try chain { sketch, value in
            for index in 2...3 { sketch.weights.tensors[sketch.network.layers[1].operation.parameters[0]]?[index] = 0 }
            return value
        }
        let equalization = try equalized(sketch)
        #expect(layer("first", equalization)?.after.ratio ?? 100 < 15)
        try expectSameOutputs(sketch, equalization)
    }
}
