import Folding
import NetGraph
import Testing

@Suite("What passes an Eltwise forward, or across")
struct EltwiseForwardTests {
    @Test(
        "Equal affines before a sum fold forward through it", arguments: [[1, 1], [0.5, -2], [-1, 1], [0, 3]],
        PassingAffine.allCases)
    func sumForward(coefficients: [Double], affine: PassingAffine) throws {
        let outcome = try before(.sum, coefficients, (affine, affine))
        #expect(outcome.left == [])
    }

    @Test("Shifts before a sum fold forward through it, whatever they are, and different factors stay")
    func unequalFactors() throws {
        let outcome = try before(.sum, [0.5, -2], (.zeroFactor, .negativeFactor))
        // Only the second channel differs: 0 and -2.
        #expect(outcome.left == ["Scale", "Scale"])
        #expect(
            outcome.forwardReasons == [
                .unequalAffines(layer: "op", type: "Eltwise"), .unequalAffines(layer: "op", type: "Eltwise"),
            ])
    }

    @Test("A Bias on one input of a sum folds forward through it")
    func biasOnOneInput() throws {
        let outcome = try before(.sum, [1, -3], (nil, .bias))
        #expect(outcome.left == [])
    }

    @Test("A Bias before a difference of the same value cancels and goes, though nothing behind it takes a shift")
    func cancelled() throws {
        var sketch = NetworkSketch()
        let biased = sketch.affine(of: sketch.input("data", [2, 4, 2, 2]), nil, [1, 2, 3, 4])
        let sum = Operation.eltwise(Eltwise(combination: .sum, coefficients: [-1, 1]))
        sketch.finish(try sketch.append("tanh", .activation(.tanh), sketch.append("op", sum, biased, biased)))
        let outcome = try sketch.outcome()
        #expect(outcome.left == [])
        #expect(outcome.result.plan.dropped == [sketch.layer("affine")])
    }

    @Test("A factor on one input of a sum stays")
    func factorOnOneInput() throws {
        let outcome = try before(.sum, [1, 1], (nil, .factors))
        #expect(outcome.left == ["Scale"])
        #expect(outcome.forwardReasons == [.unequalAffines(layer: "op", type: "Eltwise")])
    }

    @Test("Of an affine on one input of a sum the shift goes forward, and a Scale without a shift stays")
    func affineOnOneInput() throws {
        let outcome = try before(.sum, [1, 1], (.batchNorm, nil))
        #expect(outcome.left == ["Scale"])
        #expect(outcome.result.plan.leftovers.first?.hasShift == false)
    }

    @Test("Equal affines before a maximum fold forward when no factor is negative", arguments: PassingAffine.allCases)
    func maximumForward(affine: PassingAffine) throws {
        let outcome = try before(.maximum, [], (affine, affine))
        let left = PassageRule.positive.left(of: affine, .forward)
        #expect(outcome.left == left + left)
    }

    @Test("An affine on one input of a maximum stays", arguments: [PassingAffine.batchNorm, .factors, .bias])
    func maximumOfOne(affine: PassingAffine) throws {
        let outcome = try before(.maximum, [], (affine, nil))
        #expect(outcome.left == PassageRule.nothing.left(of: affine, .forward))
        #expect(outcome.forwardReasons == [.unequalAffines(layer: "op", type: "Eltwise")])
    }

    @Test("Factors on one input of a product fold forward, of any sign", arguments: PassingAffine.allCases)
    func productOfOne(affine: PassingAffine) throws {
        let outcome = try before(.product, [], (affine, nil))
        #expect(outcome.left == PassageRule.factors.left(of: affine, .forward))
        #expect(outcome.forwardReasons.allSatisfy { $0 == .shiftStopped(layer: "op", type: "Eltwise") })
    }

    @Test("Factors on both inputs of a product fold forward as their product")
    func productOfBoth() throws {
        let outcome = try before(.product, [], (.negativeFactor, .factors))
        #expect(outcome.left == [])
        #expect(outcome.result.plan.folds.first?.inputAffine?.scale == [0.25, -4, 2.25, 0.5625])
    }

    /// `affine on each of two inputs - op - inner product`
    private func before(
        _ combination: Eltwise.Combination, _ coefficients: [Double], _ affines: (PassingAffine?, PassingAffine?)
    ) throws -> FoldOutcome {
        var sketch = NetworkSketch()
        let a = sketch.input("data a", [2, 4, 2, 2])
        let b = sketch.input("data b", [2, 4, 2, 2])
        let first = affines.0?.add(to: &sketch, reading: a, named: "first") ?? a
        let second = affines.1?.add(to: &sketch, reading: b, named: "second") ?? b
        let eltwise = Eltwise(combination: combination, coefficients: coefficients)
        sketch.finish(try sketch.innerProduct(of: sketch.append("op", .eltwise(eltwise), first, second)))
        return try sketch.outcome()
    }

    // MARK: Across

    @Test("A Bias before a sum goes across it into a convolution on the other side")
    func across() throws {
        var sketch = NetworkSketch()
        let data = sketch.input("data", [2, 4, 2, 2])
        let biased = sketch.affine("bias", of: data, nil, [1, 2, 3, 4])
        let conv = try sketch.convolution(of: data)
        let sum = try sketch.append("op", .eltwise(Eltwise(combination: .sum, coefficients: [2, -4])), biased, conv)
        sketch.finish(sum)
        let outcome = try sketch.outcome()
        #expect(outcome.left == [])
        // What the sum got, twice the Bias, is what it gets of -4 times the convolution.
        #expect(outcome.result.plan.folds.first?.affine?.shift == [-0.5, -1, -1.5, -2])
    }

    @Test("A Scale before a product goes across it into a convolution on the other side")
    func acrossProduct() throws {
        var sketch = NetworkSketch()
        let data = sketch.input("data", [2, 4, 2, 2])
        let scaled = sketch.affine("scale", of: data, [1, -2, 0, 4])
        let conv = try sketch.convolution(of: data)
        sketch.finish(
            try sketch.append("op", .eltwise(Eltwise(combination: .product, coefficients: [])), scaled, conv))
        #expect(try sketch.outcome().left == [])
    }
}
