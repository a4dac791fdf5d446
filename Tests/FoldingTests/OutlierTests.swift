import Folding
import NetGraph
import Testing

@Suite("Folded weights that are bad for 8-bit quantisation")
struct OutlierTests {
    private func outliers(_ weight: [Double], _ gamma: [Double]) throws -> [StatisticsFinding] {
        var sketch = NetworkSketch()
        let data = sketch.input()
        sketch.finish(sketch.scale(of: sketch.pointwise(of: data, weight), gamma))
        return try sketch.plan().plan.outliers(in: sketch.network, weights: sketch.weights)
    }

    @Test("A channel a hundred times above the median is told, with its index and the ratio")
    func outlier() throws {
        let found = try outliers([1, -50, 1, 1], [1, 2, 1, 1])
        #expect(found.map(\.kind) == [.outlierWeights])
        #expect(found.map(\.severity) == [.warning])
        #expect(found.first?.layer == LayerID(1))
        #expect(found.first?.message.contains("channel 1 is 100 times") == true)
    }

    @Test("All channels that are far above are listed")
    func channels() throws {
        let found = try outliers([1, -50, 1, 1, 70, 1, 1], [1, 2, 1, 1, 1, 1, 1])
        #expect(found.first?.channels == [1, 4])
        #expect(found.first?.message.contains("channels 1, 4") == true)
    }

    @Test("What is noted while folded weights are read tells the same", arguments: [1, 3, 64])
    func noted(sliceLength: Int) throws {
        var sketch = NetworkSketch()
        let weights = (0..<24).map { $0 == 17 ? 500 : 1 + Double($0) / 100 }
        let convolution = Convolution(
            weight: sketch.parameter("weight", weights, shape: [4, 2, 3, 1]), bias: nil, outputChannels: 4,
            kernel: [3, 1])
        let conv = sketch.add("conv", .convolution(convolution), [sketch.input()])
        sketch.finish(sketch.scale(of: conv, [2, 1, 1, 1]))
        let plan = try sketch.plan().plan
        let folded = plan.applied(to: sketch.network)
        let magnitudes = WeightMagnitudes(of: plan, in: folded)
        let store = FoldedWeights(base: sketch.weights, folded: folded, magnitudes: magnitudes)
        let parameter = try #require(folded.network.layers.first { $0.name == "conv" }?.operation.parameters.first)
        let buffer = UnsafeMutableBufferPointer<Float>.allocate(capacity: 24)
        defer { buffer.deallocate() }
        buffer.initialize(repeating: 0)
        for start in stride(from: 0, to: 24, by: sliceLength) {
            let count = min(sliceLength, 24 - start)
            try store.read(parameter, from: start, into: UnsafeMutableBufferPointer(rebasing: buffer[..<count]))
        }
        let noted = plan.outliers(in: folded.network, magnitudes: magnitudes)
        #expect(noted == (try plan.outliers(in: sketch.network, weights: sketch.weights)))
        #expect(noted.first?.channels == [2])
    }

    @Test("A channel 64 times above the median is not told")
    func limit() throws {
        #expect(try outliers([1, 64, 1, 1], [1, 1, 1, 1]).isEmpty)
    }

    @Test("The factor counts, not the weight alone")
    func factor() throws {
        #expect(try outliers([1, 100, 1, 1], [1, 0.01, 1, 1]).isEmpty)
    }

    @Test("Channels of zeros do not lower the median")
    func dead() throws {
        #expect(try outliers([0, 0, 0, 1], [1, 1, 1, 1]).isEmpty)
    }

    @Test("The columns of a transposed inner product are its channels")
    func transposed() throws {
        var sketch = NetworkSketch()
        let data = sketch.input()
        let weight = sketch.parameter("weight", [1, 1, 1, 1, 1, 200], shape: [2, 3])
        let product = InnerProduct(weight: weight, bias: nil, outputCount: 3, transposed: true)
        sketch.finish(sketch.scale(of: sketch.add("ip", .innerProduct(product), [data]), [2, 2, 2]))
        let found = try sketch.plan().plan.outliers(in: sketch.network, weights: sketch.weights)
        #expect(found.first?.message.contains("channel 2 is 200 times") == true)
    }

    @Test("A plan without numbers has no outliers")
    func withoutWeights() throws {
        var sketch = NetworkSketch()
        let data = sketch.input()
        sketch.finish(sketch.scale(of: sketch.pointwise(of: data, [1, 100, 1]), [2, 2, 2]))
        let plan = FoldPlanner(sketch.network).plan()
        #expect(try plan.outliers(in: sketch.network, weights: sketch.weights).isEmpty)
    }

    @Test("Channels that have decayed to almost nothing do not trap")
    func decayed() async {
        await #expect(processExitsWith: .success) {
            var sketch = NetworkSketch()
            let data = sketch.input()
            sketch.finish(sketch.scale(of: sketch.pointwise(of: data, [1e-30, 1e-30, 1]), [2, 2, 2]))
            _ = try sketch.plan().plan.outliers(in: sketch.network, weights: sketch.weights)
        }
    }
}
