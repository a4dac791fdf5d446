import NetGraph
import Testing

@testable import Verification

/// Layers whose numbers jump: the least difference before them is none of a fold's faults.
@Suite("Decisions")
struct DecisionTests {
    /// Two outputs that are equal but for one rounding, and what a decision makes of them.
    private func sketch(_ weights: [Double], _ decision: Operation, behind: Operation? = nil) -> Sketch {
        var sketch = Sketch()
        sketch.convolution("conv", weights, outputs: 2)
        sketch.add("decision", decision)
        if let behind { sketch.add("behind", behind) }
        return sketch
    }

    private static let input = Tensor([1, 1, 1, 1], [1])

    @Test(
        "are compared but not judged, nor is what follows them",
        arguments: [Operation.argMax(ArgMax()), .activation(.threshold(1))])
    func notJudged(decision: Operation) throws {
        let double = Operation.power(Power(power: 1, scale: 2, shift: 0))
        let verification = try Sketch.verify(
            sketch([1 + 0x1p-23, 1], decision, behind: double), sketch([1, 1 + 0x1p-23], decision, behind: double),
            on: Self.input, tolerance: 1e-5)
        let blobs = verification.values.filter(\.isDecision)
        #expect(blobs.map(\.name) == ["decision", "behind"])
        #expect(blobs.allSatisfy { $0.difference.largestAbsolute >= 1 }, "the decision did change")
        #expect(verification.firstValueBeyond == nil)
    }

    @Test("do not keep the fold before them from being judged")
    func foldBefore() throws {
        let decision = Operation.argMax(ArgMax())
        let verification = try Sketch.verify(
            sketch([2, 1], decision), sketch([2.1, 1], decision), on: Self.input)
        #expect(!verification.isWithin)
        #expect(verification.firstValueBeyond?.name == "conv" && verification.firstSiteBeyond?.changed == ["conv"])
    }

    @Test("that compare nothing are none: a maximum changes no more than what it is taken of")
    func maximum() throws {
        let verification = try Sketch.verify(
            sketch([1, 1], .activation(.relu(negativeSlope: 0))), sketch([1, 1], .activation(.relu(negativeSlope: 0))),
            on: Self.input)
        #expect(verification.values.allSatisfy { !$0.isDecision })
    }
}
