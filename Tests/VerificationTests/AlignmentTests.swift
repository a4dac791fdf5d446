import NetGraph
import Testing

@testable import Verification

/// Which values of two networks are held against each other, and what counts as a fold.
@Suite("Alignment of two networks")
struct AlignmentTests {
    private static let input = Tensor([1, 1, 1, 1], [3])

    /// data, conv, bn, relu, all of the last in place, next.
    private static func chain() -> Sketch {
        var sketch = Sketch()
        sketch.convolution("conv", [2])
        sketch.batchNorm("bn", mean: [1], variance: [4], top: "conv")
        sketch.relu("relu", top: "conv")
        sketch.convolution("next", [3])
        return sketch
    }

    /// What folding makes of the chain: 2 / sqrt(4) = 1, -1 / sqrt(4) = -0.5.
    private static func foldedChain(weight: Double = 1) -> Sketch {
        var sketch = Sketch()
        sketch.convolution("conv", [weight], bias: [-0.5])
        sketch.relu("relu", top: "conv")
        sketch.convolution("next", [3])
        return sketch
    }

    @Test("a network and itself differ nowhere")
    func same() throws {
        let verification = try Sketch.verify(Self.chain(), Self.chain(), on: Self.input, tolerance: 0)
        #expect(verification.isWithin && verification.sites.isEmpty)
        #expect(verification.values.map(\.name) == ["data", "conv", "conv", "conv", "next"])
    }

    @Test("a convolution is held against what its reader in place read, not against the blob of its name")
    func inPlace() throws {
        let verification = try Sketch.verify(Self.chain(), Self.foldedChain(), on: Self.input)
        #expect(verification.isWithin)
        #expect(verification.sites.map(\.changed) == [["conv"]] && verification.sites.map(\.removed) == [["bn"]])
        #expect(verification.values.map(\.name) == ["data", "conv", "conv", "next"])
        #expect(verification.sites.first?.difference.magnitude == 2.5)
    }

    @Test("and is found wrong where it is, not behind it")
    func inPlaceWrong() throws {
        let verification = try Sketch.verify(Self.chain(), Self.foldedChain(weight: 1.5), on: Self.input)
        #expect(verification.firstValueBeyond?.layer == "conv")
        #expect(verification.firstSiteBeyond?.changed == ["conv"])
        #expect(verification.sites.filter(\.isBeyond).count == 1)
    }

    @Test("what the last layer of a chain computes is held against the last blob of the name")
    func inPlaceAtTheEnd() throws {
        var original = Sketch()
        original.convolution("conv", [2])
        original.batchNorm("bn", mean: [1], variance: [4], top: "conv")
        var folded = Sketch()
        folded.convolution("conv", [1], bias: [-0.5])
        let verification = try Sketch.verify(original, folded, on: Self.input)
        #expect(verification.isWithin && verification.values.map(\.name) == ["data", "conv"])
    }

    @Test("a value that several layers read in different versions is held against each of them")
    func severalReaders() throws {
        // The shortcut reads the convolution, the activation what the BatchNorm made of it.
        func sketch(folds: Bool) -> Sketch {
            var sketch = Sketch()
            let conv = sketch.convolution("conv", folds ? [1] : [2], bias: folds ? [-0.5] : nil)
            if !folds { sketch.batchNorm("bn", mean: [1], variance: [4]) }
            let relu = sketch.relu("relu")
            sketch.add(
                "sum", .eltwise(Eltwise(combination: .sum, coefficients: [1, 1])), from: [conv, relu])
            return sketch
        }
        let verification = try Sketch.verify(sketch(folds: false), sketch(folds: true), on: Self.input)
        #expect(!verification.isWithin)
        #expect(verification.firstValueBeyond?.name == "conv")
        #expect(verification.values.filter { $0.isBeyond(1e-5) }.map(\.name) == ["conv", "sum"])
        #expect(verification.values.contains { $0.name == "bn" && !$0.isBeyond(1e-5) })
    }

    @Test("outputs under other names are held against each other in their order")
    func renamedOutputs() throws {
        func sketch(_ names: [String], second: Double = 5) -> Sketch {
            var sketch = Sketch()
            let first = sketch.convolution("first", [2], from: [ValueID(0)], top: names[0])
            let other = sketch.convolution("second", [second], from: [ValueID(0)], top: names[1])
            sketch.network.outputs = [first, other]
            return sketch
        }
        #expect(try Sketch.verify(sketch(["a", "b"]), sketch(["x", "y"]), on: Self.input).isWithin)
        let wrong = try Sketch.verify(sketch(["a", "b"]), sketch(["x", "y"], second: 5.1), on: Self.input)
        #expect(wrong.firstValueBeyond?.name == "b" && wrong.firstSiteBeyond?.changed == ["second"])
    }

