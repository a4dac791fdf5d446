import Folding
import NetGraph
import Testing

@Suite("What passes arithmetic of values")
struct ArithmeticPassageTests {
    /// Values that a layer reads beside one of 2x4x5x4.
    enum Other: CaseIterable {
        case same, gate, vector, image
        /// Numbers of a convolution, as this value needs them.
        func add(_ sketch: inout NetworkSketch, _ data: ValueID, outputs: Int = 4) throws -> ValueID {
            switch self {
            case .same: return try sketch.convolution("other", of: data, outputs: outputs)
            case .gate:
                let pooled = try sketch.append(
                    "pooled", .axisReduction(AxisReduction(.mean, axes: [2, 3], keepsAxes: true)), data)
                return try sketch.convolution("other", of: pooled, outputs: outputs)
            case .vector:
                let pooled = try sketch.append(
                    "pooled", .axisReduction(AxisReduction(.mean, axes: [2, 3], keepsAxes: false)), data)
                return try sketch.innerProduct("other", of: pooled, outputs: outputs)
            case .image:
                let pooled = try sketch.append(
                    "pooled", .axisReduction(AxisReduction(.mean, axes: [0], keepsAxes: true)), data)
                return try sketch.convolution("other", of: pooled, outputs: outputs)
            }
        }
    }

    /// `convolution, other - op - affine`
    private func behind(
        _ function: Arithmetic.Function, _ other: Other, outputs: Int = 4,
        affine: (inout NetworkSketch, ValueID) -> ValueID
    ) throws -> FoldOutcome {
        var sketch = NetworkSketch()
        let data = sketch.input("data", [2, 3, 5, 4])
        let conv = try sketch.convolution(of: data)
        let second = try other.add(&sketch, data, outputs: outputs)
        let arithmetic = Arithmetic(function, order: .channelsLast, missingAxes: .behindImages)
        let combined = try sketch.append("op", .arithmetic(arithmetic), conv, second)
        sketch.finish(affine(&sketch, combined))
        return try sketch.outcome()
    }

    @Test(
        "An affine behind a sum, a difference or a mean folds into both, whatever shape the second has",
        arguments: [Arithmetic.Function.sum, .difference, .mean], Other.allCases)
    func sums(function: Arithmetic.Function, other: Other) throws {
        for affine in PassingAffine.allCases {
            #expect(try behind(function, other) { affine.add(to: &$0, reading: $1) }.left == [])
        }
    }

    @Test("Factors behind a product fold into one input, and shifts stay", arguments: Other.allCases)
    func products(other: Other) throws {
        #expect(try behind(.product, other) { $0.affine(of: $1, [0.5, -2, 1, 3]) }.left == [])
        #expect(try behind(.product, other) { $0.affine(of: $1, nil, [0.5, -2, 1, 3]) }.left == ["Bias"])
    }

    @Test(
        "Behind a maximum or a minimum go shifts, and factors that are not negative",
        arguments: [Arithmetic.Function.maximum, .minimum], Other.allCases)
    func extrema(function: Arithmetic.Function, other: Other) throws {
        #expect(try behind(function, other) { $0.affine(of: $1, [0.5, 2, 1, 3], [1, 2, 3, 4]) }.left == [])
        #expect(try behind(function, other) { $0.affine(of: $1, [0.5, -2, 1, 3], [1, 2, 3, 4]) }.left == ["Scale"])
    }

    @Test("Behind a quotient factors go to what is divided, and behind a power nothing does")
    func quotient() throws {
        #expect(try behind(.quotient, .gate) { $0.affine(of: $1, [0.5, -2, 1, 3]) }.left == [])
        #expect(try behind(.quotient, .gate) { $0.affine(of: $1, nil, [0.5, -2, 1, 3]) }.left == ["Bias"])
        #expect(try behind(.power, .same) { $0.affine(of: $1, [0.5, -2, 1, 3]) }.left == ["Scale"])
    }

