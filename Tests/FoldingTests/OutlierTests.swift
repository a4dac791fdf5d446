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
