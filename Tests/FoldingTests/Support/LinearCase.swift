import NetGraph
import Testing

/// A linear layer with four output channels, and the shape of its input.
enum LinearCase: String, CaseIterable, CustomTestStringConvertible, Sendable {
    case convolution1d, convolution2d, convolution3d, withoutBias, grouped, depthwise, dilatedStridedPadded
    case deconvolution, deconvolutionOf2Groups, deconvolutionOf4Groups, deconvolutionWithoutBias
    case innerProduct, innerProductTransposed, innerProductWithoutBias

    static let channels = 4

    var testDescription: String { rawValue }

    /// Two samples each.
    var inputShape: [Int] {
        switch self {
        case .convolution1d: [2, 3, 7]
        case .convolution3d: [2, 2, 3, 4, 3]
        case .grouped, .depthwise, .deconvolutionOf4Groups: [2, 4, 4, 3]
        case .deconvolutionOf2Groups: [2, 6, 3, 2]
        case .dilatedStridedPadded: [2, 3, 9, 8]
        case .innerProduct, .innerProductTransposed, .innerProductWithoutBias: [2, 3, 2, 2]
        default: [2, 3, 5, 4]
        }
    }

    /// Adds the layer, named `linear`, with seeded numbers.
    func add(to sketch: inout NetworkSketch, reading value: ValueID) -> ValueID {
        switch self {
        case .convolution1d: addConvolution(to: &sketch, value, kernel: [3])
        case .convolution2d: addConvolution(to: &sketch, value, kernel: [3, 2])
        case .convolution3d: addConvolution(to: &sketch, value, kernel: [2, 2, 3])
        case .withoutBias: addConvolution(to: &sketch, value, kernel: [3, 2], hasBias: false)
        case .grouped: addConvolution(to: &sketch, value, kernel: [2, 2], groups: 2)
        case .depthwise: addConvolution(to: &sketch, value, kernel: [2, 2], groups: 4)
        case .dilatedStridedPadded:
            addConvolution(to: &sketch, value, kernel: [3, 2], stride: [2, 1], pad: [1, 2], dilation: [2, 3])
        case .deconvolution: addDeconvolution(to: &sketch, value)
        case .deconvolutionOf2Groups: addDeconvolution(to: &sketch, value, groups: 2)
        case .deconvolutionOf4Groups: addDeconvolution(to: &sketch, value, groups: 4)
        case .deconvolutionWithoutBias: addDeconvolution(to: &sketch, value, hasBias: false)
        case .innerProduct: addInnerProduct(to: &sketch, value)
        case .innerProductTransposed: addInnerProduct(to: &sketch, value, transposed: true)
        case .innerProductWithoutBias: addInnerProduct(to: &sketch, value, hasBias: false)
        }
    }

    private func addConvolution(
        to sketch: inout NetworkSketch, _ value: ValueID, kernel: [Int], groups: Int = 1, hasBias: Bool = true,
        stride: [Int]? = nil, pad: [Int]? = nil, dilation: [Int]? = nil
    ) -> ValueID {
        let convolution = Convolution(
            weight: weight([Self.channels, inputShape[1] / groups] + kernel, in: &sketch),
            bias: bias(hasBias, in: &sketch), outputChannels: Self.channels, groups: groups, kernel: kernel,
            stride: stride, padBefore: pad, dilation: dilation)
        return sketch.add("linear", .convolution(convolution), [value])
    }

    private func addDeconvolution(
        to sketch: inout NetworkSketch, _ value: ValueID, groups: Int = 1, hasBias: Bool = true
    ) -> ValueID {
        let deconvolution = Convolution(
            weight: weight([inputShape[1], Self.channels / groups, 3, 2], in: &sketch),
            bias: bias(hasBias, in: &sketch), outputChannels: Self.channels, groups: groups, kernel: [3, 2],
            stride: [2, 1], padBefore: [1, 0])
        return sketch.add("linear", .deconvolution(deconvolution), [value])
    }

    private func addInnerProduct(
        to sketch: inout NetworkSketch, _ value: ValueID, transposed: Bool = false, hasBias: Bool = true
    ) -> ValueID {
        let length = inputShape[1...].reduce(1, *)
        let product = InnerProduct(
            weight: weight(transposed ? [length, Self.channels] : [Self.channels, length], in: &sketch),
            bias: bias(hasBias, in: &sketch), outputCount: Self.channels, transposed: transposed)
        return sketch.add("linear", .innerProduct(product), [value])
    }

    private func weight(_ shape: [Int], in sketch: inout NetworkSketch) -> ParameterID {
        sketch.parameter("linear weight", sketch.random.numbers(shape.reduce(1, *)), shape: shape)
    }

    private func bias(_ hasBias: Bool, in sketch: inout NetworkSketch) -> ParameterID? {
        hasBias ? sketch.parameter("linear bias", sketch.random.numbers(Self.channels, in: 0.5...2)) : nil
    }
}
