import Folding
import NetGraph
import Testing

@Suite("A chain that nothing takes becomes one Scale")
struct LeftoverTests {
    @Test("BatchNorm and Scale behind a ReLU become one Scale with gamma and beta of the whole")
    func numbers() throws {
        var sketch = NetworkSketch()
        let data = sketch.input("data", [1, 2, 4, 4])
        let relu = sketch.relu(of: data)
        let bn = sketch.batchNorm(of: relu, mean: [6, 8], variance: [32, 8], factor: 2, epsilon: 0)
        sketch.finish(sketch.scale(of: bn, [3, 1], [0.5, 0.25]))
        let result = try sketch.folded()
        #expect(result.layerNames == ["data", "relu", "scale"])
        // 3 / sqrt(16) and 1 / sqrt(4); beta - scale * mean / n.
        #expect(try result.numbers("scale") == [[0.75, 0.5], [0.5 - 0.75 * 3, 0.25 - 0.5 * 4]])
    }

    @Test("The Scale reads what the chain read and writes what the chain wrote")
    func wiring() throws {
        var sketch = NetworkSketch()
        let data = sketch.input("data", [1, 1, 4, 4])
        let relu = sketch.relu(of: data)
        let last = sketch.scale(of: sketch.batchNorm(of: relu, mean: [1], variance: [2]), [3])
        sketch.finish(last)
        let network = try sketch.folded().network
        #expect(network.layers.last?.inputs == [relu])
        #expect(network.layers.last?.outputs == [last])
        #expect(network.outputs == [last])
    }

    @Test("A lone Scale of the network's input stays one layer where its value is an output and read as well")
    func outputThatIsRead() throws {
        var sketch = NetworkSketch()
        let scale = sketch.scale(of: sketch.input("data", [1, 2, 4, 4]), [2, 3])
        let relu = sketch.relu(of: scale)
        sketch.network.outputs = [scale, relu]
        let network = try sketch.folded().network
        #expect(network.layers.map(\.name) == ["data", "scale", "relu"])
        #expect(network.layers.filter { $0.outputs.contains(scale) }.count == 1)
    }

    @Test("Its gamma and beta are rounded once, from A = gamma / sqrt(variance / n + epsilon)")
    func rounding() throws {
        var sketch = NetworkSketch()
        var random = SeededNumbers(seed: 3)
        let (mean, gamma, beta) = (random.numbers(32), random.numbers(32), random.numbers(32))
        let variance = random.numbers(32, in: 0.01...1)
        let data = sketch.input("data", [1, 32])
        let bn = sketch.batchNorm(of: sketch.relu(of: data), mean: mean, variance: variance, factor: 3)
        sketch.finish(sketch.scale(of: bn, gamma, beta))
        let factors = (0..<32).map { gamma[$0] / (variance[$0] / 3 + Double(Float(1e-5))).squareRoot() }
        let terms = (0..<32).map { beta[$0].addingProduct(-mean[$0] / 3, factors[$0]) }
        let expected = [factors, terms].map { $0.map { Double(Float($0)) } }
        #expect(try sketch.folded().numbers("scale") == expected)
    }

    @Test("A lone BatchNorm becomes a Scale under its own name")
    func loneBatchNorm() throws {
        var sketch = NetworkSketch()
        let data = sketch.input("data", [1, 2])
        sketch.finish(sketch.batchNorm(of: data, mean: [2, 4], variance: [4, 16], epsilon: 0))
        let result = try sketch.folded()
        #expect(result.operation("bn")?.kindName == "Scale")
        #expect(try result.numbers("bn") == [[0.5, 0.25], [-1, -1]])
        #expect(result.plan.leftovers.map(\.reason) == [.readsInput(producer: "data")])
    }

