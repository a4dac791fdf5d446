import NetGraph

/// A layer that computes a weighted sum and can take an affine into its weight and bias: what the planner needs to know of it.
struct LinearLayer {
    var weight: ParameterID
    var bias: ParameterID?
    var outputChannels: Int
    /// The axis of the output that its channels run along.
    var channelAxis: Int

    private var groups = 1
    private var isDeconvolution = false
    private var isTransposed = false

    /// `nil` for an operation that is not linear.
    init?(_ operation: Operation) {
        switch operation {
        case .convolution(let convolution), .deconvolution(let convolution):
            weight = convolution.weight
            bias = convolution.bias
            outputChannels = convolution.outputChannels
            channelAxis = convolution.channelAxis
            groups = convolution.groups
            if case .deconvolution = operation { isDeconvolution = true }
        case .innerProduct(let product):
            weight = product.weight
            bias = product.bias
            outputChannels = product.outputCount
            channelAxis = product.axis
            isTransposed = product.transposed
        default:
            return nil
        }
    }

    /// How the output channels lie in a weight of the given shape.
    func outputLayout(weightShape: [Int]) -> ChannelLayout {
        let count = weightShape.reduce(1, *)
        if isTransposed {
            return ChannelLayout(
                groups: 1, repeats: count / max(outputChannels, 1), channelsPerGroup: outputChannels, inner: 1)
        }
        if isDeconvolution {
            let inputs = weightShape.first ?? 1
            let outputsPerGroup = outputChannels / max(groups, 1)
            return ChannelLayout(
                groups: groups, repeats: inputs / max(groups, 1), channelsPerGroup: outputsPerGroup,
                inner: count / max(inputs * outputsPerGroup, 1))
        }
        return ChannelLayout(
            groups: 1, repeats: 1, channelsPerGroup: outputChannels, inner: count / max(outputChannels, 1))
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
        default:
            return self
        }
    }
}
