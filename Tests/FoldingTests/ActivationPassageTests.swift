import Folding
import NetGraph
import TestSupport
import Testing

@Suite("What passes an activation, or another function of elements")
struct ActivationPassageTests {
    @Test(
        "Factors fold back through an activation that is straight on both sides of 0", arguments: cases,
        PassingAffine.allCases)
    func backward(activation: PassageCase, affine: PassingAffine) throws {
        try activation.expectExactFold(affine, .backward)
    }

    @Test(
        "Factors fold forward through an activation that is straight on both sides of 0", arguments: cases,
        PassingAffine.allCases)
    func forward(activation: PassageCase, affine: PassingAffine) throws {
        try activation.expectExactFold(affine, .forward)
    }

    private static let cases = [
        PassageCase("ReLU", .positiveFactors, .activation(.relu(negativeSlope: 0))),
        PassageCase("leaky ReLU", .positiveFactors, .activation(.relu(negativeSlope: 0.125))),
        PassageCase("leaky ReLU with a slope above 1", .positiveFactors, .activation(.relu(negativeSlope: 2))),
        PassageCase("leaky ReLU with a slope below 0", .positiveFactors, .activation(.relu(negativeSlope: -0.5))),
        PassageCase("ReLU with the slope 1, which is none", .everything, .activation(.relu(negativeSlope: 1))),
        PassageCase("PReLU with a slope for each channel", .positiveFactors) { sketch, value in
            let slope = sketch.parameter("slope", [0.25, -0.5, 2, 1])
            return try sketch.append("op", .activation(.prelu(slope: slope)), value)
        },
        PassageCase("PReLU with one slope", .positiveFactors) { sketch, value in
            let slope = sketch.parameter("slope", [-0.5], shape: [])
            return try sketch.append("op", .activation(.prelu(slope: slope)), value)
        },
        PassageCase("AbsVal", .positiveFactors, forward: .factors, .activation(.absolute)),
    ]

    @Test(
        "A BatchNorm folds through no layer that bends, mixes or normalises", arguments: stoppers,
        [FoldDirection.backward, .forward])
    func batchNormAtObstacles(obstacle: PassageCase, direction: FoldDirection) throws {
        try obstacle.expectExactFold(.batchNorm, direction)
    }

    @Test(
        "Factors fold through no layer that bends, mixes or normalises", arguments: stoppers,
        [FoldDirection.backward, .forward])
    func factorsAtObstacles(obstacle: PassageCase, direction: FoldDirection) throws {
        try obstacle.expectExactFold(.factors, direction)
    }

    private static let stoppers =
        [
            Operation.activation(.relu6), .activation(.elu(alpha: 1)), .activation(.sigmoid), .activation(.tanh),
            .activation(.bnll), .activation(.exponential(base: 2, scale: 1, shift: 0)),
            .activation(.clip(minimum: -1, maximum: 1)), .activation(.swish(beta: 1)), .activation(.threshold(0.5)),
            .power(Power(power: 2)), .softmax(axis: 1), .localResponse(LocalResponse(region: .acrossChannels)),
            .localResponse(LocalResponse(region: .withinChannel)), .meanVariance(MeanVariance()),
            .reorg(Reorg(stride: 1)),
        ].map { operation in
            PassageCase(operation.kindName, .nothing, reason: "stopped", operation)
        }
}
