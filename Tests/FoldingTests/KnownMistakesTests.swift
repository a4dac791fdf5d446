import Folding
import NetGraph
import Testing

@Suite("Mistakes that folding tools make")
struct KnownMistakesTests {
    /// Both networks on the same input; the folded weights of these networks are exact, so the outputs must be equal.
    private func expectSameOutputs(
        _ sketch: NetworkSketch, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let result = try sketch.folded()
        let input = Blob([1, 1, 1, 3], [-2, 1, 3])
        let before = try ReferenceRun(network: sketch.network, weights: sketch.weights).outputs(for: input)
        let after = try ReferenceRun(network: result.network, weights: result.weights).outputs(for: input)
        #expect(before.map(\.values) == after.map(\.values), sourceLocation: sourceLocation)
        #expect(before.count == sketch.network.outputs.count, sourceLocation: sourceLocation)
    }

    @Test("The convolution's own bias is scaled")
    func ownBias() throws {
        var sketch = NetworkSketch()
        let data = sketch.input()
        let conv = sketch.pointwise(of: data, [2], bias: [3])
        sketch.finish(sketch.batchNorm(of: conv, mean: [1], variance: [0.25], epsilon: 0))
        #expect(try sketch.folded().numbers("conv") == [[4], [4]])
        try expectSameOutputs(sketch)
    }

    @Test("The mean is not dropped where there was no bias")
    func meanWithoutBias() throws {
        var sketch = NetworkSketch()
        let data = sketch.input()
        let conv = sketch.pointwise(of: data, [2])
        sketch.finish(sketch.batchNorm(of: conv, mean: [1], variance: [0.25], epsilon: 0))
        #expect(try sketch.folded().numbers("conv") == [[4], [-2]])
        try expectSameOutputs(sketch)
    }

    @Test("The moving-average factor divides mean and variance")
    func factor() throws {
        var sketch = NetworkSketch()
        let data = sketch.input()
        let conv = sketch.pointwise(of: data, [2])
        sketch.finish(sketch.batchNorm(of: conv, mean: [4], variance: [16], factor: 4, epsilon: 0))
        #expect(try sketch.folded().numbers("conv") == [[1], [-0.5]])
    }

    @Test("A factor of 0 is not taken for 1")
    func factorOfZero() throws {
        var sketch = NetworkSketch()
        let data = sketch.input()
        let conv = sketch.pointwise(of: data, [2])
        sketch.finish(sketch.batchNorm(of: conv, mean: [4], variance: [0.75], factor: 0, epsilon: 0.25))
        #expect(try sketch.folded().numbers("conv") == [[4]])
    }

    @Test("A BatchNorm folds into the layer whose output it reads, not into the one before it in the list")
    func layerBeforeInList() throws {
        var sketch = NetworkSketch()
        let data = sketch.input()
        let first = sketch.pointwise("first", of: data, [2], bias: [1])
        let second = sketch.pointwise("second", of: data, [2], bias: [1])
        sketch.finish(sketch.batchNorm(of: first, mean: [0], variance: [0.25], epsilon: 0), second)
        let result = try sketch.folded()
        #expect(try result.numbers("first") == [[4], [2]])
        #expect(try result.numbers("second") == [[2], [1]])
        try expectSameOutputs(sketch)
    }

    @Test("A Scale belongs to the BatchNorm that it reads, not to the one before it in the list")
    func scaleOfOtherBatchNorm() throws {
        var sketch = NetworkSketch()
        let data = sketch.input()
        let a = sketch.pointwise("a", of: data, [1])
        let b = sketch.pointwise("b", of: data, [1])
        let bnA = sketch.batchNorm("bn a", of: a, mean: [0], variance: [0.25], epsilon: 0)
        let bnB = sketch.batchNorm("bn b", of: b, mean: [0], variance: [0.0625], epsilon: 0)
        let scaleA = sketch.scale("scale a", of: bnA, [8])
        sketch.finish(bnB, scaleA)
        let result = try sketch.folded()
        #expect(try result.numbers("a")[0] == [16])
        #expect(try result.numbers("b")[0] == [4])
        try expectSameOutputs(sketch)
    }

    @Test("A second reader of a convolution still reads what it read")
    func secondReader() throws {
        var sketch = NetworkSketch()
        let data = sketch.input()
        let conv = sketch.pointwise(of: data, [2], bias: [1])
        let bn = sketch.batchNorm(of: conv, mean: [0], variance: [0.25], epsilon: 0)
        sketch.finish(bn, sketch.relu(of: conv))
        sketch.network.values[conv.index].shape = TensorShape([1, 1, 1, 3])
        #expect(try sketch.folded().numbers("conv") == [[2], [1]])
        try expectSameOutputs(sketch)
    }

    @Test("A second reader of a BatchNorm still reads the value before the Scale")
    func secondReaderOfBatchNorm() throws {
        var sketch = NetworkSketch()
        let data = sketch.input()
        let conv = sketch.pointwise(of: data, [2], bias: [1])
        let bn = sketch.batchNorm(of: conv, mean: [0], variance: [0.25], epsilon: 0)
        sketch.finish(sketch.scale(of: bn, [8]), sketch.relu(of: bn))
        let result = try sketch.folded()
        #expect(try result.numbers("conv") == [[4], [2]])
        #expect(result.layerNames == ["data", "conv", "scale", "relu"])
        try expectSameOutputs(sketch)
    }

    @Test("An output of the network in the middle of a chain keeps its value")
    func outputInChain() throws {
        var sketch = NetworkSketch()
        let data = sketch.input()
        let bn = sketch.batchNorm(
            of: sketch.pointwise(of: data, [2]), mean: [1], variance: [0.25], epsilon: 0)
        sketch.finish(bn, sketch.scale(of: bn, [8]))
        try expectSameOutputs(sketch)
    }