    @Test("An input with one channel for all takes only what is the same in all channels")
    func oneChannel() throws {
        // The factors would have to go to both, the shift to one of them.
        #expect(
            try behind(.sum, .same, outputs: 1) { $0.affine(of: $1, [0.5, -2, 1, 3], [1, 2, 3, 4]) }.left == ["Scale"])
        #expect(try behind(.sum, .same, outputs: 1) { $0.affine(of: $1, nil, [1, 2, 3, 4]) }.left == [])
        #expect(
            try behind(.sum, .same, outputs: 1) { sketch, value in
                let scaled = sketch.scale(of: value, [3], [0.5], axes: .axes(0..<0))
                sketch.network.values[scaled.index].shape = sketch.network[value].shape
                return scaled
            }.left == [])
        // The one with the channels takes the factors of a product, whichever comes first.
        let outcome = try behind(.product, .same, outputs: 1) { $0.affine(of: $1, [0.5, -2, 1, 3]) }
        #expect(outcome.left == [])
        #expect(outcome.takers == ["linear"])
    }

    @Test("A factor before an input with one channel for all goes forward through a product, and a shift through a sum")
    func oneChannelForward() throws {
        for (function, factor, shift) in [(Arithmetic.Function.product, 3.0, 0.0), (.sum, 1.0, 0.5)] {
            var sketch = NetworkSketch()
            let mask = sketch.affine(
                of: sketch.input("mask", [2, 1, 5, 4]), factor == 1 ? nil : [factor], [shift])
            let combined = try sketch.append(
                "op", .arithmetic(Arithmetic(function)), sketch.input("data", [2, 4, 5, 4]), mask)
            sketch.finish(try sketch.innerProduct(of: combined))
            #expect(try sketch.outcome().left == [])
        }
    }

    @Test(
        "An affine whose channels lie along another axis of the output stays",
        arguments: [Arithmetic.Function.sum, .product])
    func otherAxis(function: Arithmetic.Function) throws {
        // Four channels of a value of 5x4 lie along the columns of one of 2x4x5x4, which also are four.
        var sketch = NetworkSketch()
        let rows = sketch.affine(
            of: sketch.input("rows", [5, 4]), function == .sum ? nil : [0.5, -2, 1, 3],
            function == .sum ? [1, 2, 3, 4] : nil)
        let combined = try sketch.append(
            "op", .arithmetic(Arithmetic(function)), sketch.input("data", [2, 4, 5, 4]), rows)
        sketch.finish(try sketch.innerProduct(of: combined))
        let outcome = try sketch.outcome()
        #expect(outcome.left == [function == .sum ? "Bias" : "Scale"])
        #expect(outcome.forwardReasons.map(\.name) == ["stopped"])
    }

    @Test("A value that has no channel to the output's takes nothing back")
    func otherAxisBackward() throws {
        var sketch = NetworkSketch()
        let rows = try sketch.innerProduct("other", of: sketch.input("rows", [5, 3]))
        let conv = try sketch.convolution(of: sketch.input("data", [2, 3, 5, 4]))
        let combined = try sketch.append("op", .arithmetic(Arithmetic(.sum)), rows, conv)
        sketch.finish(sketch.affine(of: combined, nil, [1, 2, 3, 4]))
        let outcome = try sketch.outcome()
        #expect(outcome.left == [])
        #expect(outcome.takers == ["linear"])
    }

    @Test("A value and itself: twice it takes the shift once, less itself it takes none")
    func itself() throws {
        for (function, left) in [(Arithmetic.Function.sum, [String]()), (.difference, ["Bias"])] {
            var sketch = NetworkSketch()
            let conv = try sketch.convolution(of: sketch.input("data", [2, 3, 5, 4]))
            let combined = try sketch.append("op", .arithmetic(Arithmetic(function)), conv, conv)
            sketch.finish(sketch.affine(of: combined, [0.5, -2, 1, 3], [1, 2, 3, 4]))
            #expect(try sketch.outcome().left == left)
        }
    }
}
