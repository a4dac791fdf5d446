import Folding
import NetGraph
import Testing

@Suite("Parameters that layers share, across the graph")
struct SharingPassageTests {
    private let data = [2, 2, 3, 3]

    @Test("Sharers that take the same from before and behind keep one weight and one bias")
    func agreeingOnBothSides() throws {
        let outcome = try twins(before: [[2, -3], [2, -3]], behind: [[0.5, 4], [0.5, 4]])
        #expect(outcome.left == [])
        #expect(parameters(outcome)[0] == parameters(outcome)[1])
    }

    @Test("Sharers that take the same factors from before keep one weight")
    func agreeingForward() throws {
        let outcome = try twins(before: [[2, -3], [2, -3]])
        #expect(outcome.left == [])
        #expect(parameters(outcome)[0] == parameters(outcome)[1])
    }

    @Test("Sharers that take different factors and the same shifts from before get weights of their own and one bias")
    func differingForward() throws {
        let outcome = try twins(before: [[2, -3], [2, 3]])
        #expect(outcome.left == [])
        let found = parameters(outcome)
        #expect(found[0][0] != found[1][0])
        #expect(found[0][1] == found[1][1])
    }

    @Test("A sharer that takes nothing keeps what it had")
    func oneTakes() throws {
        let outcome = try twins(before: [[2, -3], nil])
        #expect(outcome.left == [])
        #expect(Set(parameters(outcome).joined()).count == 4)
        #expect(parameters(outcome)[1].map(\.index) == [0, 1])
    }

    @Test("Sharers with the same factors before and different ones behind get weights of their own")
    func differingBehind() throws {
        let outcome = try twins(before: [[2, -3], [2, -3]], behind: [[0.5, 4], [4, 0.5]])
        #expect(outcome.left == [])
        #expect(Set(parameters(outcome).joined()).count == 4)
    }

    @Test("A sharer that takes forward and one that takes backward get weights of their own")
    func oppositeDirections() throws {
        let outcome = try twins(before: [[2, 2], nil], behind: [nil, [2, 2]])
        #expect(outcome.left == [])
        #expect(Set(parameters(outcome).joined()).count == 4)
    }

    @Test(
        "A weight that a padded and a plain convolution share takes factors for both, and a Bias stays before the padded one"
    )
    func differentPadding() throws {
        var sketch = NetworkSketch()
        let a = sketch.input("data a", data)
        let b = sketch.input("data b", data)
        let plain = sketch.convolutionOperation("shared", inputs: 2, outputs: 2, kernel: [3, 3])
        var padded = plain
        (padded.padBefore, padded.padAfter) = ([1, 1], [1, 1])
        sketch.finish(
            try sketch.append("first", .convolution(plain), sketch.affine("affine a", of: a, [2, -3], [1, 2])),
            try sketch.append("second", .convolution(padded), sketch.affine("affine b", of: b, [2, -3], [1, 2])))
        let outcome = try sketch.outcome()
        #expect(outcome.left == ["Bias"])
        let found = parameters(outcome)
        #expect(found[0][0] == found[1][0])
        #expect(found[0][1] != found[1][1])
    }

    @Test("A weight that a convolution and a deconvolution share takes factors of the inputs along the axis of each")
    func tiedDeconvolution() throws {
        var sketch = NetworkSketch()
        let a = sketch.input("data a", data)
        let b = sketch.input("data b", data)
        let weight = sketch.parameter("tied", sketch.random.numbers(16), shape: [2, 2, 2, 2])
        let operation = Convolution(weight: weight, bias: nil, outputChannels: 2, kernel: [2, 2])
        sketch.finish(
            try sketch.append("first", .convolution(operation), sketch.affine("affine a", of: a, [2, -3])),
            try sketch.append("second", .deconvolution(operation), sketch.affine("affine b", of: b, [2, -3])))
        let outcome = try sketch.outcome()
        #expect(outcome.left == [])
        #expect(parameters(outcome)[0][0] != parameters(outcome)[1][0])
    }

    @Test("A shared BatchNorm folds into each convolution, forward and back")
    func sharedStatistics() throws {
        var sketch = NetworkSketch()
        let batchNorm = Operation.batchNorm(
            BatchNorm(
                mean: sketch.parameter("mean", [1, -2]), variance: sketch.parameter("variance", [4, 0.25])))
        let a = sketch.input("data a", data)
        let b = sketch.input("data b", data)
        let before = try sketch.append("bn a", batchNorm, a)
        let conv = try sketch.convolution("second", of: b, outputs: 2)
        sketch.finish(
            try sketch.convolution("first", of: before, outputs: 2, kernel: [2, 2]),
            try sketch.append("bn b", batchNorm, conv))
        #expect(try sketch.outcome().left == [])
    }

    @Test("A shared slope of PReLU does not stop what passes")
    func sharedSlope() throws {
        var sketch = NetworkSketch()
        let operation = Operation.activation(.prelu(slope: sketch.parameter("slope", [0.25, -2])))
        let input = sketch.input("data", data)
        let first = try sketch.append("relu a", operation, sketch.convolution("first", of: input, outputs: 2))
        let second = try sketch.append("relu b", operation, sketch.convolution("second", of: input, outputs: 2))
        sketch.finish(sketch.affine("a", of: first, [2, 0.5]), sketch.affine("b", of: second, [3, 0]))
        #expect(try sketch.outcome().left == [])
    }

    /// Convolutions `first` and `second` of one weight and bias over two inputs, each with an affine before or behind it, or none.
    private func twins(before: [[Double]?] = [nil, nil], behind: [[Double]?] = [nil, nil]) throws -> FoldOutcome {
        var sketch = NetworkSketch()
        let operation = Operation.convolution(
            sketch.convolutionOperation("shared", inputs: 2, outputs: 2, kernel: [2, 2]))
        for (index, name) in ["first", "second"].enumerated() {
            var value = sketch.input("data \(name)", data)
            if let scale = before[index] { value = sketch.affine("before \(name)", of: value, scale, [1, 0.5]) }
            value = try sketch.append(name, operation, value)
            if let scale = behind[index] { value = sketch.affine("behind \(name)", of: value, scale, [1, 0.5]) }
            sketch.network.outputs.append(value)
        }
        return try sketch.outcome()
    }

    /// Weight and bias of `first` and `second`.
    private func parameters(_ outcome: FoldOutcome) -> [[ParameterID]] {
        ["first", "second"].map { outcome.result.operation($0)?.parameters ?? [] }
    }
}
