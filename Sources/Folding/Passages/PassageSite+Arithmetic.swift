import NetGraph

extension PassageSite {
    /// Arithmetic of values that need not have one shape, in both directions: what passes an Eltwise, at those inputs that have the channels.
    ///
    ///     s (x + g) + t = (s x + t) + (s g)        x of (N, C, H, W), g of (N, C, 1, 1) or (N, C)
    ///     s (x g) = (s x) g = x (s g)
    ///
    /// An input whose channel axis has length 1, or is another one of the output's, takes only what is the same in all channels.
    func pass(_ affines: [ChannelAffine?], _ direction: FoldDirection, through arithmetic: Arithmetic) -> Passage {
        let farCount = direction == .backward ? inputs.count : outputs.count
        let stopped = blocked(
            affines, farCount: farCount, .stopped(layer: layer.name, type: layer.type))
        let takers = Set(inputs.indices.filter { hasChannels(ofInput: $0, arithmetic) })
        guard let eltwise = layer.operation.combination(inputCount: inputs.count) else {
            guard arithmetic.function == .quotient, let affine = affines.first ?? nil,
                takers.contains(0) || affine.isSameInAllChannels
            else { return stopped }
            return single(affines, direction, factors: .any, allowsShift: false)
        }
        guard direction == .forward else { return backward(affines, eltwise, takers: takers) }
        // A channel that serves all others gives them all the same.
        let spread = affines.enumerated().map { index, affine in
            takers.contains(index) || inputs[index]?.length(ofAxis: 1) != 1 || !isOwnChannelAxis(index, arithmetic)
                ? affine : affine?.sameInAllChannels
        }
        guard
            spread.enumerated().allSatisfy({ index, affine in
                affine.map { takers.contains(index) || $0.isSameInAllChannels } ?? true
            })
        else { return stopped }
        return forward(spread, eltwise)
    }

    /// Whether axis 1 of an input is that of the output, and as long.
    private func hasChannels(ofInput index: Int, _ arithmetic: Arithmetic) -> Bool {
        guard isOwnChannelAxis(index, arithmetic), let channels = channels(ofInput: index) else { return false }
        return channels == self.channels(ofOutput: 0)
    }

    private func isOwnChannelAxis(_ index: Int, _ arithmetic: Arithmetic) -> Bool {
        guard let input = inputs[index], let output = outputs.first ?? nil, input.rank >= 2, output.rank >= input.rank
        else { return false }
        return arithmetic.axes(ofInput: input.rank, output: output.rank)[1] == 1
    }
}

extension ChannelAffine {
    /// The affine of a single channel, for any number of channels; `nil` where there are several.
    fileprivate var sameInAllChannels: ChannelAffine? {
        guard channelCount == 1, scale.count == 1 else { return isUniform ? self : nil }
        return ChannelAffine(
            scale: scale, center: center, offset: offset, isUniform: true, hasPositiveScale: hasPositiveScale)
    }
}

extension Operation {
    /// The sum, product or maximum that a layer is to an affine; `nil` for any other layer. What passes a maximum passes a minimum as well.
    func combination(inputCount: Int) -> Eltwise? {
        switch self {
        case .eltwise(let eltwise): eltwise
        case .arithmetic(let arithmetic):
            switch arithmetic.function {
            case .sum: Eltwise(combination: .sum, coefficients: [Double](repeating: 1, count: inputCount))
            case .difference:
                Eltwise(combination: .sum, coefficients: (0..<inputCount).map { $0 == 0 ? 1 : -1 })
            case .mean:
                Eltwise(combination: .sum, coefficients: [Double](repeating: 1 / Double(inputCount), count: inputCount))
            case .product: Eltwise(combination: .product, coefficients: [])
            case .maximum, .minimum: Eltwise(combination: .maximum, coefficients: [])
            case .quotient, .power, .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual, .choice: nil
            }
        default: nil
        }
    }
}
