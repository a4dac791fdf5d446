import NetGraph

/// A layer that computes a weighted sum and can take affines into its weight and bias: what folding needs to know of it.
struct LinearLayer {
    var weight: ParameterID
    var bias: ParameterID?
    var outputChannels: Int
    /// The axis of the output that its channels run along; for an inner product also the first axis of the input that it sums over.
    var channelAxis: Int
    /// Whether a pixel of zeros lies around the input.
    var isPadded = false
    private(set) var kind = Kind.convolution
    private(set) var mayHaveBias = true

    enum Kind: Hashable {
        case convolution, deconvolution, innerProduct
        /// A table of vectors, one of which it puts out: it takes factors and shifts alike into its rows, and its inputs are no numbers to be scaled.
        case table
    }

    private let operation: Operation

    /// `nil` for an operation that is not linear.
    init?(_ operation: Operation) {
        self.operation = operation
        switch operation {
        case .convolution(let convolution), .deconvolution(let convolution):
            weight = convolution.weight
            bias = convolution.bias
            outputChannels = convolution.outputChannels
            channelAxis = convolution.channelAxis
            isPadded = convolution.isPadded
            mayHaveBias = convolution.mayHaveBias
            if case .deconvolution = operation { kind = .deconvolution }
        case .innerProduct(let product):
            weight = product.weight
            bias = product.bias
            outputChannels = product.outputCount
            channelAxis = product.axis
            kind = .innerProduct
        case .embed(let embed) where embed.order == .channelsLast && embed.bias == nil:
            weight = embed.weight
            outputChannels = embed.outputCount
            channelAxis = 1
            kind = .table
        default:
            return nil
        }
    }

    /// Whether a shift goes into the weight, rather than into a bias.
    var shiftsWeight: Bool { kind == .table }

    /// How the output channels lie in a weight of the given shape; `nil` when the shape does not divide into them.
    func outputLayout(weightShape: [Int]) -> ChannelLayout? {
        layout(weightShape: weightShape, channels: 1).map { ChannelLayout($0, .outputs) }
    }

    /// How the input channels lie in a weight of the given shape; `nil` when the shape does not divide into them.
    ///
    /// - Parameter channels: the number of channels of the input. An inner product sums over a block of elements of each.
    func inputLayout(weightShape: [Int], channels: Int) -> ChannelLayout? {
        guard let layout = layout(weightShape: weightShape, channels: channels), layout.inputChannels == channels else {
            return nil
        }
        return ChannelLayout(layout, .inputs)
    }

    /// The number of input channels that a weight of the given shape is for; `nil` where several fit.
    func inputChannels(weightShape: [Int]) -> Int? {
        kind == .innerProduct ? nil : layout(weightShape: weightShape, channels: 1)?.inputChannels
    }

    /// - Parameter channels: of the input of an inner product.
    func layout(weightShape: [Int], channels: Int) -> WeightLayout? {
        guard let count = TensorShape.elementCount(weightShape) else { return nil }
        return switch operation {
        case .convolution(let convolution): convolution.weightLayout(isTransposed: false, elementCount: count)
        case .deconvolution(let convolution): convolution.weightLayout(isTransposed: true, elementCount: count)
        case .innerProduct(let product): product.weightLayout(elementCount: count, channels: channels)
        case .embed(let embed): embed.weightLayout(elementCount: count)
        default: nil
        }
    }
}

extension Operation {
    /// The same linear operation with other parameters; any other operation stays as it is.
    func replacingLinearParameters(weight: ParameterID, bias: ParameterID?) -> Operation {
        switch self {
        case .convolution(var convolution):
            convolution.weight = weight
            convolution.bias = bias
            return .convolution(convolution)
        case .deconvolution(var convolution):
            convolution.weight = weight
            convolution.bias = bias
            return .deconvolution(convolution)
        case .innerProduct(var product):
            product.weight = weight
            product.bias = bias
            return .innerProduct(product)
        case .embed(var embed):
            embed.weight = weight
            return .embed(embed)
        default:
            return self
        }
    }
}
