import Folding
import NetGraph
import Testing

@Suite("What passes an Eltwise backward")
struct EltwisePassageTests {
    @Test(
        "An affine behind a sum of two convolutions folds into both, the shift into one",
        arguments: [[1, 1], [0.5, -2], [-1, 1], [0, 3], [3, 0]], PassingAffine.allCases)
    func sum(coefficients: [Double], affine: PassingAffine) throws {
        let outcome = try behind(.sum, coefficients) { affine.add(to: &$0, reading: $1) }
        #expect(outcome.left == [])
    }

    @Test("A sum whose coefficients all are 0 lets no shift back")
    func sumOfNothing() throws {
        let outcome = try behind(.sum, [0, 0]) { $0.affine(of: $1, [0.5, -2, 0, 3], [1, 2, 3, 4]) }
        #expect(outcome.left == ["Bias"])
        #expect(outcome.reasons == [.shiftStopped(layer: "op", type: "Eltwise")])
    }

    @Test("The same value twice in a sum takes the shift once, divided by both coefficients")
    func twice() throws {
        let outcome = try twice([1, 0.5])
        #expect(outcome.left == [])
        #expect(outcome.result.plan.folds.first?.affine?.shift == [2, 4, 6, 8])
    }

    @Test("The same value twice in a difference takes no shift")
    func minusItself() throws {
        let outcome = try twice([1, -1])
        #expect(outcome.left == ["Bias"])
        #expect(outcome.reasons == [.shiftStopped(layer: "op", type: "Eltwise")])
    }

    @Test("Of the same value twice and another one the other takes the shift where the first two cancel")
    func cancelledTwins() throws {
        var sketch = NetworkSketch()
        let data = sketch.input("data", [2, 3, 2, 2])
        let twin = try sketch.convolution("twin", of: data)
        let other = try sketch.convolution("other", of: data)
        let sum = Eltwise(combination: .sum, coefficients: [1, -1, 2])
        let last = try sketch.append("op", .eltwise(sum), [twin, twin, other], outputCount: 1)[0]
        sketch.finish(sketch.affine(of: last, [0.5, -2, 0, 3], [3, 6, 9, 12]))
        #expect(try sketch.outcome().left == [])
    }

    /// `convolution - sum of it with itself - affine`
    private func twice(_ coefficients: [Double]) throws -> FoldOutcome {
        var sketch = NetworkSketch()
        let data = sketch.input("data", [2, 3, 2, 2])
        let conv = try sketch.convolution(of: data)
        let sum = try sketch.append(
            "op", .eltwise(Eltwise(combination: .sum, coefficients: coefficients)), conv, conv)
        sketch.finish(sketch.affine(of: sum, [0.5, -2, 0, 3], [3, 6, 9, 12]))
        return try sketch.outcome()
    }

    @Test("The shift behind a sum goes to the input that can take it, the factors to both")
    func shiftToOneInput() throws {
        var sketch = NetworkSketch()
        let data = sketch.input("data", [2, 4, 3, 3])
        let conv = try sketch.convolution("first", of: data)
        let rectified = try sketch.append("relu", .activation(.relu(negativeSlope: 0)), conv)
        let second = try sketch.convolution("second", of: data)
        let sum = try sketch.append(
            "op", .eltwise(Eltwise(combination: .sum, coefficients: [1, -2])), rectified, second)
        sketch.finish(sketch.affine(of: sum, [0.5, 2, 0, 3], [1, 2, 3, 4]))
        let outcome = try sketch.outcome()
        #expect(outcome.left == [])
        #expect(outcome.takers == ["first", "second"])
    }

    @Test("A sum of which one input takes nothing keeps the factors, and its other input takes the shift")
    func oneInputTakesNothing() throws {
        var sketch = NetworkSketch()
        let data = sketch.input("data", [2, 4, 3, 3])
        let conv = try sketch.convolution(of: data)
        let sum = try sketch.append("op", .eltwise(Eltwise(combination: .sum, coefficients: [1, 1])), data, conv)
        sketch.finish(sketch.affine(of: sum, [0.5, -2, 0.25, 3], [1, 2, 3, 4]))
        let outcome = try sketch.outcome()
        #expect(outcome.left == ["Scale"])
        #expect(outcome.result.plan.leftovers.first?.hasShift == false)
        #expect(outcome.reasons == [.readsInput(producer: "data")])
    }

    @Test(
        "An affine behind a maximum of two convolutions folds into both when no factor is negative",
        arguments: PassingAffine.allCases)
    func maximum(affine: PassingAffine) throws {
        let outcome = try behind(.maximum) { affine.add(to: &$0, reading: $1) }
        #expect(outcome.left == PassageRule.positive.left(of: affine, .backward))
        #expect(outcome.reasons.allSatisfy { $0 == .negativeFactor(layer: "op", type: "Eltwise", count: 1, of: 4) })
    }

    @Test("Factors behind a product of two convolutions fold into one of them", arguments: PassingAffine.allCases)
    func product(affine: PassingAffine) throws {
        let outcome = try behind(.product) { affine.add(to: &$0, reading: $1) }
        #expect(outcome.left == PassageRule.factors.left(of: affine, .backward))
        #expect(outcome.reasons.allSatisfy { $0 == .shiftStopped(layer: "op", type: "Eltwise") })
        #expect(affine == .bias ? outcome.takers.isEmpty : outcome.takers.count == 1)
    }

    @Test("Factors behind a product go to the input that takes them", arguments: [[0, 1], [1, 0]])
    func productPicks(order: [Int]) throws {
        var sketch = NetworkSketch()
        let data = sketch.input("data", [2, 4, 3, 3])
        let inputs = [data, try sketch.convolution(of: data)]
        let product = try sketch.append(
            "op", .eltwise(Eltwise(combination: .product, coefficients: [])), inputs[order[0]], inputs[order[1]])
        sketch.finish(sketch.affine(of: product, [0.5, -2, 0, 3]))
        let outcome = try sketch.outcome()
        #expect(outcome.left == [])
        #expect(outcome.takers == ["linear"])
    }

    @Test("Factors behind the square of a value do not fold into it")
    func square() throws {
        var sketch = NetworkSketch()
        let data = sketch.input("data", [2, 4, 3, 3])
        let conv = try sketch.convolution(of: data)
        let square = try sketch.append(
            "op", .eltwise(Eltwise(combination: .product, coefficients: [])), conv, conv)
        sketch.finish(sketch.affine(of: square, [0.5, -2, 0, 3]))
        #expect(try sketch.outcome().left == ["Scale"])
    }

    /// `two convolutions - op - affine`
    private func behind(
        _ combination: Eltwise.Combination, _ coefficients: [Double] = [],
        _ affine: (inout NetworkSketch, ValueID) -> ValueID
    ) throws -> FoldOutcome {
        var sketch = NetworkSketch()
        let data = sketch.input("data", [2, 3, 2, 2])
        let first = try sketch.convolution("first", of: data)
        let second = try sketch.convolution("second", of: data)
        let eltwise = Eltwise(combination: combination, coefficients: coefficients)
        sketch.finish(affine(&sketch, try sketch.append("op", .eltwise(eltwise), first, second)))
        return try sketch.outcome()
    }
}