    @Test("an output without a counterpart is missing, and that is no agreement")
    func missingOutput() throws {
        var original = Self.chain()
        original.network.outputs = [original.last, original.relu("extra")]
        let verification = try Sketch.verify(original, Self.chain(), on: Self.input)
        #expect(verification.missingOutputs == ["extra"] && !verification.isWithin)
        #expect(verification.firstValueBeyond == nil)
    }

    @Test("a layer that only the folded network has is part of the place where they differ")
    func insertedLayer() throws {
        var original = Sketch()
        original.batchNorm("bn", mean: [1], variance: [4])
        original.relu("relu")
        var folded = Sketch()
        folded.scale("inserted", [0.5], [-0.5], top: "bn")
        folded.relu("relu")
        let verification = try Sketch.verify(original, folded, on: Self.input)
        #expect(verification.isWithin)
        #expect(verification.sites.map(\.changed) == [["inserted"]] && verification.sites.map(\.removed) == [["bn"]])
    }

    @Test("a layer that went without a trace is a place where they differ", arguments: [2.0, 1.0])
    func removedLayer(factor: Double) throws {
        func sketch(_ hasScale: Bool) -> Sketch {
            var sketch = Sketch()
            sketch.convolution("conv", [2])
            if hasScale { sketch.scale("scale", [factor]) }
            sketch.relu("relu")
            return sketch
        }
        let verification = try Sketch.verify(sketch(true), sketch(false), on: Self.input)
        #expect(verification.sites.map(\.removed) == [["scale"]])
        #expect(verification.isWithin == (factor == 1))
    }

    @Test("of layers with one name, the first is held against the first and the second against the second")
    func repeatedNames() throws {
        func sketch(_ weights: [Double]) -> Sketch {
            var sketch = Sketch()
            for weight in weights { sketch.convolution("conv", [weight], top: "blob \(weight > 4 ? 1 : 0)") }
            return sketch
        }
        #expect(try Sketch.verify(sketch([2, 5]), sketch([2, 5]), on: Self.input).sites.isEmpty)
        let swapped = try Sketch.verify(sketch([2, 5]), sketch([2.5, 4.5]), on: Self.input)
        #expect(swapped.sites.count == 2 && swapped.sites.allSatisfy(\.isBeyond))
        #expect(swapped.sites.allSatisfy { $0.changed == ["conv"] })
    }

    @Test("a field that changed makes a place where they differ, also without numbers")
    func changedField() throws {
        var folded = Sketch()
        folded.convolution("conv", [2])
        folded.batchNorm("bn", mean: [1], variance: [4], top: "conv")
        folded.add("relu", .activation(.relu(negativeSlope: 0.1)), top: "conv")
        folded.convolution("next", [3])
        let negative = try Sketch.verify(Self.chain(), folded, on: Tensor([1, 1, 1, 1], [-3]))
        #expect(negative.sites.map(\.changed) == [["relu"]] && !negative.isWithin)
        // What no sample shows is told all the same, as a place that is right on all of them.
        let positive = try Sketch.verify(Self.chain(), folded, on: Self.input)
        #expect(positive.sites.map(\.changed) == [["relu"]] && positive.isWithin)
    }

    @Test("inputs whose normalisation was deleted: the layer that reads them is the place, and both are named")
    func inputsWithoutNormalisation() throws {
        func sketch(_ hasNormalisation: Bool) -> Sketch {
            var sketch = Sketch()
            var values = [ValueID(0), sketch.input("other", [1, 1, 1, 1])]
            if hasNormalisation {
                values = [
                    sketch.batchNorm("bn1", mean: [0], variance: [1], from: [values[0]]),
                    sketch.batchNorm("bn2", mean: [1], variance: [1], from: [values[1]]),
                ]
            }
            sketch.add("sum", .eltwise(Eltwise(combination: .sum, coefficients: [1, 1])), from: values)
            return sketch
        }
        let verification = try Sketch.verify(
            sketch(true), sketch(false), on: ["data": Self.input, "other": Self.input])
        #expect(verification.sites.map(\.removed) == [["bn1", "bn2"]])
        #expect(verification.sites.map(\.isBeyond) == [true])
    }
}
