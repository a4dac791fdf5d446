import Folding
import NetGraph
import Testing

@Suite("Parameters that layers share")
struct SharedParameterTests {
    /// Convolutions `a` and `b` with the same weight and bias, each followed by a Scale of its own numbers; `nil` for no Scale.
    private func twins(_ first: [Double]?, _ second: [Double]?, betas: [Double?] = [nil, nil]) -> NetworkSketch {
        var sketch = NetworkSketch()
        let data = sketch.input()
        let operation = sketch.pointwiseOperation("shared", [1, 2], bias: [3, 4])
        var outputs: [ValueID] = []
        for (name, gamma, beta) in [("a", first, betas[0]), ("b", second, betas[1])] {
            let value = sketch.add(name, .convolution(operation), [data])
            let terms = beta.map { [$0, $0] }
            outputs.append(gamma.map { sketch.scale("scale \(name)", of: value, $0, terms) } ?? value)
        }
        sketch.network.outputs = outputs
        return sketch
    }

    @Test("Equal folds stay one parameter, scaled once")
    func equal() throws {
        let result = try twins([10, 100], [10, 100]).folded()
        #expect(result.operation("a")?.parameters == result.operation("b")?.parameters)
        #expect(try result.numbers("a") == [[10, 200], [30, 400]])
        #expect(try result.numbers("b") == [[10, 200], [30, 400]])
    }

    @Test("Different folds get parameters of their own")
    func different() throws {
        let result = try twins([10, 100], [1000, 1000]).folded()
        #expect(try result.numbers("a") == [[10, 200], [30, 400]])
        #expect(try result.numbers("b") == [[1000, 2000], [3000, 4000]])
        let parameters = [result.operation("a"), result.operation("b")].flatMap { $0?.parameters ?? [] }
        #expect(Set(parameters).count == 4)
    }

    @Test("A sharer that does not fold keeps the old parameters and their numbers")
    func oneFolds() throws {
        let sketch = twins([10, 100], nil)
        let result = try sketch.folded()
        #expect(result.operation("b") == sketch.network.layers.first { $0.name == "b" }?.operation)
        #expect(try result.numbers("a") == [[10, 200], [30, 400]])
        #expect(try result.numbers("b") == [[1, 2], [3, 4]])
    }

    @Test("Equal factors and different terms share the weight alone")
    func weightAlone() throws {
        let result = try twins([10, 100], [10, 100], betas: [1, 2]).folded()
        let (a, b) = (result.operation("a")?.parameters ?? [], result.operation("b")?.parameters ?? [])
        #expect(a.first == b.first)
        #expect(a.last != b.last)
        #expect(try result.numbers("b")[1] == [32, 402])
    }

    @Test("Factors 0 and -0.0 are different folds")
    func signOfZero() throws {
        let result = try twins([0, 1], [-0.0, 1]).folded()
        #expect(result.operation("a")?.parameters.first != result.operation("b")?.parameters.first)
        #expect(try result.numbers("b")[0].first?.sign == .minus)
    }

    @Test("Shared statistics behind different convolutions fold into each of them")
    func sharedStatistics() throws {
        var sketch = NetworkSketch()
        let data = sketch.input()
        let mean = sketch.parameter("mean", [1])
        let variance = sketch.parameter("variance", [4])
        let batchNorm = Operation.batchNorm(BatchNorm(mean: mean, variance: variance, epsilon: 0))
        let first = sketch.add("bn a", batchNorm, [sketch.pointwise("a", of: data, [2])])
        let second = sketch.add("bn b", batchNorm, [sketch.pointwise("b", of: data, [6])])
        sketch.finish(first, second)
        let result = try sketch.folded()
        #expect(try result.numbers("a") == [[1], [-0.5]])
        #expect(try result.numbers("b") == [[3], [-0.5]])
    }

    @Test("Convolutions that share only a weight get one weight and a bias each")
    func ownBiases() throws {
        var sketch = NetworkSketch()
        let data = sketch.input()
        let first = sketch.pointwiseOperation("a", [1, 2], bias: [1, 1])
        var second = first
        second.bias = sketch.parameter("b bias", [2, 2])
        let a = sketch.scale("scale a", of: sketch.add("a", .convolution(first), [data]), [3, 3])
        let b = sketch.scale("scale b", of: sketch.add("b", .convolution(second), [data]), [3, 3])
        sketch.finish(a, b)
        let result = try sketch.folded()
        #expect(result.operation("a")?.parameters.first == result.operation("b")?.parameters.first)
        #expect(try result.numbers("a") == [[3, 6], [3, 3]])
        #expect(try result.numbers("b") == [[3, 6], [6, 6]])
    }

    @Test(
        "A weight shared by a plain and a transposed inner product is scaled along rows for one, columns for the other")
    func tiedTranspose() throws {
        var sketch = NetworkSketch()
        let data = sketch.input()
        let weight = sketch.parameter("tied weight", [1, 2, 3, 4], shape: [2, 2])
        let plain = InnerProduct(weight: weight, bias: nil, outputCount: 2)
        let transposed = InnerProduct(weight: weight, bias: nil, outputCount: 2, transposed: true)
        let first = sketch.scale("s1", of: sketch.add("plain", .innerProduct(plain), [data]), [10, 100])
        let second = sketch.scale("s2", of: sketch.add("transposed", .innerProduct(transposed), [data]), [10, 100])
        sketch.finish(first, second)
        let result = try sketch.folded()
        #expect(try result.numbers("plain")[0] == [10, 20, 300, 400])
        #expect(try result.numbers("transposed")[0] == [10, 200, 30, 400])
    }

    @Test("A weight shared by a convolution and a deconvolution is scaled along its own axis for each")
    func tiedDeconvolution() throws {
        var sketch = NetworkSketch()
        let data = sketch.input()
        let weight = sketch.parameter("tied weight", [1, 2, 3, 4], shape: [2, 2, 1])
        let operation = Convolution(weight: weight, bias: nil, outputChannels: 2, kernel: [1])
        let first = sketch.scale("s1", of: sketch.add("down", .convolution(operation), [data]), [10, 100])
        let second = sketch.scale("s2", of: sketch.add("up", .deconvolution(operation), [data]), [10, 100])
        sketch.finish(first, second)
        let result = try sketch.folded()
        #expect(try result.numbers("down")[0] == [10, 20, 300, 400])
        #expect(try result.numbers("up")[0] == [10, 200, 30, 400])
    }
}
