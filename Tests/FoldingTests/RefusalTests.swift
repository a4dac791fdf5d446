import Folding
import NetGraph
import Testing

@Suite("Every reason for which an affine layer stays")
struct RefusalTests {
    /// `data - conv` with two channels, ready for an affine layer.
    private func start() -> (sketch: NetworkSketch, conv: ValueID) {
        var sketch = NetworkSketch()
        let data = sketch.input()
        let conv = sketch.pointwise(of: data, [1, 2])
        return (sketch, conv)
    }

    @Test("A BatchNorm that uses the statistics of the batch is refused")
    func batchStatistics() throws {
        var (sketch, conv) = start()
        let operation = BatchNorm(
            mean: sketch.parameter("mean", [0, 0]), variance: sketch.parameter("variance", [1, 1]),
            usesGlobalStatistics: false)
        sketch.finish(sketch.add("bn", .batchNorm(operation), [conv]))
        let plan = try sketch.plan().plan
        #expect(plan.refusals.map(\.reason) == [.batchStatistics])
        #expect(plan.isEmpty)
        #expect(RefusalReason.batchStatistics.sentence.contains("statistics of each batch"))
    }

    @Test("A BatchNorm without statistics is refused")
    func noStatistics() throws {
        var (sketch, conv) = start()
        let operation = BatchNorm(mean: nil, spread: .applied, stored: [], hasStatistics: false)
        sketch.finish(sketch.add("bn", .batchNorm(operation), [conv]))
        let plan = try sketch.plan().plan
        #expect(plan.refusals.map(\.reason) == [.noStatistics])
        #expect(plan.isEmpty)
    }

    @Test("A BatchNorm with a field that is not known is refused, and the field named")
    func unknownFields() throws {
        var (sketch, conv) = start()
        let operation = BatchNorm(
            mean: sketch.parameter("mean", [0, 0]), variance: sketch.parameter("variance", [1, 1]),
            unknownFields: ["renorm"])
        sketch.finish(sketch.add("bn", .batchNorm(operation), [conv]))
        let reason = try #require(try sketch.reason("bn"))
        #expect(reason == .unknownFields(["renorm"]))
        #expect(reason.sentence.contains("'renorm'"))
    }

    @Test("A Scale whose factor is a second input is refused")
    func secondInputOfScale() throws {
        var (sketch, conv) = start()
        let other = sketch.input("excitation")
        sketch.finish(sketch.add("scale", .scale(Scale(gamma: nil, beta: nil)), [conv, other]))
        #expect(try sketch.reason("scale") == .secondInput)
    }

    @Test("A Bias whose term is a second input is refused")
    func secondInputOfBias() throws {
        var (sketch, conv) = start()
        let other = sketch.input("term")
        sketch.finish(sketch.add("bias", .bias(Bias(beta: nil)), [conv, other]))
        #expect(try sketch.reason("bias") == .secondInput)
    }

    @Test("A Scale along the width is refused, and the axis named")
    func notPerChannel() throws {
        var (sketch, conv) = start()
        sketch.finish(sketch.scale(of: conv, [1, 2], axes: .axes(3..<4)))
        let reason = try #require(try sketch.reason("scale"))
        #expect(reason == .notPerChannel(axes: "axis 3"))
        #expect(reason.sentence.contains("axis 3"))
    }

    @Test("A Scale along channel and height is refused")
    func channelAndHeight() throws {
        var (sketch, conv) = start()
        let gamma = sketch.parameter("gamma", [1, 2, 3, 4], shape: [2, 2])
        sketch.finish(sketch.add("scale", .scale(Scale(gamma: gamma, beta: nil, axes: .axes(1..<3))), [conv]))
        #expect(try sketch.reason("scale") == .notPerChannel(axes: "axes 1 to 2"))
    }

