import Folding
import NetGraph
import Testing

@Suite("Weights in whole numbers")
struct QuantizedWeightsTests {
    private func numbers(_ scheme: QuantizationScheme) throws -> [Double] {
        var sketch = NetworkSketch()
        let weight = sketch.parameter("weight", [127, 63.4, 0.3, 1.27, 0.5, -0.014], shape: [2, 3, 1, 1])
        let convolution = Convolution(weight: weight, bias: nil, outputChannels: 2, kernel: [1, 1])
        sketch.finish(try sketch.append("conv", .convolution(convolution), sketch.input("data", [1, 3, 1, 1])))
        let store = try QuantizedWeights(base: sketch.weights, network: sketch.network, scheme: scheme)
        return try store.vector(weight, of: sketch.network)
    }

    @Test("have one step for a tensor")
    func perTensor() throws {
        #expect(try numbers(.perTensor) == [127, 63, 0, 1, 0, 0])
    }

    @Test("or one for each output channel")
    func perChannel() throws {
        let found = try numbers(.perChannel)
        #expect(Array(found[..<3]) == [127, 63, 0])
        #expect(zip(found[3...], [1.27, 0.5, -0.01]).allSatisfy { abs($0 - $1) < 1e-6 })
    }
}
