/// Towards the producer of a value, or towards its readers.
public enum FoldDirection: String, Hashable, Sendable { case backward, forward }

/// How much of an affine is to move.
enum AffinePart { case both, scale, shift }

extension ChannelAffine {
    /// Splits an affine into what moves and what stays, so that both in a row compute the same.
    ///
    /// Backward the moved part comes first, forward the rest does. A shift parts from its factor as t = s (t / s), so a factor of 0 does not
    /// part from a shift that would have to be divided by it.
    ///
    /// - Parameters:
    ///   - allowsScale: whether a factor may move; a factor of 1 always may.
    ///   - allowsShift: whether shifts may move.
    /// - Returns: `nil` for an identity on either side.
    func split(
        _ direction: FoldDirection, allowsScale: (Double) -> Bool, allowsShift: Bool
    ) -> (moved: ChannelAffine?, rest: ChannelAffine?) {
        if allowsShift, scale.allSatisfy({ $0 == 1 || allowsScale($0) }) { return (isIdentity ? nil : self, nil) }
        let shift = shift
        if !allowsShift {
            if scale.allSatisfy({ $0 != 1 && !allowsScale($0) }) { return (nil, with(scale: scale, shift: shift)) }
            if shift.allSatisfy({ $0 == 0 }), scale.allSatisfy({ $0 == 1 || allowsScale($0) }) {
                return (with(scale: scale, shift: shift), nil)
            }
        }
        var moved = (
            scale: [Double](repeating: 1, count: scale.count), shift: [Double](repeating: 0, count: scale.count)
        )
        var rest = moved
        for channel in scale.indices {
            let (factor, term) = (scale[channel], shift[channel])
            let quotient = term / factor
            // The comparison is written so that a number that is not known (NaN) parts like any other.
            let parts = factor != 0 && !(abs(quotient) > Double(Float.greatestFiniteMagnitude))
            let movesScale = factor == 1 || allowsScale(factor)
            if movesScale, allowsShift || term == 0 {
                moved.scale[channel] = factor
                moved.shift[channel] = term
            } else if movesScale, direction == .backward {
                moved.scale[channel] = factor
                rest.shift[channel] = term
            } else if movesScale, parts {
                rest.shift[channel] = quotient
                moved.scale[channel] = factor
            } else if allowsShift, !movesScale, direction == .forward || parts || term == 0 {
                moved.shift[channel] = direction == .forward ? term : term == 0 ? 0 : quotient
                rest.scale[channel] = factor
            } else {
                rest.scale[channel] = factor
                rest.shift[channel] = term
            }
        }
        return (with(scale: moved.scale, shift: moved.shift), with(scale: rest.scale, shift: rest.shift))
    }

    /// The part of an affine that is to move, and the rest.
    func split(_ direction: FoldDirection, _ part: AffinePart) -> (moved: ChannelAffine?, rest: ChannelAffine?) {
        switch part {
        case .both: (isIdentity ? nil : self, nil)
        case .scale: split(direction, allowsScale: { _ in true }, allowsShift: false)
        case .shift: split(direction, allowsScale: { _ in false }, allowsShift: true)
        }
    }

    /// Other numbers for the same channels; `nil` for an identity.
    func with(scale: [Double], shift: [Double]) -> ChannelAffine? {
        let result = ChannelAffine(
            scale: scale, offset: shift, isUniform: isUniform, hasPositiveScale: hasPositiveScale,
            runs: runs)
        return result.isIdentity ? nil : result
    }

    /// The same affine for other channels: entry k is that of channel `sources[k]`. A uniform one stays as it is; of one in runs each channel must be
    /// an entry.
    func rearranged(_ sources: some Collection<Int>) -> ChannelAffine {
        if isUniform { return self }
        return ChannelAffine(
            scale: sources.map { scale[$0] }, center: sources.map { center[$0] }, offset: sources.map { offset[$0] },
            hasPositiveScale: hasPositiveScale)
    }

    /// The same, with the identity for a channel that has no source.
    func rearranged(orIdentity sources: [Int?]) -> ChannelAffine {
        if isUniform { return self }
        return ChannelAffine(
            scale: sources.map { $0.map { scale[$0] } ?? 1 }, center: sources.map { $0.map { center[$0] } ?? 0 },
            offset: sources.map { $0.map { offset[$0] } ?? 0 }, hasPositiveScale: hasPositiveScale)
    }
}