    @Test("A Scale along the channel and axes of length 1 behind it is folded")
    func trailingOnes() throws {
        var (sketch, conv) = start()
        let gamma = sketch.parameter("gamma", [3, 5], shape: [2, 1, 1])
        sketch.finish(sketch.add("scale", .scale(Scale(gamma: gamma, beta: nil, axes: .axes(1..<4))), [conv]))
        #expect(try sketch.folded().numbers("conv")[0] == [3, 10])
    }

    @Test("An axis counted from the end of a value of unknown rank is refused")
    func axisUnknown() throws {
        var (sketch, conv) = start()
        sketch.finish(sketch.scale(of: conv, [1, 2], axes: .unresolved(axis: -1)))
        let reason = try #require(try sketch.reason("scale"))
        #expect(reason == .axisUnknown(axis: -1))
        #expect(reason.sentence.contains("-1"))
    }

    @Test("A second reader of the linear layer's output prevents the fold, and both layers are named")
    func otherReaders() throws {
        var (sketch, conv) = start()
        let relu = sketch.relu("other", of: conv)
        sketch.finish(sketch.scale(of: conv, [1, 2]), relu)
        let reason = try #require(try sketch.reason("scale"))
        #expect(reason == .otherReaders(producer: "conv", readers: ["other"]))
        #expect(reason.sentence.contains("'conv'") && reason.sentence.contains("'other'"))
    }

    @Test("Of many readers the first three are named and the rest counted")
    func manyReaders() {
        let sentence = RefusalReason.otherReaders(producer: "conv", readers: ["a", "b", "c", "d", "e"]).sentence
        #expect(sentence.contains("'a', 'b', 'c' and 2 more"))
    }

    @Test("A linear layer whose output leaves the network keeps it")
    func networkOutput() throws {
        var (sketch, conv) = start()
        sketch.finish(sketch.scale(of: conv, [1, 2]), conv)
        let reason = try #require(try sketch.reason("scale"))
        #expect(reason == .networkOutput(producer: "conv"))
        #expect(reason.sentence.contains("'conv'"))
    }

    @Test("An affine on the network's input is refused, and the input named")
    func readsInput() throws {
        var sketch = NetworkSketch()
        let data = sketch.input("pixels")
        sketch.finish(sketch.scale(of: data, [2]))
        let reason = try #require(try sketch.reason("scale"))
        #expect(reason == .readsInput(producer: "pixels"))
        #expect(reason.sentence.contains("'pixels'"))
    }

    @Test("An affine on a value that no layer writes is refused")
    func readsValueWithoutProducer() throws {
        var sketch = NetworkSketch()
        let loose = sketch.network.addValue(Value(name: "loose"))
        sketch.finish(sketch.scale(of: loose, [2]))
        #expect(try sketch.reason("scale") == .readsInput(producer: "loose"))
    }

    @Test("A layer without weights before the affine is named with its type, where only the layer before is asked")
    func notLinear() throws {
        var (sketch, conv) = start()
        sketch.finish(sketch.scale(of: sketch.relu("rectify", of: conv), [1, 2]))
        var options = FoldPlanner.Options()
        options.reach = .adjacent
        let reason = try #require(sketch.reason("scale", in: try sketch.plan(options).plan))
        #expect(reason == .notLinear(producer: "rectify", type: "Relu"))
        #expect(reason.sentence.contains("'rectify'") && reason.sentence.contains("Relu"))
    }

    @Test("A linear layer that is not understood is left alone, with the cause")
    func opaqueProducer() throws {
        var sketch = NetworkSketch()
        let data = sketch.input()
        let opaque = Opaque(type: "Convolution", cause: "its field 'relu' is not known")
        sketch.finish(sketch.scale(of: sketch.add("conv", .opaque(opaque), [data]), [2]))
        let reason = try #require(try sketch.reason("scale"))
        let expected = RefusalReason.opaqueProducer(
            producer: "conv", type: "Convolution", cause: "its field 'relu' is not known")
        #expect(reason == expected)
        #expect(reason.sentence.contains("'conv'") && reason.sentence.contains("'relu'"))
    }

