import Execution
import NetGraph
import Testing

/// Numbers of NumPy.
@Suite("Normalisation by what the input holds")
struct StandardizationTests {
    private func run(
        _ operation: NetGraph.Operation, _ input: Tensor<Double>, _ parameters: [Tensor<Double>] = [],
        expecting elements: [Double], shape: [Int]? = nil, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let layer = OneLayer(operation: operation, parameters: parameters)
        let expected = Tensor(shape ?? input.shape, elements)
        #expect(expected.distance(to: try layer.run(input)) < 1e-8, sourceLocation: sourceLocation)
        #expect(expected.distance(to: try layer.run(input.floats)) < 1e-4, sourceLocation: sourceLocation)
    }

    private static let three = Tensor<Double>([2, 3, 2], [1, 4, 2, 8, 5, 7, -3, 0, 2, 6, 1, 1])
    private static let four = Tensor<Double>([1, 4, 2], [1, 4, 2, 8, 5, 7, -3, 0])
    private let scale = ParameterID(0)
    private let shift = ParameterID(1)

    @Test("of the channels at each place, with a scale and a shift for each channel")
    func layer() throws {
        try run(
            .standardization(
                Standardization(.axes([1]), scale: scale, shift: shift, parameterAxes: [1], epsilon: 0.1)), Self.three,
            [Tensor([3], [1, 2, 0.5]), Tensor([3], [0, 1, -1])],
            expecting: [
                -0.9640373591, -1.349652303, 0.2287701127, 2.928074718, -0.3251738486, -0.8071925282, -1.374085837,
                -0.8826178723, 2.83211445, 3.773941884, -0.7709856938, -1.252176535,
            ])
    }

    @Test("of all that follows the images, with a scale whose axes come in another order")
    func severalAxes() throws {
        try run(
            .standardization(Standardization(.axes([-1, 1]), scale: scale, parameterAxes: [2, 1], epsilon: 0.1)),
            Self.three, [Tensor([2, 3], [1, 2, 3, 4, 5, 6])],
            expecting: [
                -1.388932633, -0.7936757901, -1.984189475, 6.944663164, 0.5952568426, 5.952568426, -1.54864831,
                -1.734486107, 0.6194593241, 8.982160199, -0.1858377972, -0.3716755944,
            ])
    }

    @Test("of groups of channels, with a scale for each channel or for each group")
    func groups() throws {
        try run(
            .standardization(Standardization(.groups(2), scale: scale, shift: shift, epsilon: 0.5)), Self.four,
            [Tensor([4], [1, 2, 3, 4]), Tensor([4], [0, 1, 2, 3])],
            expecting: [
                -0.9918365981, 0.09016696347, -0.2623374885, 4.065676758, 4.050520228, 5.541807666, -2.219506034,
                0.7630688424,
            ])
        try run(
            .standardization(Standardization(.groups(2), scale: scale, epsilon: 0.5)), Self.four,
            [Tensor([2], [2, 3])],
            expecting: [
                -1.983673196, 0.1803339269, -1.262337489, 3.065676758, 2.050520228, 3.541807666, -3.914629526,
                -1.677698368,
            ])
    }

    @Test("of each channel")
    func instance() throws {
        try run(
            .standardization(Standardization(.eachChannel, epsilon: 0.5)), Self.four,
            expecting: [
                -0.9045340337, 0.9045340337, -0.9733285268, 0.9733285268, -0.8164965809, 0.8164965809, -0.9045340337,
                0.9045340337,
            ])
    }

    @Test("by the root of the mean square, or by the deviation alone")
    func withoutMean() throws {
        try run(
            .standardization(
                Standardization(.axes([1]), epsilon: 0.5, subtractsMean: false, deviation: .zero)), Self.four,
            expecting: [
                0.3123475238, 0.6989632453, 0.6246950476, 1.397926491, 1.561737619, 1.223185679, -0.9370425713, 0,
            ])
        try run(
            .standardization(Standardization(.axes([1]), epsilon: 0.5, subtractsMean: false)), Self.four,
            expecting: [0.3392755719, 1.25321672, 0.6785511437, 2.50643344, 1.696377859, 2.19312926, -1.017826716, 0])
    }

    @Test("by the norm, and 0 stays 0")
    func norms() throws {
        try run(
            .normDivision(NormDivision(axes: [1], least: 1e-6)), Self.four,
            expecting: [
                0.1601281538, 0.3521803625, 0.3202563076, 0.7043607251, 0.800640769, 0.6163156344, -0.4803844614, 0,
            ])
        try run(
            .normDivision(NormDivision(order: 1, axes: [2])), Self.four,
            expecting: [0.2, 0.8, 0.2, 0.8, 0.4166666667, 0.5833333333, -1, 0])
        try run(
            .normDivision(NormDivision(order: .infinity, axes: [1, 2])), Self.four,
            expecting: [0.125, 0.5, 0.25, 1, 0.625, 0.875, -0.375, 0])
        try run(.normDivision(NormDivision(axes: [0])), Tensor([1, 2], [0, 0]), expecting: [0, 0])
    }

    @Test("The logarithm of a softmax, and halves that gate each other")
    func others() throws {
        try run(
            .logSoftmax(axis: 1), Self.four,
            expecting: [
                -4.066197928, -4.326804614, -3.066197928, -0.3268046145, -0.06619792783, -1.326804614, -8.066197928,
                -8.326804614,
            ])
        try run(
            .gatedHalves(axis: 1), Self.four, expecting: [0.9933071491, 3.996355795, 0.09485174636, 4],
            shape: [1, 2, 2])
        try run(
            .gatedHalves(axis: -1), Tensor([2, 2], [1, 0, 6, 0]), expecting: [0.5, 3], shape: [2, 1])
    }

    @Test("Groups that do not divide the channels, and parameters that do not fit, are errors")
    func errors() {
        for (operation, parameters) in [
            (Standardization(.groups(3), epsilon: 1), []),
            (Standardization(.axes([1]), scale: scale, parameterAxes: [1], epsilon: 1), [Tensor([3], [1, 1, 1])]),
            (
                Standardization(.axes([1]), scale: scale, parameterAxes: [1, 2], epsilon: 1),
                [Tensor([4], [1, 1, 1, 1])]
            ),
            (Standardization(.axes([3]), epsilon: 1), []),
        ] {
            let layer = OneLayer(operation: .standardization(operation), parameters: parameters)
            #expect(throws: ExecutionError.self) { try layer.run(Self.four) }
        }
    }
}
