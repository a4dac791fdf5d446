import Execution
import NetGraph
import Testing

@testable import Verification

/// What a last softmax, sigmoid or tanh reads: saturated ones hide errors.
@Suite("Scores before the last function")
struct ScoreTests {
    private static let input = Tensor([2, 1, 1, 1], [1, -1])

    /// A convolution of two outputs whose value has a name of its own, what moves its elements, and a last function.
    private func sketch(
        _ weights: [Double], value: String, _ last: Operation, moves: [Operation] = []
    ) -> Sketch {
        var sketch = Sketch([2, 1, 1, 1])
        sketch.convolution("conv", weights, outputs: 2, top: value)
        for (index, operation) in moves.enumerated() { sketch.add("move\(index)", operation, top: "\(value)\(index)") }
        sketch.add("last", last, top: "scores")
        return sketch
    }

    private func verify(
        _ original: Sketch, _ folded: Sketch, comparesScores: Bool
    ) throws -> Verification {
        var verifier = try Verifier(
            original: .init(name: "original", network: original.network, weights: original.weights),
            folded: .init(name: "folded", network: folded.network, weights: folded.weights), precision: .double,
            tolerance: 1e-5, comparesScores: comparesScores, options: ExecutionOptions(threadCount: 1))
        try verifier.run(["data": Self.input], samples: 2) {}
        return verifier.finished(seed: 1)
    }

    static let saturating: [Operation] = [.softmax(axis: 1), .activation(.sigmoid), .activation(.tanh)]

    @Test(
        "that are wrong are found behind a saturated function, and not without looking at them", arguments: saturating)
    func saturated(last: Operation) throws {
        let original = sketch([100, -100], value: "a", last)
        let folded = sketch([90, -90], value: "b", last)
        // e^-90 is all that the outputs differ by.
        #expect(try verify(original, folded, comparesScores: false).isWithin)
        let verification = try verify(original, folded, comparesScores: true)
        #expect(!verification.isWithin && verification.firstValueBeyond?.name == "a")
        let scores = try #require(verification.values.first { $0.name == "a" })
        #expect(scores.difference.relative == 0.1 && scores.beforeOutput == "scores" && !scores.isOutput)
    }

    @Test("are found through layers that only move elements")
    func moved() throws {
        let moves: [Operation] = [.split, .permute(order: [0, 2, 3, 1])]
        let original = sketch([100, -100], value: "a", .activation(.sigmoid), moves: moves)
        let folded = sketch([90, -90], value: "b", .activation(.sigmoid), moves: moves)
        let verification = try verify(original, folded, comparesScores: true)
        #expect(verification.values.filter { $0.beforeOutput != nil }.map(\.name) == ["a1"])
        #expect(!verification.isWithin)
    }

    @Test("of right folds agree, and have one place beside the output")
    func right() throws {
        let one = sketch([2, -3], value: "a", .softmax(axis: 1))
        let verification = try verify(one, one, comparesScores: true)
        #expect(verification.isWithin && verification.values.map(\.beforeOutput) == [nil, "scores", nil])
    }

    @Test("are not looked for before a function that does not saturate, as ReLU, which hides signs")
    func notSaturating() throws {
        let original = sketch([-1, -2], value: "a", .activation(.relu(negativeSlope: 0)))
        let folded = sketch([-1, -2], value: "b", .activation(.relu(negativeSlope: 0)))
        #expect(try verify(original, folded, comparesScores: true).values.allSatisfy { $0.beforeOutput == nil })
    }

    @Test(
        "the worst element is told in the caller's order of axes",
        arguments: [ElementOrder.channelsFirst, .channelsLast])
    func worstPlace(order: ElementOrder) throws {
        var difference = ValueDifference()
        let zeros = [Double](repeating: 0, count: 2 * 2 * 3 * 4)
        var ones = zeros
        // Sample 1, channel 1, row 2, column 3.
        ones[(1 * 2 + 1) * 12 + 2 * 4 + 3] = 1
        zeros.withUnsafeBufferPointer { zeros in
            ones.withUnsafeBufferPointer { difference.add(original: zeros, folded: $0, batch: 0) }
        }
        let value = Verification.ComparedValue(
            name: "x", layer: "x", type: "x", isOutput: true, difference: difference, shape: [2, 2, 3, 4], order: order,
            isDecision: false)
        #expect(value.worstPlace.sample == 1)
        #expect(value.worstPlace.index == (order == .channelsFirst ? [1, 2, 3] : [2, 3, 1]))
    }

    @Test(
        "a layer that cannot run counts as the same layer where its numbers are the same, and as another where they are not"
    )
    func opaque() throws {
        func sketch(_ number: Double) -> Sketch {
            var sketch = Sketch([2, 1, 1, 1])
            let parameter = sketch.parameter([1, number])
            sketch.add("mystery", .opaque(Opaque(type: "Mystery", parameters: [parameter])))
            sketch.convolution("conv", [2])
            return sketch
        }
        #expect(try verify(sketch(2), sketch(2), comparesScores: false).sites.isEmpty)
        #expect(try verify(sketch(2), sketch(3), comparesScores: false).sites.flatMap(\.changed).contains("mystery"))
    }
}