    @Test("A convolution of several inputs takes no affine of one of its outputs")
    func severalOutputs() throws {
        var (sketch, conv) = start()
        let more = sketch.input("more")
        let second = sketch.network.addValue(Value(name: "second"))
        sketch.network.layers[1].inputs.append(more)
        sketch.network.layers[1].outputs.append(second)
        sketch.finish(sketch.scale(of: conv, [1, 2]), second)
        let reason = try #require(try sketch.reason("scale"))
        #expect(reason == .severalOutputs(producer: "conv"))
        #expect(reason.sentence.contains("'conv'"))
    }

    @Test("An inner product over a later axis does not take an affine of axis 1")
    func channelAxis() throws {
        var sketch = NetworkSketch()
        let data = sketch.input()
        let weight = sketch.parameter("weight", [1, 2, 3, 4], shape: [2, 2])
        let product = InnerProduct(weight: weight, bias: nil, outputCount: 2, axis: 2)
        sketch.finish(sketch.scale(of: sketch.add("ip", .innerProduct(product), [data]), [1, 2]))
        let reason = try #require(try sketch.reason("scale"))
        #expect(reason == .channelAxis(producer: "ip", axis: 2))
        #expect(reason.sentence.contains("'ip'"))
    }

    @Test("An affine of another number of channels is refused, with both numbers")
    func channelCount() throws {
        var (sketch, conv) = start()
        sketch.finish(sketch.scale(of: conv, [1, 2, 3]))
        let reason = try #require(try sketch.reason("scale"))
        #expect(reason == .channelCount(producer: "conv", channels: 2, affineChannels: 3))
        #expect(reason.sentence.contains("'conv'"))
    }

    @Test("A bias that would overflow prevents the fold")
    func overflowOfBias() throws {
        var sketch = NetworkSketch()
        let data = sketch.input()
        sketch.finish(sketch.scale(of: sketch.pointwise(of: data, [1], bias: [1e30]), [1e10]))
        let reason = try #require(try sketch.reason("scale"))
        #expect(reason == .overflow(producer: "conv"))
        #expect(reason.sentence.contains("'conv'"))
    }

    @Test("A target that is known to overflow takes nothing")
    func overflowingTarget() throws {
        var (sketch, conv) = start()
        sketch.finish(sketch.scale(of: conv, [1, 2]))
        var options = FoldPlanner.Options()
        options.overflowingTargets = try [#require(sketch.layer("conv"))]
        #expect(sketch.reason("scale", in: try sketch.plan(options).plan) == .overflow(producer: "conv"))
    }

    @Test("A BatchNorm that nothing takes stays while its number of channels is unknown")
    func channelsUnknown() {
        var sketch = NetworkSketch()
        let data = sketch.input()
        let mean = sketch.network.addParameter(Parameter(name: "mean", shape: nil))
        let variance = sketch.network.addParameter(Parameter(name: "variance", shape: nil))
        sketch.finish(sketch.add("bn", .batchNorm(BatchNorm(mean: mean, variance: variance)), [data]))
        let plan = FoldPlanner(sketch.network).plan()
        #expect(plan.refusals.map(\.reason) == [.channelsUnknown])
        #expect(plan.isEmpty)
    }

    @Test("Refusals come in the order of the network")
    func order() throws {
        var sketch = NetworkSketch()
        let data = sketch.input()
        let first = sketch.scale("first", of: data, [2])
        let tanh = sketch.tanh(of: first)
        let second = sketch.scale("second", of: tanh, [2], axes: .axes(2..<3))
        sketch.finish(sketch.scale("third", of: sketch.tanh("again", of: second), [2]))
        #expect(sketch.names(try sketch.plan().plan.refusals.map(\.layer)) == ["first", "second", "third"])
    }
}
