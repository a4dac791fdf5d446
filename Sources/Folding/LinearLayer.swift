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

    enum Kind: Hashable { case convolution, deconvolution, innerProduct }

    private var groups = 1
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
            isPadded = convolution.isPadded
            if case .deconvolution = operation { kind = .deconvolution }
        case .innerProduct(let product):
            weight = product.weight
            bias = product.bias
            outputChannels = product.outputCount
            channelAxis = product.axis
            isTransposed = product.transposed
            kind = .innerProduct
        default:
            return nil
        }
    }

    /// How the output channels lie in a weight of the given shape; `nil` when the shape does not divide into them.
    func outputLayout(weightShape: [Int]) -> ChannelLayout? {
        guard let count = elementCount(weightShape) else { return nil }
        var layout = ChannelLayout(
            groups: 1, repeats: 1, channelsPerGroup: outputChannels, inner: count / outputChannels)
        if isTransposed {
            layout.repeats = count / outputChannels
            layout.inner = 1
        } else if kind == .deconvolution, let inputs = weightShape.first, inputs > 0 {
            let outputsPerGroup = outputChannels / groups
            layout = ChannelLayout(
                groups: groups, repeats: inputs / groups, channelsPerGroup: outputsPerGroup,
                inner: count / max(inputs * outputsPerGroup, 1))
        }
        return layout.elementCount == count && layout.channelCount == outputChannels ? layout : nil
    }

    /// How the input channels lie in a weight of the given shape; `nil` when the shape does not divide into them.
    ///
    /// - Parameter channels: the number of channels of the input. An inner product sums over a block of elements of each.
    func inputLayout(weightShape: [Int], channels: Int) -> ChannelLayout? {
        guard let count = elementCount(weightShape), channels > 0 else { return nil }
        let layout: ChannelLayout
        switch kind {
        case .convolution:
            let perGroup = channels / groups
            guard perGroup > 0, weightShape.count > 1, weightShape[1] == perGroup else { return nil }
            let perOutput = count / outputChannels
            layout = ChannelLayout(
                groups: groups, repeats: outputChannels / groups, channelsPerGroup: perGroup,
                inner: perOutput / perGroup)
        case .deconvolution:
            guard weightShape.first == channels else { return nil }
            layout = ChannelLayout(groups: 1, repeats: 1, channelsPerGroup: channels, inner: count / channels)
        case .innerProduct:
            let inputs = count / outputChannels
            layout =
                isTransposed
                ? ChannelLayout(
                    groups: 1, repeats: 1, channelsPerGroup: channels, inner: inputs / channels * outputChannels)
                : ChannelLayout(
                    groups: 1, repeats: outputChannels, channelsPerGroup: channels, inner: inputs / channels)
        }
        return layout.elementCount == count && layout.channelCount == channels ? layout : nil
    }

    /// The number of input channels that a weight of the given shape is for; `nil` where several fit.
    func inputChannels(weightShape: [Int]) -> Int? {
        switch kind {
        case .convolution:
            guard weightShape.count > 1 else { return nil }
            let (channels, overflows) = weightShape[1].multipliedReportingOverflow(by: groups)
            return overflows ? nil : channels
        case .deconvolution: return weightShape.first
        case .innerProduct: return nil
        }
    }

    private func elementCount(_ shape: [Int]) -> Int? {
        guard let count = BlobShape.elementCount(shape), count > 0, outputChannels > 0, groups > 0
        else { return nil }
        return count
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
