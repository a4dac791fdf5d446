import Folding
import NetGraph
import Testing

@Suite("What passes a Scale with two inputs")
struct ProductPassageTests {
    /// What the second input is for a first one of 2x4x3x3.
    enum Factor: String, CaseIterable, CustomTestStringConvertible, Sendable {
        /// A number for each image and channel, as in squeeze-and-excitation.
        case ofChannels
        /// One for each element.
        case full
        /// A number for each channel, along axis 1 of the first input.
        case vector
        /// A plane, along axes 2 and 3 of the first input.
        case plane

        var testDescription: String { rawValue }

        var shape: [Int] {
            switch self {
            case .ofChannels: [2, 4]
            case .full: [2, 4, 3, 3]
            case .vector: [4]
            case .plane: [3, 3]
            }
        }

        var firstAxis: Int {
            switch self {
            case .ofChannels, .full: 0
            case .vector: 1
            case .plane: 2
            }
        }

        /// The layer; a broadcast from an axis runs over the whole of the second input.
        func operation(beta: ParameterID? = nil) -> Operation {
            .scale(Scale(gamma: nil, beta: beta, axes: .axes(firstAxis..<firstAxis + shape.count)))
        }
    }

    @Test(
        "Factors behind it fold into what computes the first input", arguments: Factor.allCases, PassingAffine.allCases)
    func backwardFirst(factor: Factor, affine: PassingAffine) throws {
        var sketch = NetworkSketch()
        let data = sketch.input("data", [2, 3, 3, 3])
        let gate = sketch.input("gate", factor.shape)
        let product = try sketch.append("op", factor.operation(), sketch.convolution(of: data), gate)
        sketch.finish(affine.add(to: &sketch, reading: product))
        let outcome = try sketch.outcome()
        #expect(outcome.left == PassageRule.factors.left(of: affine, .backward))
        #expect(
            outcome.reasons.filter { $0 != .secondInput }.allSatisfy { $0 == .shiftStopped(layer: "op", type: "Scale") }
        )
    }

    @Test(
        "Factors behind it fold into what computes the second input where that has the channels",
        arguments: PassingAffine.allCases)
    func backwardSecond(affine: PassingAffine) throws {
        var sketch = NetworkSketch()
        let data = sketch.input("data", [2, 4, 3, 3])
        let squeezed = sketch.input("squeezed", [2, 3])
        let gate = try sketch.innerProduct(of: squeezed)
        let product = try sketch.append("op", Factor.ofChannels.operation(), data, gate)
        sketch.finish(affine.add(to: &sketch, reading: product))
        #expect(try sketch.outcome().left == PassageRule.factors.left(of: affine, .backward))
    }

    @Test("Factors behind it do not fold into a second input that has no channels of its own")
    func backwardSecondWithoutChannels() throws {
        var sketch = NetworkSketch()
        let data = sketch.input("data", [2, 4, 2, 2])
        // 2x2 numbers, along images and channels of a value of two channels, would fit; along the plane they are none of channels.
        let gate = try sketch.innerProduct(of: sketch.input("squeezed", [2, 3]), outputs: 2)
        let operation = Operation.scale(Scale(gamma: nil, beta: nil, axes: .axes(2..<4)))
        let product = try sketch.append("op", operation, data, gate)
        sketch.finish(sketch.affine(of: product, [0.5, -2, 0, 3]))
        #expect(try sketch.outcome().left == ["Scale"])
    }

    @Test("Factors of the first input fold forward", arguments: Factor.allCases, PassingAffine.allCases)
    func forwardFirst(factor: Factor, affine: PassingAffine) throws {
        var sketch = NetworkSketch()
        let data = sketch.input("data", [2, 4, 3, 3])
        let gate = sketch.input("gate", factor.shape)
        let product = try sketch.append("op", factor.operation(), affine.add(to: &sketch, reading: data), gate)
        sketch.finish(try sketch.innerProduct(of: product))
        #expect(try sketch.outcome().left == PassageRule.factors.left(of: affine, .forward))
    }

    @Test(
        "Factors of the second input fold forward where it has the channels", arguments: [Factor.ofChannels, .full],
        PassingAffine.allCases)
    func forwardSecond(factor: Factor, affine: PassingAffine) throws {
        var sketch = NetworkSketch()
        let data = sketch.input("data", [2, 4, 3, 3])
        let gate = sketch.input("gate", factor.shape)
        let product = try sketch.append("op", factor.operation(), data, affine.add(to: &sketch, reading: gate))
        sketch.finish(try sketch.innerProduct(of: product))
        #expect(try sketch.outcome().left == PassageRule.factors.left(of: affine, .forward))
    }

    @Test("Factors along axis 1 of a second input that lies along the plane stay")
    func forwardPlane() throws {
        var sketch = NetworkSketch()
        let data = sketch.input("data", [2, 4, 4, 4])
        let gate = sketch.input("gate", [4, 4])
        let operation = Operation.scale(Scale(gamma: nil, beta: nil, axes: .axes(2..<4)))
        let product = try sketch.append("op", operation, data, sketch.affine(of: gate, [0.5, -2, 0, 3]))
        sketch.finish(try sketch.innerProduct(of: product))
        let outcome = try sketch.outcome()
        #expect(outcome.left == ["Scale"])
        #expect(outcome.forwardReasons == [.stopped(layer: "op", type: "Scale")])
    }

    @Test("One factor for all of a second input folds forward wherever that lies")
    func uniformOfSecond() throws {
        var sketch = NetworkSketch()
        let data = sketch.input("data", [2, 4, 3, 3])
        let gate = try sketch.append("affine", .power(Power(scale: -2)), sketch.input("gate", [3, 3]))
        let product = try sketch.append("op", Factor.plane.operation(), data, gate)
        sketch.finish(try sketch.innerProduct(of: product))
        #expect(try sketch.outcome().left == [])
    }

    @Test("Nothing passes one with a bias of its own", arguments: [FoldDirection.backward, .forward])
    func ownBias(direction: FoldDirection) throws {
        var sketch = NetworkSketch()
        let data = sketch.input("data", [2, 4, 3, 3])
        let gate = sketch.input("gate", [2, 4])
        let beta = sketch.parameter("beta", [1, 2, 3, 4, 5, 6, 7, 8], shape: [2, 4])
        let first =
            try direction == .backward ? sketch.convolution(of: data) : sketch.affine(of: data, [0.5, -2, 0, 3])
        let product = try sketch.append("op", Factor.ofChannels.operation(beta: beta), first, gate)
        sketch.finish(
            try direction == .backward
                ? sketch.affine(of: product, [0.5, -2, 0, 3]) : sketch.convolution(of: product))
        let outcome = try sketch.outcome()
        #expect(outcome.left == ["Scale"])
        #expect(outcome.reasons(direction).contains(.stopped(layer: "op", type: "Scale")))
    }

    @Test("A Scale with two inputs itself stays, and that is told")
    func itself() throws {
        var sketch = NetworkSketch()
        let data = sketch.input("data", [2, 3, 3, 3])
        let gate = sketch.input("gate", [2, 4])
        sketch.finish(try sketch.append("op", Factor.ofChannels.operation(), sketch.convolution(of: data), gate))
        let outcome = try sketch.outcome()
        #expect(outcome.reasons == [.secondInput])
        #expect(outcome.result.plan.isEmpty)
    }
}
