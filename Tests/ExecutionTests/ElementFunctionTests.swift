import Execution
import Foundation
import NetGraph
import Testing

/// Numbers of NumPy and SciPy.
@Suite("Functions of each element")
struct ElementFunctionTests {
    static let points: [Double] = [-3.5, -1, -0.5, 0, 0.25, 1, 2.5, 7]

    // swift-format-ignore
    static let cases: [(ElementFunction, [Double])] = [
        (.rectifier(negativeSlope: 0, maximum: 6, threshold: 0), [0, 0, 0, 0, 0.25, 1, 2.5, 6]),
        (.rectifier(negativeSlope: 0.5, maximum: nil, threshold: 1), [-2.25, -1, -0.75, -0.5, -0.375, 0, 2.5, 7]),
        (.rectifier(negativeSlope: 0.25, maximum: 2, threshold: -1), [-0.625, 0, 0, 0, 0.25, 1, 2, 2]),
        (.rectifier(negativeSlope: 0, maximum: nil, threshold: -1), [0, 0, -0.5, 0, 0.25, 1, 2.5, 7]),
        (.rectifier(negativeSlope: 0.5, maximum: nil, threshold: 0), [-1.75, -0.5, -0.25, 0, 0.25, 1, 2.5, 7]),
        (.thresholded(threshold: 1, otherwise: -2), [-2, -2, -2, -2, -2, -2, 2.5, 7]),
        (.celu(alpha: 2), [-1.6524521131, -0.786938680575, -0.442398433857, 0, 0.25, 1, 2.5, 7]),
        (.softplus, [0.0297504182726, 0.313261687518, 0.47407698418, 0.69314718056, 0.825939419879, 1.31326168752,
            2.57888973429, 7.00091146645]),
        (.softsign, [-0.777777777778, -0.5, -0.333333333333, 0, 0.2, 0.5, 0.714285714286, 0.875]),
        (.logSigmoid, [-3.52975041827, -1.31326168752, -0.97407698418, -0.69314718056, -0.575939419879,
            -0.313261687518, -0.0788897342925, -0.000911466453774]),
        (.hardSigmoid(slope: 0.2, offset: 0.5), [0, 0.3, 0.4, 0.5, 0.55, 0.7, 1, 1]),
        (.hardSigmoid(slope: 1.0 / 6, offset: 0.5), [0, 1.0 / 3, 2.5 / 6, 0.5, 3.25 / 6, 4.0 / 6, 5.5 / 6, 1]),
        (.hardSwish, [0, -0.333333333333, -0.208333333333, 0, 0.135416666667, 0.666666666667, 2.29166666667, 7]),
        (.gelu, [-0.000814201776624, -0.158655253931, -0.154268769363, 0, 0.149676581421, 0.841344746069,
            2.48447583669, 6.99999999999]),
        (.geluByTanh, [-0.000616197655374, -0.158808009392, -0.154285990175, 0, 0.149675350702, 0.841191990608,
            2.48491573391, 7]),
        (.mish, [-0.104095754486, -0.303401461374, -0.220743774652, 0, 0.169572409664, 0.865098388267,
            2.47139230456, 6.99998837981]),
        (.shrink(threshold: 0.5, bias: 0.5), [-3, -0.5, 0, 0, 0, 0.5, 2, 6.5]),
        (.shrink(threshold: 0.75, bias: 0), [-3.5, -1, 0, 0, 0, 1, 2.5, 7]),
        (.tanhShrink, [-2.50182210239, -0.238405844044, -0.03788284274, 0, 0.00508133759629, 0.238405844044,
            1.51338570185, 6.00000166306]),
        (.squareplus(b: 4), [0.265564437075, 0.61803398875, 0.780776406404, 1, 1.13278221854, 1.61803398875,
            2.85078105936, 7.14005494464]),
        (.sparsePlus, [0, 0, 0.0625, 0.25, 0.390625, 1, 2.5, 7]),
        (.erf, [-0.999999256902, -0.84270079295, -0.520499877813, 0, 0.276326390168, 0.84270079295,
            0.999593047983, 1]),
        (.floor, [-4, -1, -1, 0, 0, 1, 2, 7]),
        (.ceiling, [-3, -1, 0, 0, 1, 1, 3, 7]),
        (.round, [-4, -1, 0, 0, 0, 1, 2, 7]),
        (.sign, [-1, -1, -1, 0, 1, 1, 1, 1]),
        (.sine, [0.35078322769, -0.841470984808, -0.479425538604, 0, 0.247403959255, 0.841470984808,
            0.598472144104, 0.656986598719]),
        (.cosine, [-0.936456687291, 0.540302305868, 0.87758256189, 1, 0.968912421711, 0.540302305868,
            -0.801143615547, 0.753902254343]),
        (.tangent, [-0.3745856401585947, -1.5574077246549023, -0.5463024898437905, 0.0, 0.25534192122103627, 1.5574077246549023, -0.7470222972386603, 0.8714479827243188]),
        (.hyperbolicSine, [-16.542627287634996, -1.1752011936438014, -0.5210953054937474, 0.0, 0.2526123168081683, 1.1752011936438014, 6.0502044810397875, 548.3161232732465]),
        (.hyperbolicCosine, [16.572824671057315, 1.5430806348152437, 1.1276259652063807, 1.0, 1.0314130998795732, 1.5430806348152437, 6.132289479663686, 548.317035155212]),
        (.arcTangent, [-1.2924966677897853, -0.7853981633974483, -0.4636476090008061, 0.0, 0.24497866312686414, 0.7853981633974483, 1.1902899496825317, 1.4288992721907328]),
        (.exponentialLessOne, [-0.9698026165776815, -0.6321205588285577, -0.3934693402873666, 0.0, 0.2840254166877415, 1.718281828459045, 11.182493960703473, 1095.6331584284585]),
        (.truncation, [-3.0, -1.0, 0.0, 0.0, 0.0, 1.0, 2.0, 7.0]),
    ]

