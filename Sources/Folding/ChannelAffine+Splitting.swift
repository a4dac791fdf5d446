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
            scale: scale, offset: shift, isUniform: isUniform, hasPositiveScale: hasPositiveScale)
        return result.isIdentity ? nil : result
    }

    /// The same affine for other channels: entry k is that of channel `sources[k]`. A uniform one stays as it is.
    func rearranged(_ sources: some Collection<Int>) -> ChannelAffine {
        if isUniform { return self }
        return ChannelAffine(
            scale: sources.map { scale[$0] }, center: sources.map { center[$0] }, offset: sources.map { offset[$0] },
            hasPositiveScale: hasPositiveScale)
    }

    /// Affines of parts of the channels, one behind the other; `nil` where a part's number of channels is not known.
    ///
    /// - Parameter parts: each part's affine, `nil` for the identity, and its number of channels.
    static func joined(_ parts: [(affine: ChannelAffine?, count: Int?)]) -> ChannelAffine? {
        if let first = parts.first?.affine, first.isUniform, parts.allSatisfy({ $0.affine == first }) { return first }
        var scale: [Double] = []
        var center: [Double] = []
        var offset: [Double] = []
        for part in parts {
            guard let count = part.count, count > 0, scale.count + count <= maximumChannelCount,
                let affine = (part.affine ?? .uniform(scale: 1, offset: 0)).expanded(to: count)
            else { return nil }
            scale += affine.scale
            center += affine.center
            offset += affine.offset
        }
        if scale.isEmpty { return nil }
        return ChannelAffine(
            scale: scale, center: center, offset: offset,
            hasPositiveScale: parts.allSatisfy { $0.affine?.keepsSigns ?? true })
    }

    /// More channels than any network has: a larger number from a hostile file must not take the memory.
    static let maximumChannelCount = 1 << 24
}