    @Test("A lone Scale that nothing takes stays untouched")
    func loneScale() throws {
        var sketch = NetworkSketch()
        let data = sketch.input("data", [1, 2])
        sketch.finish(sketch.scale(of: sketch.relu(of: data), [1, 2], [3, 4]))
        let result = try sketch.folded()
        #expect(result.plan.isEmpty)
        #expect(result.network == sketch.network)
        #expect(result.plan.refusals.count == 1)
    }

    @Test("A lone Power that nothing takes is no affair of the report")
    func lonePower() throws {
        var sketch = NetworkSketch()
        let data = sketch.input()
        sketch.finish(sketch.add("power", .power(Power(scale: 2)), [data]))
        let plan = try sketch.plan().plan
        #expect(plan == FoldPlan())
    }

    @Test("The last Scale of a chain survives")
    func lastScaleSurvives() throws {
        var sketch = NetworkSketch()
        let data = sketch.input("data", [1, 1])
        let first = sketch.scale("first", of: data, [2])
        let second = sketch.scale("second", of: first, [3])
        sketch.finish(sketch.batchNorm(of: second, mean: [0.5], variance: [1], epsilon: 0))
        let result = try sketch.folded()
        #expect(result.layerNames == ["data", "second"])
        #expect(try result.numbers("second") == [[6], [-0.5]])
    }

    @Test("Without a Scale the last BatchNorm survives")
    func lastBatchNormSurvives() throws {
        var sketch = NetworkSketch()
        let data = sketch.input("data", [1, 1])
        let first = sketch.batchNorm("first", of: data, mean: [1], variance: [1], epsilon: 0)
        let second = sketch.batchNorm("second", of: first, mean: [1], variance: [4], epsilon: 0)
        sketch.finish(sketch.bias(of: second, [5]))
        let result = try sketch.folded()
        #expect(result.layerNames == ["data", "second"])
        // ((x - 1) - 1) / 2 + 5
        #expect(try result.numbers("second") == [[0.5], [4]])
    }

    @Test("A scalar Scale behind a BatchNorm becomes one factor for each channel")
    func scalarScale() throws {
        var sketch = NetworkSketch()
        let data = sketch.input("data", [1, 2])
        let bn = sketch.batchNorm(of: data, mean: [0, 1], variance: [1, 4], epsilon: 0)
        sketch.finish(sketch.scale(of: bn, [8], [1], axes: .axes(0..<0)))
        #expect(try sketch.folded().numbers("scale") == [[8, 4], [1, -3]])
    }

    @Test("A chain whose fold overflows becomes a Scale")
    func overflow() throws {
        var sketch = NetworkSketch()
        let data = sketch.input()
        let large = Double(Float(1e38))
        let conv = sketch.pointwise(of: data, [1], bias: [large])
        sketch.finish(sketch.batchNorm(of: conv, mean: [0], variance: [0.0001], epsilon: 0))
        let result = try sketch.folded()
        #expect(result.plan.leftovers.map(\.reason) == [.overflow(producer: "conv")])
        #expect(try result.numbers("conv") == [[1], [large]])
        #expect(result.operation("bn")?.kindName == "Scale")
    }

    @Test("A chain that does not fit into a Scale either stays as it is")
    func overflowOfScale() throws {
        var sketch = NetworkSketch()
        let data = sketch.input("data", [1, 1])
        let bn = sketch.batchNorm(of: data, mean: [1], variance: [0.0001], epsilon: 0)
        sketch.finish(sketch.scale(of: bn, [1e38]))
        let plan = try sketch.plan().plan
        #expect(plan.isEmpty)
        #expect(sketch.names(plan.refusals.map(\.layer)) == ["bn", "scale"])
    }

    @Test("The Scale of a float64 network is float64")
    func doubles() throws {
        var sketch = NetworkSketch()
        let data = sketch.input("data", [1, 1])
        sketch.finish(sketch.batchNorm(of: data, mean: [0.1], variance: [3], epsilon: 0, .float64))
        let result = try sketch.folded()
        let parameters = result.operation("bn")?.parameters ?? []
        #expect(parameters.map { result.network[$0].elementType } == [.float64, .float64])
    }
}
