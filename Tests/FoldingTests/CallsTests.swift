import Folding
import NetGraph
import Testing

@Suite("Calls of one layer, which may not be parted")
struct CallsTests {
    /// Two calls of a convolution, each followed by a Scale of its own; `nil` for none.
    private func calls(
        _ first: ([Double], [Double]?)?, _ second: ([Double], [Double]?)?, bias: [Double]? = [3, 4]
    ) -> NetworkSketch {
        var sketch = NetworkSketch()
        let (left, right) = (sketch.input("left", [1, 1, 2, 2]), sketch.input("right", [1, 1, 2, 2]))
        let operation = sketch.pointwiseOperation("shared", [1, 2], bias: bias)
        for index in sketch.network.parameters.indices { sketch.network.parameters[index].mayBeParted = false }
        var outputs: [ValueID] = []
        for (name, input, affine) in [("a", left, first), ("b", right, second)] {
            let value = sketch.add(name, .convolution(operation), [input], valueShape: TensorShape([1, 2, 2, 2]))
            outputs.append(affine.map { sketch.affine("scale \(name)", of: value, $0.0, $0.1) } ?? value)
        }
        sketch.network.outputs = outputs
        return sketch
    }

    @Test("Both take the same affine, and stay one layer")
    func equal() throws {
        let sketch = calls(([10, 100], [1, 2]), ([10, 100], [1, 2]))
        #expect(try sketch.outcome().left == [])
        let result = try sketch.folded()
        #expect(result.operation("a") == result.operation("b"))
        #expect(try result.numbers("a") == [[10, 200], [31, 402]])
    }

    @Test("A bias that they did not have is one bias")
    func newBias() throws {
        let sketch = calls(([10, 100], [1, 2]), ([10, 100], [1, 2]), bias: nil)
        #expect(try sketch.outcome().left == [])
        let result = try sketch.folded()
        #expect(result.operation("a") == result.operation("b"))
        #expect(try result.numbers("b") == [[10, 200], [1, 2]])
        let weight = try #require(result.operation("a")?.parameters.first)
        #expect(!result.network[weight].mayBeParted)
    }

    @Test("Neither takes anything where the affines differ, and the reason is told")
    func different() throws {
        for second in [([10.0, 100.5], [1.0, 2.0]), ([10, 100], [1, 3])] {
            let sketch = calls(([10, 100], [1, 2]), (second.0, second.1))
            let outcome = try sketch.outcome()
            #expect(outcome.left == ["Scale", "Scale"])
            #expect(outcome.reasons.map(\.name) == ["several-calls", "several-calls"])
            #expect(outcome.takers == [])
        }
    }

    @Test("A call without an affine keeps the others from taking one")
    func oneAlone() throws {
        let sketch = calls(([10, 100], nil), nil)
        #expect(try sketch.outcome().left == ["Scale"])
        #expect(try sketch.reason("scale a") == .severalCalls(producer: "a"))
        #expect(RefusalReason.severalCalls(producer: "a").sentence.contains("'a'"))
    }

    @Test("Forward as well: both take the same affine of their inputs, or none")
    func forward() throws {
        func net(_ second: [Double]) throws -> NetworkSketch {
            var sketch = NetworkSketch()
            let (left, right) = (sketch.input("left", [1, 2, 2, 2]), sketch.input("right", [1, 2, 2, 2]))
            let operation = sketch.convolutionOperation("shared", inputs: 2)
            for index in sketch.network.parameters.indices { sketch.network.parameters[index].mayBeParted = false }
            let before = sketch.affine("scale a", of: left, [2, 3], [1, 1])
            let other = sketch.affine("scale b", of: right, second, [1, 1])
            let outputs = [
                try sketch.append("a", .convolution(operation), before),
                try sketch.append("b", .convolution(operation), other),
            ]
            sketch.network.outputs = outputs
            return sketch
        }
        #expect(try net([2, 3]).outcome().left == [])
        #expect(try net([2, 4]).outcome().left == ["Scale", "Scale"])
    }

    @Test("Another layer without calls folds all the same")
    func others() throws {
        var sketch = calls(([10, 100], nil), nil)
        let conv = sketch.pointwise("alone", of: ValueID(0), [5])
        sketch.network.values[conv.index].shape = TensorShape([1, 1, 2, 2])
        sketch.network.outputs.append(sketch.affine("scale c", of: conv, [7]))
        let outcome = try sketch.outcome()
        #expect(outcome.left == ["Scale"])
        #expect(outcome.takers == ["alone"])
    }

    @Test("A normalisation that is called several times does not become another layer in one of its places")
    func sharedNormalization() throws {
        var sketch = NetworkSketch()
        let data = sketch.input("data", [1, 2, 2, 2])
        let batchNorm = BatchNorm(
            mean: sketch.parameter("mean", [1, 2]), variance: sketch.parameter("variance", [1, 4]), epsilon: 0)
        for index in sketch.network.parameters.indices { sketch.network.parameters[index].mayBeParted = false }
        let first = try sketch.append("bn", .batchNorm(batchNorm), sketch.relu(of: data))
        let scaled = sketch.affine("scale", of: first, [-2, 3])
        let second = try sketch.append("bn again", .batchNorm(batchNorm), sketch.relu("other", of: data))
        sketch.network.outputs = [sketch.tanh("end", of: scaled), second]
        for value in sketch.network.values.indices { sketch.network.values[value].shape = TensorShape([1, 2, 2, 2]) }
        var options = FoldPlanner.Options()
        options.leftoverForm = .batchNorm(epsilon: 1e-3)
        let result = try sketch.folded(options)
        #expect(result.operation("bn again") == .batchNorm(batchNorm))
        #expect(result.operation("bn") == nil)
        _ = try sketch.outcome(options)
    }
}