    @Test("have the numbers of their formulas", arguments: cases)
    func numbers(function: ElementFunction, expected: [Double]) throws {
        let layer = OneLayer(operation: .activation(.function(function)))
        let input = Tensor<Double>([8], Self.points)
        let largest = max(expected.map(abs).max() ?? 0, 1)
        #expect(Tensor<Double>([8], expected).distance(to: try layer.run(input)) < 1e-10 * largest)
        #expect(Tensor<Double>([8], expected).distance(to: try layer.run(input.floats)) < 1e-6 * largest)
    }

    @Test("Of positive numbers: roots and reciprocals")
    func roots() throws {
        func run(_ function: ElementFunction) throws -> [Double] {
            try OneLayer(operation: .activation(.function(function))).run(Tensor<Double>([2], [4, 0.25])).elements
        }
        #expect(try run(.squareRoot) == [2, 0.5])
        #expect(try run(.reciprocal) == [0.25, 4])
        #expect(try run(.reciprocalSquareRoot) == [0.5, 2])
    }

    @Test("are nowhere steeper than their table says, and those that are said to let factors pass do", arguments: cases)
    func table(function: ElementFunction, expected: [Double]) {
        let definition = function.definition
        for step in -4000..<4000 {
            let x = Double(step) / 400
            let (low, high) = (definition.formula(x), definition.formula(x + 1.0 / 400))
            if case .atMost(let slope) = definition.steepness { #expect(abs(high - low) * 400 <= slope + 1e-9) }
            if definition.isHomogeneous { #expect(abs(definition.formula(2.5 * x) - 2.5 * low) < 1e-12) }
        }
    }

    @Test("keep what is not a number", arguments: cases.map(\.0))
    func notANumber(function: ElementFunction) {
        #expect(function.definition.formula(.nan).isNaN)
    }

    @Test("overflow nowhere where the result does not")
    func largeNumbers() {
        #expect(ElementFunction.softplus.definition.formula(1000) == 1000)
        #expect(ElementFunction.softplus.definition.formula(-1000) == 0)
        #expect(ElementFunction.logSigmoid.definition.formula(-1000) == -1000)
        #expect(ElementFunction.mish.definition.formula(1000) == 1000)
        #expect(ElementFunction.gelu.definition.formula(-40) == 0)
    }

    @Test("A PReLU has a slope for each place, in the order of its parameter's axes")
    func slopesOfPlaces() throws {
        // (height, width, channels) of Keras, the width shared.
        let layer = OneLayer(
            operation: .activation(.prelu(slope: ParameterID(0), axes: [2, 3, 1])),
            parameters: [Tensor([2, 1, 3], [1, 2, 3, 4, 5, 6])])
        let output = try layer.run(Tensor<Double>([1, 3, 2, 2], [Double](repeating: -1, count: 12)))
        #expect(output.elements == [-1, -1, -4, -4, -2, -2, -5, -5, -3, -3, -6, -6])
    }

    @Test("A PReLU whose slopes do not fit is an error")
    func wrongSlopes() {
        let layer = OneLayer(
            operation: .activation(.prelu(slope: ParameterID(0), axes: [2, 3, 1])),
            parameters: [Tensor([2, 2, 3], [Double](repeating: 1, count: 12))])
        #expect(throws: ExecutionError.self) { try layer.run(Tensor<Double>(counting: [1, 3, 4, 2])) }
    }
}
