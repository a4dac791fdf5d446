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

    /// How the output channels lie in a weight of the given shape; `nil` when the shape does not divide into them.
    func outputLayout(weightShape: [Int]) -> ChannelLayout? {
        guard let count = BlobShape(weightShape).elementCount(in: 0..<weightShape.count), count > 0, outputChannels > 0,
            groups > 0
        else { return nil }
        var layout = ChannelLayout(
            groups: 1, repeats: 1, channelsPerGroup: outputChannels, inner: count / outputChannels)
        if isTransposed {
            layout.repeats = count / outputChannels
            layout.inner = 1
        } else if isDeconvolution, let inputs = weightShape.first, inputs > 0 {
            let outputsPerGroup = outputChannels / groups
            layout = ChannelLayout(
                groups: groups, repeats: inputs / groups, channelsPerGroup: outputsPerGroup,
                inner: count / max(inputs * outputsPerGroup, 1))
        }
        return layout.elementCount == count && layout.channelCount == outputChannels ? layout : nil
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
