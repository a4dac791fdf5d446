import Folding
import NetGraph
import Testing

/// Half a unit in the last place of a Float, relative: what rounding one weight or bias can change.
private let floatRounding = 1.0 / Double(1 << 24)

/// Allowance for the double precision of both runs: sums of fewer than 100 terms, each off by at most 2^-53, against a bound at 2^-24.
private let doubleNoise = 1.0 + 1.0 / Double(1 << 16)

@Suite("A folded network computes what the network did")
struct EquivalenceTests {
    /// Each output element may differ by 2^-24 (sum |W'| |x| + |b'|): every folded weight and bias is rounded once.
    @Test(
        "The linear layer takes the chain, and no output element leaves the rounding bound",
        arguments: LinearCase.allCases, ChainCase.allCases)
    func agree(linear: LinearCase, chain: ChainCase) throws {
        var sketch = NetworkSketch()
        let data = sketch.input()
        let last = chain.add(to: &sketch, reading: linear.add(to: &sketch, reading: data))
        sketch.finish(last)
        let result = try sketch.folded()
        try #require(result.layerNames == ["data", "linear"])

        let count = linear.inputShape.reduce(1, *)
        let input = Blob(linear.inputShape, sketch.random.numbers(count, in: -3...3))
        let magnitudes = Blob(input.shape, input.values.map(abs))
        let expected = try ReferenceRun(network: sketch.network, weights: sketch.weights).outputs(for: input)[0]
        let found = try ReferenceRun(network: result.network, weights: result.weights).outputs(for: input)[0]
        let bounds = try ReferenceRun(network: result.network, weights: result.weights, takesMagnitudes: true)
            .outputs(for: magnitudes)[0]

        #expect(found.shape == expected.shape)
        for index in expected.values.indices {
            let difference = abs(found.values[index] - expected.values[index])
            #expect(difference <= floatRounding * bounds.values[index] * doubleNoise, "element \(index)")
        }
    }

    @Test("An inner product multiplies row o of its weight by the factor of channel o")
    func innerProductOfRank2() throws {
        var sketch = NetworkSketch()
        let weight = sketch.parameter("weight", [1, 2, 3, 4, 5, 6], shape: [2, 3])
        let product = InnerProduct(weight: weight, bias: nil, outputCount: 2)
        let data = sketch.input()
        sketch.finish(sketch.scale(of: sketch.add("ip", .innerProduct(product), [data]), [10, 100], [7, 8]))
        let result = try sketch.folded()
        #expect(try result.numbers("ip") == [[10, 20, 30, 400, 500, 600], [7, 8]])
    }
}

@Suite("The reference that the tests judge by")
struct ReferenceRunTests {
    @Test("A deconvolution spreads each input over its window")
    func deconvolution() throws {
        var sketch = NetworkSketch()
        let weight = sketch.parameter("weight", [1, 10, 100], shape: [1, 1, 3])
        let operation = Convolution(weight: weight, bias: nil, outputChannels: 1, kernel: [3], stride: [2])
        let data = sketch.input()
        sketch.finish(sketch.add("up", .deconvolution(operation), [data]))
        let output = try ReferenceRun(network: sketch.network, weights: sketch.weights)
            .outputs(for: Blob([1, 1, 2], [1, 2]))[0]
        #expect(output.values == [1, 10, 102, 20, 200])
    }

    @Test("A padded, strided, dilated convolution takes the right pixels")
    func convolution() throws {
        var sketch = NetworkSketch()
        let weight = sketch.parameter("weight", [1, 10], shape: [1, 1, 2])
        let operation = Convolution(
            weight: weight, bias: nil, outputChannels: 1, kernel: [2], stride: [2], padBefore: [1], dilation: [2])
        let data = sketch.input()
        sketch.finish(sketch.add("conv", .convolution(operation), [data]))
        let output = try ReferenceRun(network: sketch.network, weights: sketch.weights)
            .outputs(for: Blob([1, 1, 5], [1, 2, 3, 4, 5]))[0]
        #expect(output.values == [20, 42, 4])
    }
}
