import Folding
import NetGraph
import Testing

@Suite("What a linear layer takes of what it reads")
struct LinearForwardTests {
    @Test(
        "An affine folds forward into a linear layer as far as that is exact", arguments: cases, PassingAffine.allCases)
    func forward(linear: PassageCase, affine: PassingAffine) throws {
        var sketch = NetworkSketch()
        let data = sketch.input("data", [2, 4, 5, 4])
        sketch.finish(try linear.add(&sketch, affine.add(to: &sketch, reading: data)))
        let outcome = try sketch.outcome()
        #expect(outcome.left == linear.forward.left(of: affine, .forward))
        #expect(Set(outcome.forwardReasons.map(\.name)) == (outcome.left.isEmpty ? [] : [linear.reason]))
        for reason in outcome.forwardReasons { #expect(reason.sentence.contains("'op'")) }
    }

    private static let cases = [
        PassageCase("Convolution", .everything) { try $0.convolution("op", of: $1, kernel: [3, 2]) },
        PassageCase("Convolution of two groups", .everything) {
            try $0.convolution("op", of: $1, groups: 2, kernel: [2, 3])
        },
        PassageCase("depthwise Convolution", .everything) {
            try $0.convolution("op", of: $1, outputs: 8, groups: 4, kernel: [2, 2])
        },
        PassageCase("dilated Convolution", .everything) {
            try $0.convolution("op", of: $1, kernel: [2, 2], dilation: [3, 2])
        },
        PassageCase("strided Convolution", .everything) {
            try $0.convolution("op", of: $1, kernel: [2, 2], stride: [3, 2])
        },
        PassageCase("padded Convolution", .factors, reason: "zero-padding") {
            try $0.convolution("op", of: $1, kernel: [3, 3], pad: [1, 1])
        },
        PassageCase("Convolution padded along the width", .factors, reason: "zero-padding") {
            try $0.convolution("op", of: $1, groups: 2, kernel: [1, 3], pad: [0, 1])
        },
        PassageCase("padded depthwise Convolution", .factors, reason: "zero-padding") {
            try $0.convolution("op", of: $1, groups: 4, kernel: [3, 3], stride: [2, 2], pad: [1, 1])
        },
        PassageCase("Convolution padded at the end alone", .factors, reason: "zero-padding") { sketch, value in
            var operation = sketch.convolutionOperation("op", inputs: 4, kernel: [2, 2])
            operation.padAfter = [1, 0]
            return try sketch.append("op", .convolution(operation), value)
        },
        PassageCase("Deconvolution", .factors) { try $0.deconvolution("op", of: $1, stride: [2, 2]) },
        PassageCase("Deconvolution of two groups", .factors) {
            try $0.deconvolution("op", of: $1, outputs: 6, groups: 2, pad: [1, 0])
        },
        PassageCase("depthwise Deconvolution", .factors) {
            try $0.deconvolution("op", of: $1, groups: 4, kernel: [3, 3], stride: [2, 2])
        },
        PassageCase("InnerProduct over channel and plane", .everything) { try $0.innerProduct("op", of: $1) },
        PassageCase("transposed InnerProduct", .everything) { try $0.innerProduct("op", of: $1, transposed: true) },
        PassageCase("InnerProduct behind a Flatten", .everything) { sketch, value in
            try sketch.innerProduct("op", of: sketch.append("flat", .flatten(first: 1, last: -1), value))
        },
        PassageCase("InnerProduct along the height", .nothing, reason: "channel-axis") {
            try $0.innerProduct("op", of: $1, axis: 2)
        },
    ]

    @Test(
        "An axis that counts from the end and means the channel is the channel's",
        arguments: [FoldDirection.backward, .forward])
    func negativeAxis(direction: FoldDirection) throws {
        var sketch = NetworkSketch()
        let data = sketch.input("data", [2, 4])
        let product = InnerProduct(
            weight: sketch.parameter("weight", sketch.random.numbers(16), shape: [4, 4]), bias: nil, outputCount: 4,
            axis: -1)
        let value = direction == .backward ? data : sketch.affine(of: data, [1, 2, -3, 4], [1, 2, 3, 4])
        let last = try sketch.append("op", .innerProduct(product), value)
        sketch.finish(direction == .forward ? last : sketch.affine(of: last, [1, 2, -3, 4], [1, 2, 3, 4]))
        #expect(try sketch.outcome().left == [])
    }

    @Test(
        "Of an affine with a shift in some channels a padded convolution takes all factors, and a Bias keeps the shifts"
    )
    func someShifts() throws {
        var sketch = NetworkSketch()
        let data = sketch.input("data", [2, 4, 3, 3])
        let affine = sketch.affine(of: data, [2, -4, 0, 8], [1, 0, 0, 2])
        sketch.finish(try sketch.convolution(of: affine, kernel: [3, 3], pad: [1, 1]))
        let outcome = try sketch.outcome()
        #expect(outcome.left == ["Bias"])
        #expect(outcome.result.plan.leftovers.first?.affine?.shift == [0.5, 0, 0, 0.25])
        #expect(outcome.forwardReasons == [.zeroPadding(layer: "linear")])
    }

    @Test("A padded convolution takes an affine whose shifts cancel")
    func cancelledShifts() throws {
        var sketch = NetworkSketch()
        let data = sketch.input("data", [2, 2, 3, 3])
        let first = sketch.affine("first", of: data, [2, -1], [4, 3])
        let second = sketch.affine("second", of: first, [0.5, 3], [-2, -9])
        sketch.finish(try sketch.convolution(of: second, kernel: [3, 3], pad: [1, 1]))
        #expect(try sketch.outcome().left == [])
    }

    @Test("The factor of one channel in all is taken where nobody tells the number of channels")
    func uniform() throws {
        var sketch = NetworkSketch()
        let data = sketch.input("data", [2, 4, 3, 3])
        let affine = try sketch.append("affine", .power(Power(scale: -2, shift: 1)), data)
        sketch.finish(try sketch.convolution(of: affine, groups: 2, kernel: [2, 2]))
        #expect(try sketch.outcome().left == [])
    }

    @Test("A layer takes what lies before and behind it at once", arguments: [1, 2, 4])
    func bothSides(groups: Int) throws {
        var sketch = NetworkSketch()
        let data = sketch.input("data", [2, 4, 3, 3])
        let before = sketch.affine("before", of: data, [0.5, -2, 0, 3], [1, 2, 3, 4])
        let conv = try sketch.convolution(of: before, groups: groups, kernel: [2, 2])
        sketch.finish(sketch.affine("behind", of: conv, [3, 0, -1, 0.5], [4, 3, 2, 1]))
        let outcome = try sketch.outcome()
        #expect(outcome.left == [])
        #expect(outcome.result.plan.folds.first?.takes.map(\.direction) == [.backward, .forward])
    }

    @Test("The affine between two convolutions folds into the first, once")
    func betweenTwo() throws {
        var sketch = NetworkSketch()
        let data = sketch.input("data", [2, 4, 3, 3])
        let first = try sketch.convolution("first", of: data)
        let affine = sketch.affine(of: first, [0.5, -2, 0, 3], [1, 2, 3, 4])
        sketch.finish(try sketch.convolution("second", of: affine, kernel: [2, 2]))
        let outcome = try sketch.outcome()
        #expect(outcome.left == [])
        #expect(outcome.takers.count == 1)
    }

    // MARK: Several readers

    @Test("All readers of an affine on the input take it, each its own way")
    func severalReaders() throws {
        var sketch = NetworkSketch()
        let data = sketch.input("data", [2, 4, 3, 3])
        let affine = sketch.affine(of: data, [0.5, -2, 0, 3], [1, 2, 3, 4])
        let conv = try sketch.convolution("conv", of: affine, kernel: [2, 2])
        let product = try sketch.innerProduct("product", of: affine)
        let pooled = try sketch.append(
            "pool", .pooling(Pooling(method: .average, kernel: nil, stride: [1, 1], pad: [0, 0])), affine)
        sketch.finish(conv, product, try sketch.innerProduct("pooled product", of: pooled))
        let outcome = try sketch.outcome()
        #expect(outcome.left == [])
        #expect(outcome.takers == ["conv", "product", "pooled product"])
    }

    @Test("An affine of which one reader takes nothing stays one layer for all readers")
    func oneReaderTakesNothing() throws {
        var sketch = NetworkSketch()
        let data = sketch.input("data", [2, 4, 3, 3])
        let affine = sketch.affine(of: data, [0.5, -2, 0, 3], [1, 2, 3, 4])
        let conv = try sketch.convolution(of: affine)
        sketch.finish(conv, try sketch.append("blocker", .activation(.tanh), affine))
        let outcome = try sketch.outcome()
        #expect(outcome.left == ["Scale"])
        #expect(outcome.takers == [])
        #expect(outcome.forwardReasons == [.stopped(layer: "blocker", type: "Tanh")])
    }

    @Test("An affine that is an output of the net stays, whoever else reads it")
    func output() throws {
        var sketch = NetworkSketch()
        let data = sketch.input("data", [2, 4, 3, 3])
        let affine = sketch.affine(of: data, [0.5, -2, 0, 3], [1, 2, 3, 4])
        sketch.finish(affine, try sketch.convolution(of: affine))
        let outcome = try sketch.outcome()
        #expect(outcome.left == ["Scale"])
        #expect(outcome.forwardReasons == [.writesOutput(blob: "affine")])
    }

    @Test("A convolution of several inputs takes what all of them have")
    func severalInputs() throws {
        let outcome = try twoInputs([0.5, -2, 0, 3], [0.5, -2, 0, 3])
        #expect(outcome.left == [])
    }

    @Test("A convolution of several inputs takes nothing that only one of them has")
    func severalInputsUnequal() throws {
        let outcome = try twoInputs([0.5, -2, 0, 3], [0.5, 2, 0, 3])
        #expect(outcome.left == ["Scale", "Scale"])
        #expect(outcome.forwardReasons == [.severalOutputs(producer: "linear"), .severalOutputs(producer: "linear")])
    }

    /// One convolution over two inputs, each behind a Scale.
    private func twoInputs(_ first: [Double], _ second: [Double]) throws -> FoldOutcome {
        var sketch = NetworkSketch()
        let a = sketch.input("data a", [2, 4, 3, 3])
        let b = sketch.input("data b", [1, 4, 3, 3])
        let inputs = [
            sketch.affine("a", of: a, first, [1, 2, 3, 4]), sketch.affine("b", of: b, second, [1, 2, 3, 4]),
        ]
        let operation = sketch.convolutionOperation("linear", inputs: 4, kernel: [2, 2])
        sketch.network.outputs = try sketch.append("linear", .convolution(operation), inputs, outputCount: 2)
        return try sketch.outcome()
    }

    @Test("A convolution of several inputs takes what lies behind all of its outputs")
    func severalOutputs() throws {
        var sketch = NetworkSketch()
        let inputs = [sketch.input("data a", [2, 4, 3, 3]), sketch.input("data b", [1, 4, 3, 3])]
        let operation = sketch.convolutionOperation("linear", inputs: 4)
        let outputs = try sketch.append("linear", .convolution(operation), inputs, outputCount: 2)
        let (scale, shift) = ([0.5, -2, 0, 3], [1.0, 2, 3, 4])
        sketch.finish(
            sketch.affine("a", of: outputs[0], scale, shift), sketch.affine("b", of: outputs[1], scale, shift))
        #expect(try sketch.outcome().left == [])
    }
}