@Suite("The form of what is left")
struct LeftoverFormTests {
    private func outcome(_ form: LeftoverForm, _ build: (inout NetworkSketch, ValueID) throws -> ValueID) throws
        -> (outcome: FoldOutcome, sketch: NetworkSketch)
    {
        var sketch = NetworkSketch()
        let data = sketch.input("data", [2, 2, 3, 3])
        let value = try build(&sketch, data)
        for index in sketch.network.values.indices { sketch.network.values[index].shape = TensorShape([2, 2, 3, 3]) }
        sketch.finish(sketch.tanh(of: value))
        sketch.network.values[sketch.network.outputs[0].index].shape = TensorShape([2, 2, 3, 3])
        var options = FoldPlanner.Options()
        options.leftoverForm = form
        return (try sketch.outcome(options), sketch)
    }

    private func chain(_ sketch: inout NetworkSketch, _ value: ValueID) -> ValueID {
        let normalized = sketch.batchNorm(of: value, mean: [1, -2], variance: [4, 0.25])
        return sketch.scale(of: normalized, [3, -0.5], [0.25, 8])
    }

    @Test("Several affines become one BatchNorm with numbers of its own")
    func batchNorm() throws {
        let (found, _) = try outcome(.batchNorm(epsilon: 1e-3)) { chain(&$0, $1) }
        #expect(found.left == ["BatchNorm"])
        #expect(found.result.plan.leftovers.map(\.kind) == [.batchNorm(epsilon: 1e-3)])
        guard case .batchNorm(let batchNorm)? = found.result.operation("scale") else {
            Issue.record("no BatchNorm")
            return
        }
        #expect(batchNorm.epsilon == 1e-3 && batchNorm.axis == 1 && batchNorm.usesGlobalStatistics)
        #expect(batchNorm.stored.count == 4 && batchNorm.factor == nil)
    }

    @Test("A BatchNorm that stands by itself stays as it is, where a leftover would be one")
    func loneBatchNorm() throws {
        for form in [LeftoverForm.batchNorm(epsilon: 1e-3), .multiplicationOrAddition(epsilon: 1e-5)] {
            let (found, sketch) = try outcome(form) {
                $0.batchNorm(of: $1, mean: [1, -2], variance: [4, 0.25], gamma: [2, 3])
            }
            #expect(found.result.plan.isEmpty)
            #expect(found.result.operation("bn") == sketch.network.layers.first { $0.name == "bn" }?.operation)
        }
        let (found, _) = try outcome(.scaleOrBias) { $0.batchNorm(of: $1, mean: [1, -2], variance: [4, 0.25]) }
        #expect(found.left == ["Scale"])
    }

    @Test("Factors alone are a multiplication, terms alone an addition, both together one BatchNorm")
    func multiplicationOrAddition() throws {
        let form = LeftoverForm.multiplicationOrAddition(epsilon: 1e-5)
        let factors = try outcome(form) { $0.scale("second", of: $0.scale("first", of: $1, [2, 3]), [5, -7]) }
        #expect(factors.outcome.left == ["Scale"])
        let terms = try outcome(form) { $0.bias("second", of: $0.bias("first", of: $1, [2, 3]), [5, 7]) }
        #expect(terms.outcome.left == ["Bias"])
        let both = try outcome(form) { $0.bias("second", of: $0.scale("first", of: $1, [2, 3]), [5, 7]) }
        #expect(both.outcome.left == ["BatchNorm"])
    }

    @Test("Terms alone are a BatchNorm where every leftover is one")
    func termsAlone() throws {
        let (found, _) = try outcome(.batchNorm(epsilon: 1e-3)) {
            $0.bias("second", of: $0.bias("first", of: $1, [2, 3]), [5, 7])
        }
        #expect(found.left == ["BatchNorm"])
    }

    @Test("In single precision its numbers differ from the affine by no more than the rounding of factor and deviation")
    func precision() throws {
        var sketch = NetworkSketch()
        let data = sketch.input("data", [1, 2, 2, 2])
        let last = chain(&sketch, data)
        sketch.finish(sketch.tanh(of: last))
        for index in sketch.network.values.indices { sketch.network.values[index].shape = TensorShape([1, 2, 2, 2]) }
        var options = FoldPlanner.Options()
        options.leftoverForm = .batchNorm(epsilon: 1e-3)
        let result = try sketch.folded(options)
        let numbers = try result.numbers("scale")
        let epsilon = Double(Float(1e-5))
        for (channel, (gamma, variance)) in zip([3, -0.5], [4, 0.25]).enumerated() {
            let expected = gamma / (variance + epsilon).squareRoot()
            let found = numbers[0][channel] / (numbers[3][channel] + 1e-3).squareRoot()
            // 2^-24 of the factor, and of the variance half of 2^-25.
            #expect(abs(found - expected) <= abs(expected) * 1.25 * 0x1p-24)
        }
        #expect(numbers[1] == [0.25, 8] && numbers[2] == [1, -2])
    }
}
