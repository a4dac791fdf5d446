import Folding
import NetGraph
import Testing

/// Four factors, one of them negative and one 0, and four shifts.
private let factors = [0.5, -2, 0, 3]
private let shifts = [1.0, 2, 3, 4]

@Suite("What passes a Slice or a Split")
struct SlicePassageTests {
    @Test("Different affines behind the parts of a Slice of channels fold back as one", arguments: [1, -3])
    func backward(axis: Int) throws {
        var sketch = NetworkSketch()
        let data = sketch.input("data", [2, 3, 2, 2])
        let parts = try sketch.append(
            "op", .slice(axis: axis, points: [1]), [sketch.convolution(of: data)], outputCount: 2)
        sketch.finish(
            sketch.affine("a", of: parts[0], [-2], [1]), sketch.affine("b", of: parts[1], [0, 3, 1], [2, 0, 4]))
        let outcome = try sketch.outcome()
        #expect(outcome.left == [])
        #expect(outcome.result.plan.folds.first?.affine?.scale == [-2, 0, 3, 1])
    }

    @Test("A part without an affine takes part as the identity")
    func backwardOfOnePart() throws {
        var sketch = NetworkSketch()
        let data = sketch.input("data", [2, 3, 2, 2])
        let parts = try sketch.append(
            "op", .slice(axis: 1, points: []), [sketch.convolution(of: data)], outputCount: 2)
        sketch.finish(sketch.affine("a", of: parts[0], [-2, 0], [1, 2]), parts[1])
        #expect(try sketch.outcome().left == [])
    }

    @Test("Equal affines behind the parts of a Slice along another axis fold back")
    func backwardAlongAnotherAxis() throws {
        #expect(try behindSlice([factors, factors]).left == [])
    }

    @Test("Different affines behind the parts of a Slice along another axis stay")
    func unequalAlongAnotherAxis() throws {
        let outcome = try behindSlice([factors, [1, 2, 3, 4]])
        #expect(outcome.left == ["Scale", "Scale"])
        #expect(Set(outcome.reasons) == [.unequalAffines(layer: "op", type: "Slice")])
    }

    /// `convolution - Slice of the height - an affine for each part`
    private func behindSlice(_ scales: [[Double]]) throws -> FoldOutcome {
        var sketch = NetworkSketch()
        let data = sketch.input("data", [2, 3, 2, 2])
        let parts = try sketch.append(
            "op", .slice(axis: 2, points: []), [sketch.convolution(of: data)], outputCount: 2)
        sketch.network.outputs = parts.enumerated().map { index, part in
            sketch.affine("affine \(index)", of: part, scales[index], shifts)
        }
        return try sketch.outcome()
    }

    @Test("An affine before a Slice of channels folds forward into the readers of each part", arguments: [1, -3])
    func forward(axis: Int) throws {
        var sketch = NetworkSketch()
        let data = sketch.input("data", [2, 4, 2, 2])
        let affine = sketch.affine(of: data, factors, shifts)
        let parts = try sketch.append("op", .slice(axis: axis, points: [3]), [affine], outputCount: 2)
        sketch.finish(
            try sketch.convolution("first", of: parts[0], kernel: [2, 2]),
            try sketch.innerProduct("second", of: parts[1]))
        let outcome = try sketch.outcome()
        #expect(outcome.left == [])
        #expect(outcome.result.plan.folds.map(\.inputAffine?.scale) == [[0.5, -2, 0], [3]])
    }

    @Test("An affine before a Slice along another axis folds forward into the readers of each part, as it is")
    func forwardAlongAnotherAxis() throws {
        var sketch = NetworkSketch()
        let data = sketch.input("data", [2, 4, 2, 2])
        let affine = sketch.affine(of: data, factors, shifts)
        let parts = try sketch.append("op", .slice(axis: 3, points: []), [affine], outputCount: 2)
        sketch.finish(
            try sketch.convolution("first", of: parts[0]), try sketch.innerProduct("second", of: parts[1]))
        #expect(try sketch.outcome().left == [])
    }

    @Test("Where one part's reader takes nothing, a Scale stays on that part alone")
    func unequalReaders() throws {
        var sketch = NetworkSketch()
        let data = sketch.input("data", [2, 4, 2, 2])
        let affine = sketch.affine(of: data, factors, shifts)
        let parts = try sketch.append("op", .slice(axis: 1, points: [1]), [affine], outputCount: 2)
        sketch.finish(
            try sketch.append("blocker", .activation(.tanh), parts[0]),
            try sketch.convolution(of: parts[1], kernel: [2, 2]))
        let outcome = try sketch.outcome()
        #expect(outcome.left == ["Scale"])
        #expect(outcome.result.plan.leftovers.map(\.channelCount) == [1])
        #expect(outcome.forwardReasons == [.stopped(layer: "blocker", type: "Tanh")])
    }

    @Test("Equal affines behind all outputs of a Split fold back")
    func splitBackward() throws {
        #expect(try behindSplit([factors, factors]).left == [])
    }

    @Test("Different affines behind the outputs of a Split stay")
    func splitUnequal() throws {
        let outcome = try behindSplit([factors, [1, 2, 3, 4]])
        #expect(outcome.left == ["Scale", "Scale"])
        #expect(Set(outcome.reasons) == [.unequalAffines(layer: "op", type: "Split")])
    }

    /// `convolution - Split - an affine for each output`
    private func behindSplit(_ scales: [[Double]]) throws -> FoldOutcome {
        var sketch = NetworkSketch()
        let data = sketch.input("data", [2, 3, 2, 2])
        let copies = try sketch.append("op", .split, [sketch.convolution(of: data)], outputCount: 2)
        sketch.network.outputs = try copies.enumerated().map { index, copy in
            // Both outputs of the net would else be one value.
            try sketch.append(
                "last \(index)", .activation(.tanh), sketch.affine("affine \(index)", of: copy, scales[index], shifts))
        }
        return try sketch.outcome()
    }

    @Test("An affine before a Split folds forward into all readers of all outputs")
    func splitForward() throws {
        var sketch = NetworkSketch()
        let data = sketch.input("data", [2, 4, 2, 2])
        let copies = try sketch.append(
            "op", .split, [sketch.affine(of: data, factors, shifts)], outputCount: 2)
        sketch.finish(
            try sketch.convolution("first", of: copies[0]), try sketch.innerProduct("second", of: copies[1]))
        #expect(try sketch.outcome().left == [])
    }
}
