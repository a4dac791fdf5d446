import NetGraph
import Testing

@testable import Verification

/// Which values are no pair though they share a name or a reader, and which are one though they share neither.
@Suite("Pairs of values")
struct PairingTests {
    private static let input = Tensor([1, 2, 1, 1], [3, -2])

    private func names(_ verification: Verification) -> [String] { verification.values.map(\.name) }

    /// conv, then layers that all write its blob.
    private func run(_ weights: [Double], bias: [Double]? = nil, _ add: (inout Sketch) -> Void) -> Sketch {
        var sketch = Sketch([1, 2, 1, 1])
        sketch.convolution("conv", weights, bias: bias, outputs: 2)
        add(&sketch)
        return sketch
    }

    @Test("what a layer in place overwrites may hold other numbers: factors that passed an activation")
    func inPlaceValues() throws {
        let original = run([1, 0, 0, 1]) { net in
            net.relu("relu", top: "conv")
            net.scale("scale", [2, 4], [1, 1], top: "conv")
        }
        let folded = run([2, 0, 0, 4]) { net in
            net.relu("relu", top: "conv")
            net.add("scale", .bias(Bias(beta: net.parameter([1, 1]))), top: "conv")
        }
        let verification = try Sketch.verify(original, folded, on: Self.input)
        #expect(verification.isWithin && names(verification) == ["data", "conv"])
        #expect(verification.sites.map(\.changed) == [["conv", "scale"]])
    }

    @Test("an input that is not overwritten any more holds what was fed")
    func inputOverwritten() throws {
        var original = Sketch([1, 2, 1, 1])
        original.scale("scale", [2, 4], top: "data")
        original.convolution("conv", [1, 1], outputs: 1)
        var folded = Sketch([1, 2, 1, 1])
        folded.convolution("conv", [2, 4], outputs: 1)
        let verification = try Sketch.verify(original, folded, on: Self.input)
        #expect(verification.isWithin && names(verification) == ["data", "conv"])
    }

    @Test("a value that is read in the place of its negation is no pair with it")
    func negation() throws {
        func sketch(isFolded: Bool) -> Sketch {
            var sketch = Sketch([1, 2, 1, 1])
            let value = sketch.scale("scale", [2, 3])
            let negated = isFolded ? value : sketch.add("negation", .power(Power(scale: -1)))
            sketch.add("concat", .concat(axis: 1), from: [value, negated])
            sketch.scale("factors", isFolded ? [2, 2, -2, -2] : [2, 2, 2, 2], top: "concat")
            return sketch
        }
        let verification = try Sketch.verify(sketch(isFolded: false), sketch(isFolded: true), on: Self.input)
        #expect(verification.isWithin && names(verification) == ["data", "scale", "concat"])
        #expect(verification.sites.map(\.removed) == [["negation"]])
    }

    @Test("a convolution under its own name that took a BatchNorm is held against what its reader read")
    func nameOfTheConvolution() throws {
        func sketch(isFolded: Bool, weight: Double = 2) -> Sketch {
            var sketch = Sketch([1, 2, 1, 1])
            sketch.convolution("conv", isFolded ? [weight, 0, 0, 4] : [1, 0, 0, 1], outputs: 2)
            if !isFolded { sketch.scale("scale", [2, 4]) }
            sketch.relu("relu")
            sketch.convolution("next", [1, 1])
            return sketch
        }
        let right = try Sketch.verify(sketch(isFolded: false), sketch(isFolded: true), on: Self.input)
        #expect(right.isWithin && names(right) == ["data", "scale", "relu", "next"])
        let wrong = try Sketch.verify(sketch(isFolded: false), sketch(isFolded: true, weight: 2.002), on: Self.input)
        #expect(wrong.firstSiteBeyond?.changed == ["conv"] && wrong.sites.filter(\.isBeyond).count == 1)
    }

    @Test("what identical layers compute from pairs is a pair under whatever name")
    func otherNames() throws {
        func sketch(_ layer: String, _ top: String) -> Sketch {
            var sketch = Sketch([1, 2, 1, 1])
            sketch.convolution("conv", [1, 2, 3, 4], outputs: 2)
            sketch.add(layer, .softmax(axis: 1), top: top)
            return sketch
        }
        let verification = try Sketch.verify(sketch("loss", "loss"), sketch("prob", "prob"), on: Self.input)
        #expect(verification.isWithin && verification.sites.isEmpty && verification.missingOutputs == [])
        #expect(names(verification) == ["data", "conv", "loss"])
    }