    @Test("Two Scales that read one convolution are not both folded into it")
    func twoAffinesOfOneValue() throws {
        var sketch = NetworkSketch()
        let data = sketch.input()
        let conv = sketch.pointwise(of: data, [2])
        let first = sketch.scale("first", of: conv, [3])
        let second = sketch.scale("second", of: conv, [5])
        sketch.finish(first, second)
        #expect(try sketch.plan().plan.isEmpty)
        try expectSameOutputs(sketch)
    }

    @Test("A negative factor does not fold across a ReLU that works in place")
    func acrossReLU() throws {
        var sketch = NetworkSketch()
        let data = sketch.input()
        let conv = sketch.pointwise("conv", of: data, [2])
        let relu = sketch.relu(of: conv)
        sketch.network.values[relu.index].name = "conv"
        let scale = sketch.scale(of: relu, [-2], [1])
        sketch.network.values[scale.index].name = "conv"
        sketch.finish(scale)
        let result = try sketch.folded()
        #expect(try result.numbers("conv") == [[2]])
        #expect(result.layerNames == ["data", "conv", "relu", "scale"])
        try expectSameOutputs(sketch)
    }

    @Test("A Scale with two inputs is neither folded nor deleted")
    func twoInputs() throws {
        var sketch = NetworkSketch()
        let data = sketch.input()
        let conv = sketch.pointwise(of: data, [2])
        let gate = sketch.input("gate")
        sketch.finish(sketch.add("gated", .scale(Scale(gamma: nil, beta: nil)), [conv, gate]))
        #expect(try sketch.folded().network == sketch.network)
    }

    @Test("A two-input Scale that owns a beta is not taken for a BatchNorm's Scale")
    func twoInputsWithBeta() throws {
        var sketch = NetworkSketch()
        let data = sketch.input()
        let conv = sketch.pointwise(of: data, [2])
        let bn = sketch.batchNorm(of: conv, mean: [0], variance: [0.25], epsilon: 0)
        let beta = sketch.parameter("beta", [5])
        let gate = sketch.input("gate")
        sketch.finish(sketch.add("gated", .scale(Scale(gamma: nil, beta: beta)), [bn, gate]))
        let result = try sketch.folded()
        #expect(result.layerNames == ["data", "conv", "gate", "gated"])
        #expect(try result.numbers("conv") == [[4]])
        #expect(try result.numbers("gated") == [[5]])
    }

    @Test("A stand-alone BatchNorm is not deleted")
    func standAloneBatchNorm() throws {
        var sketch = NetworkSketch()
        let data = sketch.input("data", [1, 1, 1, 3])
        sketch.finish(sketch.batchNorm(of: data, mean: [1], variance: [0.25], epsilon: 0))
        #expect(try sketch.folded().network.layers.count == 2)
        try expectSameOutputs(sketch)
    }

    @Test("Output channel o of group g in a deconvolution is g * O/G + its place in the second axis")
    func deconvolutionGroups() throws {
        var sketch = NetworkSketch()
        let data = sketch.input()
        let weight = sketch.parameter("weight", [1, 1, 1, 1, 1, 1, 1, 1], shape: [4, 2, 1])
        let operation = Convolution(weight: weight, bias: nil, outputChannels: 4, groups: 2, kernel: [1])
        sketch.finish(sketch.scale(of: sketch.add("up", .deconvolution(operation), [data]), [2, 3, 5, 7]))
        #expect(try sketch.folded().numbers("up")[0] == [2, 3, 2, 3, 5, 7, 5, 7])
    }

    @Test("A deconvolution without groups is scaled along its second axis")
    func deconvolutionAxis() throws {
        var sketch = NetworkSketch()
        let data = sketch.input()
        let weight = sketch.parameter("weight", [1, 1, 1, 1, 1, 1, 1, 1], shape: [2, 2, 2])
        let operation = Convolution(weight: weight, bias: nil, outputChannels: 2, kernel: [2])
        sketch.finish(sketch.scale(of: sketch.add("up", .deconvolution(operation), [data]), [2, 3]))
        #expect(try sketch.folded().numbers("up")[0] == [2, 2, 3, 3, 2, 2, 3, 3])
    }

    @Test("A transposed inner product is scaled along columns")
    func transposed() throws {
        var sketch = NetworkSketch()
        let data = sketch.input()
        let weight = sketch.parameter("weight", [1, 2, 3, 4, 5, 6], shape: [3, 2])
        let product = InnerProduct(weight: weight, bias: nil, outputCount: 2, transposed: true)
        sketch.finish(sketch.scale(of: sketch.add("ip", .innerProduct(product), [data]), [10, 100]))
        #expect(try sketch.folded().numbers("ip")[0] == [10, 200, 30, 400, 50, 600])
    }

    @Test("Every affine layer is folded, left as a Scale, or refused with a reason")
    func nothingUnsaid() throws {
        var sketch = NetworkSketch()
        let data = sketch.input("data", [1, 1, 1, 3])
        let folded = sketch.scale("folded", of: sketch.pointwise(of: data, [1]), [2])
        let left = sketch.batchNorm("left", of: sketch.tanh(of: folded), mean: [1], variance: [1])
        let refused = sketch.scale("refused", of: sketch.relu("again", of: left), [1], axes: .axes(2..<3))
        sketch.finish(refused)
        let plan = try sketch.plan().plan
        let told = plan.folds.flatMap(\.chain) + plan.leftovers.flatMap(\.chain) + plan.refusals.map(\.layer)
        #expect(sketch.names(told) == ["folded", "left", "refused"])
    }
}
