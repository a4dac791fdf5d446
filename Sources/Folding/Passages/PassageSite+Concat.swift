import NetGraph

extension PassageSite {
    /// From the side that is whole to the side in parts: backward through a Concat, forward through a Slice.
    ///
    ///     affine(concat(x1, x2)) = concat(affine1(x1), affine2(x2))        each with its channels' part
    ///
    /// Along another axis than the channel's, every part takes the same affine.
    func cut(_ affines: [ChannelAffine?], axis: Int) -> Passage {
        let direction: FoldDirection = isConcat ? .backward : .forward
        let parts = isConcat ? inputs : outputs
        guard let affine = affines.first ?? nil else { return blocked(affines, farCount: parts.count, stopped) }
        guard let isChannelAxis = isChannelAxis(axis) else {
            return blocked(affines, farCount: parts.count, unknownShape)
        }
        if affine.isUniform || !isChannelAxis {
            var passage = single(affines, direction, factors: .any, allowsShift: true)
            passage.moved = [ChannelAffine?](repeating: affine, count: parts.count)
            return passage
        }
        let counts = parts.compactMap { $0?.length(ofAxis: 1) }
        guard counts.count == parts.count, let pieces = affine.pieces(counts) else {
            return blocked(affines, farCount: parts.count, unknownShape)
        }
        return Passage(moved: pieces.map { $0.isIdentity ? nil : $0 }, rest: [nil])
    }

    /// From the parts to the whole: forward through a Concat, backward through a Slice. A part without an affine takes part as the identity.
    func joined(_ affines: [ChannelAffine?], axis: Int, _ direction: FoldDirection) -> Passage {
        guard let isChannelAxis = isChannelAxis(axis) else { return blocked(affines, farCount: 1, unknownShape) }
        guard isChannelAxis else { return common(affines, direction) }
        let parts = affines.indices.map { index in
            (
                affine: affines[index],
                count: direction == .forward ? channels(ofInput: index) : channels(ofOutput: index)
            )
        }
        switch ChannelAffine.joined(parts) {
        case .affine(let whole):
            return Passage(
                moved: [whole.isIdentity ? nil : whole], rest: [ChannelAffine?](repeating: nil, count: affines.count))
        case .unknownCount:
            return blocked(affines, farCount: 1, unknownShape)
        case .tooMany:
            return blocked(affines, farCount: 1, .tooManyChannels(layer: layer.name, type: layer.type))
        }
    }

    private var isConcat: Bool { if case .concat = layer.operation { true } else { false } }

    private var stopped: RefusalReason { .stopped(layer: layer.name, type: layer.type) }

    private var unknownShape: RefusalReason { .shapeUnknown(layer: layer.name, type: layer.type) }

    /// `nil` for an axis that is counted from the end of a value of unknown rank.
    private func isChannelAxis(_ axis: Int) -> Bool? {
        if axis >= 0 { return axis == 1 }
        let known = (inputs + outputs).compactMap(\.self).first
        return known?.canonicalAxis(axis).map { $0 == 1 }
    }
}
