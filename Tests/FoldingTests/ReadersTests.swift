import Folding
import NetGraph
import Testing

@Suite("Values with several readers, and outputs of the net")
struct ReadersTests {
    private let factors = [0.5, -2, 0, 3]
    private let shifts = [1.0, 2, 3, 4]

    @Test("Equal affines behind all readers of a convolution fold into it through each of them")
    func equalAffines() throws {
        let outcome = try branches([factors, factors])
        #expect(outcome.left == [])
        #expect(outcome.takers == ["linear"])
    }

    @Test("Different affines behind the readers of a convolution stay")
    func differentAffines() throws {
        let outcome = try branches([factors, [1, 2, 3, 4]])
        #expect(outcome.left == ["Scale", "Scale"])
        #expect(outcome.takers == [])
    }

    /// `convolution`, read by affines of which each has a reader of its own.
    private func branches(_ scales: [[Double]]) throws -> FoldOutcome {
        var sketch = NetworkSketch()
        let data = sketch.input("data", [2, 3, 2, 2])
        let conv = try sketch.convolution(of: data)
        sketch.network.outputs = try scales.enumerated().map { index, scale in
            let affine = sketch.affine("affine \(index)", of: conv, scale, shifts)
            return try sketch.append("tanh \(index)", .activation(.tanh), affine)
        }
        return try sketch.outcome()
    }

    @Test("Where a convolution and what follows it both are outputs, the affine stays")
    func outputBefore() throws {
        var sketch = NetworkSketch()
        let data = sketch.input("data", [2, 3, 2, 2])
        let conv = try sketch.convolution(of: data)
        let shuffled = try sketch.append("op", .shuffleChannel(groups: 2), conv)
        sketch.finish(sketch.affine(of: shuffled, factors, shifts), conv)
        let outcome = try sketch.outcome()
        #expect(outcome.left == ["Scale"])
        #expect(outcome.reasons == [.networkOutput(producer: "linear")])
    }

    @Test("Of two outputs that come from one value, neither is read by what writes the other")
    func outputsOfOneValue() throws {
        var sketch = NetworkSketch()
        let data = sketch.input("data", [2, 4, 2, 2])
        let root = try sketch.append("op", .shuffleChannel(groups: 2), data)
        let same = try sketch.append("same", .power(Power()), root)
        sketch.finish(sketch.affine(of: root, factors, shifts), same)
        let result = try sketch.folded()
        let read = Set(result.network.layers.flatMap(\.inputs))
        #expect(result.network.outputs.allSatisfy { !read.contains($0) })
        #expect(Set(result.network.outputs.map { result.network[$0].name }) == ["affine", "same"])
    }

    @Test("Where a value on the way is an output the affine stays behind it")
    func outputOnTheWay() throws {
        var sketch = NetworkSketch()
        let data = sketch.input("data", [2, 3, 2, 2])
        let shuffled = try sketch.append("op", .shuffleChannel(groups: 2), sketch.convolution(of: data))
        sketch.finish(sketch.affine(of: shuffled, factors, shifts), shuffled)
        let outcome = try sketch.outcome()
        #expect(outcome.left == ["Scale"])
        #expect(outcome.reasons == [.networkOutput(producer: "op")])
    }

    @Test("An affine whose input another layer reads goes forward instead")
    func forwardInstead() throws {
        var sketch = NetworkSketch()
        let data = sketch.input("data", [2, 3, 2, 2])
        let conv = try sketch.convolution("first", of: data)
        let affine = sketch.affine(of: conv, factors, shifts)
        sketch.finish(
            try sketch.append("tanh", .activation(.tanh), conv),
            try sketch.convolution("second", of: affine, kernel: [2, 2]))
        let outcome = try sketch.outcome()
        #expect(outcome.left == [])
        #expect(outcome.takers == ["second"])
    }

    @Test(
        "A layer that reads only the shape of a value does not keep an affine from folding",
        arguments: [
            Operation.crop(axis: 2, offsets: []), .interpolation(Interpolation(size: .secondInput)),
        ])
    func shapeReader(operation: Operation) throws {
        var sketch = NetworkSketch()
        let data = sketch.input("data", [2, 3, 2, 2])
        let large = sketch.input("data large", [2, 4, 4, 4])
        let conv = try sketch.convolution(of: data)
        let fitted = try sketch.append("op", operation, large, conv)
        let affine = sketch.affine(of: conv, factors, shifts)
        sketch.finish(try sketch.append("tanh", .activation(.tanh), affine), fitted)
        #expect(try sketch.outcome().left == [])
    }

    @Test("Half of an affine folds back and the other half forward, where each direction takes only one")
    func bothWays() throws {
        var sketch = NetworkSketch()
        let data = sketch.input("data", [2, 4, 3, 3])
        let relu = try sketch.append(
            "relu", .activation(.relu(negativeSlope: 0)), sketch.convolution("first", of: data))
        let affine = sketch.affine(of: relu, [0.5, 2, 0.25, 3], shifts)
        sketch.finish(try sketch.convolution("second", of: affine, kernel: [2, 2]))
        #expect(try sketch.outcome().left == [])
    }

    @Test("Two negative factors that meet on the way fold together where neither could alone")
    func meeting() throws {
        var sketch = NetworkSketch()
        let data = sketch.input("data", [2, 3, 3, 3])
        let relu = try sketch.append("relu", .activation(.relu(negativeSlope: 0)), sketch.convolution(of: data))
        let first = sketch.affine("first", of: relu, [-1, 2, -3, 4])
        let pooling = Pooling(method: .average, kernel: [2, 2], stride: [1, 1], pad: [0, 0])
        let pooled = try sketch.append("pool", .pooling(pooling), first)
        sketch.finish(sketch.affine("second", of: pooled, [-2, 1, -1, 1]))
        let outcome = try sketch.outcome()
        #expect(outcome.left == [])
        #expect(outcome.takers == ["linear"])
    }
}
