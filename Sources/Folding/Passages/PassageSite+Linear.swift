import NetGraph

/// What a linear layer can take.
struct LinearSite {
    var linear: LinearLayer
    /// `nil` while no weights were read.
    var weightShape: [Int]?
    /// A folded weight would leave the range of its number format: the layer takes nothing.
    var isOverflowing = false
    /// It is one of several calls of a layer that would not all take the same: it takes nothing.
    var isParted = false
    /// The sum of the weights of each output, of a convolution that may have no bias and whose outputs read one channel each; `nil` where a shift does not
    /// pass.
    var outputSums: [Double]?
    /// What the weight may be multiplied by.
    var factors = Parameter.Factors.any
}

extension PassageSite {
    /// Takes the affine of the outputs into the weight and the bias.
    ///
    ///     s (sum of W[o] x + b[o]) + t  =  sum of (s W[o]) x + (s b[o] + t)
    ///
    /// A layer that applies its weights to several inputs takes an affine only where all its outputs have the same one.
    func takeBackward(_ affines: [ChannelAffine?]) -> Passage {
        guard let site = linear, let affine = affines.first ?? nil, affines.dropFirst().allSatisfy({ $0 == affine })
        else { return blocked(affines, farCount: inputs.count, .severalOutputs(producer: layer.name)) }
        if let reason = refusal(of: site) {
            return blocked(affines, farCount: inputs.count, reason)
        }
        guard affine.fits(site.linear.outputChannels) else {
            let reason = RefusalReason.channelCount(
                producer: layer.name, channels: site.linear.outputChannels, affineChannels: affine.channelCount)
            return blocked(affines, farCount: inputs.count, reason)
        }
        if let reason = refusal(of: affine, factors: site.factors) {
            return blocked(affines, farCount: inputs.count, reason)
        }
        return Passage(
            moved: inputs.map { _ in nil }, rest: affines.map { _ in nil }, taken: affine)
    }

    /// Takes the affine of the inputs into the weight and the bias.
    ///
    ///     sum over i, k of W[o, i, k] (s[i] x + t[i]) + b[o]  =  sum of (s[i] W[o, i, k]) x + (b[o] + sum of t[i] W[o, i, k])
    ///
    /// A shift would have to reach the zeros of a padding as well, so a padded convolution takes none. A deconvolution adds up a different number of
    /// inputs at each pixel, so neither does it.
    func takeForward(_ affines: [ChannelAffine?]) -> Passage {
        guard let site = linear, let affine = affines.first ?? nil, affines.dropFirst().allSatisfy({ $0 == affine })
        else { return blocked(affines, farCount: outputs.count, .severalOutputs(producer: layer.name)) }
        let factors: Parameter.Factors = site.factors == .any ? .any : .ofAll
        if let reason = refusal(of: site) ?? refusal(of: affine, factors: factors) {
            return blocked(affines, farCount: outputs.count, reason)
        }
        if let shape = site.weightShape {
            let channels =
                affine.isUniform ? site.linear.inputChannels(weightShape: shape) ?? 1 : affine.channelCount
            guard site.linear.inputLayout(weightShape: shape, channels: channels) != nil else {
                return blocked(affines, farCount: outputs.count, .weightShape(producer: layer.name))
            }
        }
        if !site.linear.mayHaveBias, !affine.hasNoShift {
            guard let moved = shift(affine, through: site) else {
                let parts = split(affine, .forward, factors: .any, allowsShift: false)
                return Passage(
                    moved: outputs.map { _ in nil }, rest: affines.map { _ in parts.rest }, taken: parts.moved,
                    reason: parts.reason)
            }
            return Passage(
                moved: outputs.map { _ in moved.isIdentity ? nil : moved }, rest: affines.map { _ in nil },
                taken: affine.with(scale: affine.scale, shift: affine.scale.map { _ in 0 }))
        }
        let parts = split(
            affine, .forward, factors: .any, allowsShift: site.linear.kind != .deconvolution && !site.linear.isPadded,
            shiftReason: site.linear.isPadded && site.linear.kind == .convolution
                ? .zeroPadding(layer: layer.name) : nil)
        return Passage(
            moved: outputs.map { _ in nil }, rest: affines.map { _ in parts.rest }, taken: parts.moved,
            reason: parts.reason)
    }

    /// What a shift of the inputs becomes behind a convolution whose outputs read one channel each.
    ///
    ///     sum over k of W[o, k] (s x[k] + t)  =  sum of (s W[o, k]) x[k]  +  t (sum of W[o, k])
    private func shift(_ affine: ChannelAffine, through site: LinearSite) -> ChannelAffine? {
        guard let sums = site.outputSums, !site.linear.isPadded, site.linear.kind == .convolution,
            let channels = channels(ofInput: 0) ?? (affine.isUniform ? nil : affine.channelCount), channels > 0,
            sums.count % channels == 0, let plain = affine.expanded(to: channels)?.shift
        else { return nil }
        let multiplier = sums.count / channels
        return ChannelAffine(
            scale: sums.map { _ in 1 }, offset: sums.indices.map { plain[$0 / multiplier] * sums[$0] })
    }

    /// Why a weight that is stored as whole numbers and scales does not take an affine.
    private func refusal(of affine: ChannelAffine, factors: Parameter.Factors) -> RefusalReason? {
        let first = affine.scale.first ?? 1
        switch factors {
        case .any: return nil
        case .ofOutputs where affine.scale.allSatisfy { $0 > 0 }: return nil
        case .ofAll where first > 0 && affine.scale.allSatisfy { $0 == first }: return nil
        default: return .quantizedWeight(producer: layer.name, takesEqual: factors == .ofAll)
        }
    }

    private func refusal(of site: LinearSite) -> RefusalReason? {
        if site.isOverflowing { return .overflow(producer: layer.name) }
        if site.isParted { return .severalCalls(producer: layer.name) }
        var axis = site.linear.channelAxis
        if axis < 0, let rank = inputs.first??.rank { axis += rank }
        guard axis == 1 else { return .channelAxis(producer: layer.name, axis: site.linear.channelAxis) }
        if let shape = site.weightShape, site.linear.outputLayout(weightShape: shape) == nil {
            return .weightShape(producer: layer.name)
        }
        return nil
    }
}
