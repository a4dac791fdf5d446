import Execution
import Foundation
import NetGraph
import Testing

/// Each function of one element against its formula.
struct ActivationTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var activation: Activation
        var formula: @Sendable (Double) -> Double
        var testDescription: String { Operation.activation(activation).kindName }
    }

    static let cases = [
        Case(activation: .relu(negativeSlope: 0)) { max($0, 0) },
        Case(activation: .relu(negativeSlope: 0.25)) { $0 > 0 ? $0 : $0 / 4 },
        Case(activation: .relu6) { min(max($0, 0), 6) },
        Case(activation: .elu(alpha: 0.5)) { $0 > 0 ? $0 : 0.5 * (exp($0) - 1) },
        Case(activation: .sigmoid) { 1 / (1 + exp(-$0)) },
        Case(activation: .tanh) { tanh($0) },
        Case(activation: .absolute) { abs($0) },
        Case(activation: .bnll) { log(1 + exp($0)) },
        Case(activation: .exponential(base: nil, scale: 2, shift: 1)) { exp(1 + 2 * $0) },
        Case(activation: .exponential(base: 3, scale: 0.5, shift: -1)) { pow(3, -1 + 0.5 * $0) },
        Case(activation: .logarithm(base: nil, scale: 2, shift: 30)) { log(2 * $0 + 30) },
        Case(activation: .logarithm(base: 10, scale: 1, shift: 20)) { log10($0 + 20) },
        Case(activation: .clip(minimum: -1, maximum: 2)) { min(max($0, -1), 2) },
        Case(activation: .swish(beta: 1.5)) { $0 / (1 + exp(-1.5 * $0)) },
        Case(activation: .threshold(0.5)) { $0 > 0.5 ? 1 : 0 },
    ]

    @Test("every element goes through the formula", arguments: cases)
    func formula(_ test: Case) throws {
        let input = Tensor<Double>([2, 11], (0..<22).map { Double($0) - 10.5 })
        let expected = Tensor<Double>([2, 11], input.elements.map(test.formula))
        let layer = OneLayer(operation: .activation(test.activation))
        let scale = expected.elements.reduce(1) { max($0, abs($1)) }
        #expect(expected.distance(to: try layer.run(input)) < doubleNoise * scale)
        #expect(expected.distance(to: try layer.run(input.floats)) < floatNoise * scale)
    }

    @Test("a ReLU keeps NaN and makes one of minus infinity, as Caffe does")
    func notANumber() throws {
        let output = try OneLayer(operation: .activation(.relu(negativeSlope: 0)))
            .run(Tensor<Double>([3], [.nan, -.infinity, .infinity]))
        #expect(output.elements[0].isNaN && output.elements[1].isNaN && output.elements[2] == .infinity)
    }

    @Test("a PReLU has a slope for each channel")
    func slopes() throws {
        let layer = OneLayer(
            operation: .activation(.prelu(slope: ParameterID(0))), parameters: [Tensor([2], [0.5, 0.25])])
        #expect(try layer.run(Tensor<Double>([1, 2, 2], [-1, 1, -1, 1])).elements == [-0.5, 1, -0.25, 1])
    }

    @Test("a PReLU may share one slope", arguments: [[], [1]])
    func sharedSlope(shape: [Int]) throws {
        let layer = OneLayer(
            operation: .activation(.prelu(slope: ParameterID(0))), parameters: [Tensor(shape, [0.5])])
        #expect(try layer.run(Tensor<Double>([1, 2, 2], [-1, 1, -2, 1])).elements == [-0.5, 1, -1, 1])
    }

    @Test("slopes for another number of channels are an error")
    func wrongSlopes() throws {
        let layer = OneLayer(
            operation: .activation(.prelu(slope: ParameterID(0))), parameters: [Tensor([3], [1, 1, 1])])
        #expect(throws: ExecutionError.self) { try layer.run(Tensor<Double>(counting: [1, 2, 2])) }
    }

    @Test("a power of a scaled and shifted element", arguments: [0, 0.5, 1, 2, 3])
    func power(exponent: Double) throws {
        let layer = OneLayer(operation: .power(Power(power: exponent, scale: 2, shift: 9)))
        let input = Tensor<Double>(noise: [3, 4])
        let expected = Tensor<Double>([3, 4], input.elements.map { pow(9 + 2 * $0, exponent) })
        #expect(expected.distance(to: try layer.run(input)) < 1000 * doubleNoise)
    }

    @Test("a power does not look at its input where that does not matter")
    func constantPower() throws {
        let layer = OneLayer(operation: .power(Power(power: 2, scale: 0, shift: 3)))
        #expect(try layer.run(Tensor<Double>([2], [.nan, .infinity])).elements == [9, 9])
    }
}