    @Test("outputs under other names are found by the layers that write them, in whatever order")
    func outputsByLayer() throws {
        func sketch(_ tops: [String], _ weights: [Double], isSwapped: Bool = false) -> Sketch {
            var sketch = Sketch([1, 2, 1, 1])
            let outputs = zip(["first", "second"], zip(tops, weights)).map { name, layer in
                sketch.convolution(name, [layer.1, 0], from: [ValueID(0)], top: layer.0)
            }
            sketch.network.outputs = isSwapped ? outputs.reversed() : outputs
            return sketch
        }
        // The numbers differ by one rounding, so the layers are not identical.
        let verification = try Sketch.verify(
            sketch(["a", "b"], [1 + 0x1p-26, 2]), sketch(["x", "y"], [1, 2 + 0x1p-25], isSwapped: true), on: Self.input)
        #expect(verification.isWithin && verification.missingOutputs == [])
        #expect(names(verification) == ["data", "a", "b"])
    }

    @Test("a fold that was rounded to the numbers that were there is within")
    func roundedToTheSame() throws {
        func sketch(_ factor: Double?) -> Sketch {
            var sketch = Sketch([1, 2, 1, 1])
            sketch.convolution("conv", [1, 2, 3, 4], outputs: 2)
            if let factor { sketch.scale("scale", [factor, factor], top: "conv") }
            return sketch
        }
        let verification = try Sketch.verify(sketch(1 + 0x1p-26), sketch(nil), on: Self.input)
        #expect(verification.isWithin && verification.sites.map(\.removed) == [["scale"]])
    }

    @Test("layers that undo each other leave the noise of their arithmetic")
    func undone() throws {
        func sketch(isFolded: Bool) -> Sketch {
            var sketch = Sketch([1, 2, 1, 1])
            if !isFolded {
                sketch.add("thrice", .power(Power(scale: 3, shift: 0.1)))
                sketch.add("third", .power(Power(scale: 1.0 / 3, shift: -0.1 / 3)))
            }
            sketch.relu("relu")
            return sketch
        }
        let verification = try Sketch.verify(sketch(isFolded: false), sketch(isFolded: true), on: Self.input)
        #expect(verification.isWithin && verification.sites.map(\.removed) == [["thrice", "third"]])
    }

    @Test("the places of maxima are not judged: two that differ by a rounding may change places")
    func places() throws {
        func sketch(_ weights: [Double]) -> Sketch {
            var sketch = Sketch([1, 2, 1, 2])
            let value = sketch.convolution("conv", weights)
            let mask = sketch.network.addValue(Value(name: "mask"))
            sketch.add(
                "pool", .pooling(Pooling(method: .max, kernel: [1, 2], stride: [1, 2], pad: [0, 0])), from: [value])
            sketch.network.layers[sketch.network.layers.count - 1].outputs.append(mask)
            sketch.network.outputs.append(mask)
            return sketch
        }
        let input = Tensor([1, 2, 1, 2], [1, 0, 0, 1])
        let verification = try Sketch.verify(sketch([1 + 0x1p-26, 1]), sketch([1, 1 + 0x1p-26]), on: input)
        #expect(verification.isWithin && verification.values.last?.difference.largestAbsolute == 1)
    }

    @Test("a family of nets that concatenate values and their negations: several stages, with sums around them")
    func negatedConcats() throws {
        var random = StepNumbers(seed: 3)
        var net = Sketch([2, 3, 5, 5])
        var channels = 3
        func numbers(_ count: Int) -> [Double] { random.numbers(count) }
        for stage in 1...4 {
            let start = net.last
            net.convolution("conv\(stage)", numbers(4 * channels), outputs: 4)
            net.batchNorm("bn\(stage)", mean: numbers(4), variance: random.numbers(4, 0.5...2))
            let value = net.last
            let negated = net.add("neg\(stage)", .power(Power(scale: -1)))
            net.add("concat\(stage)", .concat(axis: 1), from: [value, negated], top: "pre\(stage)")
            net.scale("scale\(stage)", numbers(8), numbers(8), top: "pre\(stage)")
            net.relu("relu\(stage)", top: "pre\(stage)")
            let branch = net.convolution("out\(stage)", numbers(5 * 8), bias: numbers(5), outputs: 5)
            let shortcut = net.convolution("proj\(stage)", numbers(5 * channels), outputs: 5, from: [start])
            net.add(
                "sum\(stage)", .eltwise(Eltwise(combination: .sum, coefficients: [1, 1])), from: [branch, shortcut])
            channels = 5
        }
        let fold = try PlannedFold(net)
        let complaint = fold.complaint
        #expect(complaint == nil, "\(complaint ?? "")\n\(fold.description)")
        #expect(try fold.verification().sites.count >= 4)
    }
}
