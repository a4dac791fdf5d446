import Folding
import NetGraph
import Testing

/// Four factors, one of them negative and one 0, and four shifts.
private let factors = [0.5, -2, 0, 3]
private let shifts = [1.0, 2, 3, 4]

@Suite("What passes a Concat")
struct ConcatPassageTests {
    @Test("An affine behind a Concat of channels folds into each input, each its part", arguments: [1, -3])
    func backward(axis: Int) throws {
        var sketch = NetworkSketch()
        let data = sketch.input("data", [2, 3, 2, 2])
        let first = try sketch.convolution("first", of: data, outputs: 1)
        let second = try sketch.convolution("second", of: data, outputs: 3)
        let joined = try sketch.append("op", .concat(axis: axis), first, second)
        sketch.finish(sketch.affine(of: joined, factors, shifts))
        let outcome = try sketch.outcome()
        #expect(outcome.left == [])
        #expect(outcome.result.plan.folds.map(\.affine?.scale) == [[0.5], [-2, 0, 3]])
    }

    @Test("An affine behind a Concat along another axis folds into each input, as it is", arguments: [0, 2, 3, -1])
    func backwardAlongAnotherAxis(axis: Int) throws {
        var sketch = NetworkSketch()
        let data = sketch.input("data", [2, 3, 2, 2])
        let first = try sketch.convolution("first", of: data)
        let second = try sketch.convolution("second", of: data)
        let joined = try sketch.append("op", .concat(axis: axis), first, second)
        sketch.finish(sketch.affine(of: joined, factors, shifts))
        let outcome = try sketch.outcome()
        #expect(outcome.left == [])
        #expect(outcome.result.plan.folds.map(\.affine?.scale) == [factors, factors])
    }

    @Test("The same value twice takes its part when both parts are equal")
    func equalTwins() throws {
        #expect(try twins([2, -3, 2, -3], [1, 0, 1, 0]).left == [])
    }

    @Test("The same value twice takes nothing when the parts differ: one Scale is less than two")
    func unequalTwins() throws {
        let outcome = try twins([2, -3, 2, 3], [1, 0, 1, 0])
        #expect(outcome.left == ["Scale"])
        #expect(outcome.reasons == [.otherReaders(producer: "linear", readers: ["op"])])
    }

    /// `convolution of two channels - Concat of it with itself - affine`
    private func twins(_ scale: [Double], _ shift: [Double]) throws -> FoldOutcome {
        var sketch = NetworkSketch()
        let data = sketch.input("data", [2, 3, 2, 2])
        let conv = try sketch.convolution(of: data, outputs: 2)
        sketch.finish(sketch.affine(of: try sketch.append("op", .concat(axis: 1), conv, conv), scale, shift))
        return try sketch.outcome()
    }

    @Test("A part that nothing takes stays as a Scale on that input alone, which is less work")
    func oneTakesNothing() throws {
        var sketch = NetworkSketch()
        let data = sketch.input("data", [2, 2, 2, 2])
        let conv = try sketch.convolution(of: data, outputs: 2)
        let joined = try sketch.append("op", .concat(axis: 1), data, conv)
        sketch.finish(sketch.affine(of: joined, factors, shifts))
        let outcome = try sketch.outcome()
        #expect(outcome.left == ["Scale"])
        #expect(outcome.result.plan.leftovers.map(\.channelCount) == [2])
        #expect(outcome.takers == ["linear"])
        #expect(outcome.reasons == [.readsInput(producer: "data")])
    }

    @Test("Two parts that nothing takes stay one Scale behind the Concat")
    func twoTakeNothing() throws {
        var sketch = NetworkSketch()
        let a = sketch.input("data a", [2, 1, 2, 2])
        let b = sketch.input("data b", [2, 1, 2, 2])
        let conv = try sketch.convolution(of: a, outputs: 2)
        let joined = try sketch.append("op", .concat(axis: 1), [a, conv, b], outputCount: 1)[0]
        sketch.finish(sketch.affine(of: joined, factors, shifts))
        let outcome = try sketch.outcome()
        #expect(outcome.left == ["Scale"])
        #expect(outcome.takers == [])
    }

    @Test("A part that is the identity asks nothing of its input")
    func identityPart() throws {
        var sketch = NetworkSketch()
        let data = sketch.input("data", [2, 2, 2, 2])
        let conv = try sketch.convolution(of: data, outputs: 2)
        let joined = try sketch.append("op", .concat(axis: 1), data, conv)
        sketch.finish(sketch.affine(of: joined, [1, 1, -2, 0], [0, 0, 3, 4]))
        #expect(try sketch.outcome().left == [])
    }

    @Test(
        "Affines before a Concat of channels fold forward as one, an input without one taking part",
        arguments: [[true, true], [true, false], [false, true]])
    func forward(hasAffine: [Bool]) throws {
        var sketch = NetworkSketch()
        let inputs = hasAffine.enumerated().map { index, hasAffine in
            let data = sketch.input("data \(index)", [2, 4, 2, 2])
            return hasAffine ? sketch.affine("affine \(index)", of: data, factors, shifts) : data
        }
        let joined = try sketch.append("op", .concat(axis: 1), inputs, outputCount: 1)[0]
        sketch.finish(try sketch.convolution(of: joined, groups: 2, kernel: [2, 2]))
        #expect(try sketch.outcome().left == [])
    }

    @Test("Equal affines before a Concat along another axis fold forward", arguments: [0, 2, -1])
    func forwardAlongAnotherAxis(axis: Int) throws {
        let outcome = try beforeConcat(axis: axis, factors, factors)
        #expect(outcome.left == [])
    }

    @Test("Different affines before a Concat along another axis stay", arguments: [0, 2, -1])
    func unequalAlongAnotherAxis(axis: Int) throws {
        let outcome = try beforeConcat(axis: axis, factors, [1, 2, 3, 4])
        #expect(outcome.left == ["Scale", "Scale"])
        #expect(Set(outcome.forwardReasons) == [.unequalAffines(layer: "op", type: "Concat")])
    }

    @Test("An affine before one input of a Concat along another axis stays")
    func oneAlongAnotherAxis() throws {
        let outcome = try beforeConcat(axis: 2, factors, nil)
        #expect(outcome.left == ["Scale"])
        #expect(outcome.forwardReasons == [.unequalAffines(layer: "op", type: "Concat")])
    }

    /// `affine on each of two inputs - Concat - inner product`
    private func beforeConcat(axis: Int, _ first: [Double], _ second: [Double]?) throws -> FoldOutcome {
        var sketch = NetworkSketch()
        let a = sketch.input("data a", [2, 4, 2, 2])
        let b = sketch.input("data b", [2, 4, 2, 2])
        let one = sketch.affine("first", of: a, first, shifts)
        let other = second.map { sketch.affine("second", of: b, $0, shifts) } ?? b
        sketch.finish(try sketch.innerProduct(of: sketch.append("op", .concat(axis: axis), one, other)))
        return try sketch.outcome()
    }
}
