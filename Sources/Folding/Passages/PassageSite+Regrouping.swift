import NetGraph

extension PassageSite {
    /// Layers that only move elements, in both directions: where an element of each channel came from tells its factor.
    ///
    /// Flatten and Reshape keep the elements in their row-major order, so a channel before and one after overlap in a run of elements; an affine
    /// passes when it gives all overlapping channels the same numbers. Nothing passes where images are mixed. Where the channels of a pixel follow one
    /// another instead, element i is of channel i modulo their number, on both sides.
    func regroup(_ affines: [ChannelAffine?], _ direction: FoldDirection) -> Passage {
        guard let affine = affines.first ?? nil else {
            return blocked(affines, farCount: 1, .stopped(layer: layer.name, type: layer.type))
        }
        if affine.isSameInAllChannels || keepsChannelAxis {
            return single(affines, direction, factors: .any, allowsShift: true)
        }
        let farCount = direction == .backward ? channels(ofInput: 0) : channels(ofOutput: 0)
        guard affine.isUniform || max(affine.channelCount, farCount ?? 0) <= Self.largestRegroupedCount else {
            return blocked(affines, farCount: 1, .tooManyChannels(layer: layer.name, type: layer.type))
        }
        let plain = affine.withoutRuns
        if let moved = regrouped(plain, direction) { return Passage(moved: [moved], rest: [nil]) }
        // Where the shifts differ the factors alone may pass.
        let mixed = RefusalReason.channelsMixed(layer: layer.name, type: layer.type)
        let (scale, rest) = plain.split(direction, .scale)
        if let scale, let moved = regrouped(scale, direction) {
            return Passage(moved: [moved], rest: [rest], reason: mixed)
        }
        return blocked(affines, farCount: 1, mixed)
    }

    /// The channels are paired one by one, so there must not be more of them than any network regroups.
    static let largestRegroupedCount = 1 << 20

    /// Whether axis 1 stays axis 1 with its channels in order, and images stay apart, whatever the shape.
    private var keepsChannelAxis: Bool {
        switch layer.operation {
        case .flatten(_, _, .channelsLast): false
        case .reshape(let reshape) where reshape.order == .channelsLast: false
        case .flatten(let first, let last, .channelsFirst): first >= 2 && (last >= first || last < 0)
        case .reshape(let reshape):
            reshape.axis >= 2
                || reshape.axis == 0 && reshape.axisCount == -1 && reshape.dimensions.prefix(2) == [0, 0]
        case .permute(let order): order.prefix(2) == [0, 1]
        case .tile(let axis, _): axis == 0 || axis >= 2
        case .gathering, .stridedSlice: takesAllChannels
        default: false
        }
    }

    private func regrouped(_ affine: ChannelAffine, _ direction: FoldDirection) -> ChannelAffine? {
        switch layer.operation {
        case .flatten(_, _, let order): return walked(affine, direction, order)
        case .reshape(let reshape): return walked(affine, direction, reshape.order)
        case .shuffleChannel(let groups): return shuffled(affine, groups: groups, direction)
        case .pixelShuffle(let factor): return pixelShuffled(affine, factor: factor, direction)
        case .tile(let axis, let count):
            guard let shape = inputs[0], shape.canonicalAxis(axis) == 1 else { return nil }
            return tiled(affine, count: count, direction)
        case .gathering, .stridedSlice: return taken(affine, direction)
        case .pixelBlocks(let blocks): return self.blocks(affine, blocks, direction)
        default: return nil
        }
    }

    /// Walks along the elements of one image and pairs the channels on both sides.
    private func walked(
        _ affine: ChannelAffine, _ direction: FoldDirection, _ order: ElementOrder
    ) -> ChannelAffine? {
        let (near, far) = direction == .backward ? (outputs[0], inputs[0]) : (inputs[0], outputs[0])
        guard let near, let far, near.rank >= 2, far.rank >= 2, keepsImages(near, far),
            let nearCount = near.dimensions[1], let farCount = far.dimensions[1],
            affine.isUniform || nearCount == affine.channelCount
        else { return nil }
        if order == .channelsLast { return repeated(affine, nearCount: nearCount, farCount: farCount) }
        guard let nearInner = near.elementCount(in: 2..<near.rank), let farInner = far.elementCount(in: 2..<far.rank),
            nearInner > 0, farInner > 0, farCount > 0,
            let nearTotal = near.elementCount(in: 1..<near.rank),
            nearTotal == far.elementCount(in: 1..<far.rank)
        else { return nil }
        if affine.isUniform {
            // What is not known is equal within a channel alone: no far channel may begin in one and end in another.
            return nearCount == 1 || nearInner % farInner == 0 ? affine : nil
        }
        // Where each far channel begins; all near channels that it overlaps must agree.
        var sources: [Int] = []
        sources.reserveCapacity(farCount)
        for channel in 0..<farCount {
            let first = channel * farInner / nearInner
            let last = ((channel + 1) * farInner - 1) / nearInner
            for other in first..<last + 1 where !affine.isEqual(in: first, other) { return nil }
            sources.append(first)
        }
        return affine.rearranged(sources)
    }

    /// With the channels of a pixel one after another, the near and the far channels that have elements in common are those that are equal modulo
    /// the greatest common divisor of their numbers.
    private func repeated(_ affine: ChannelAffine, nearCount: Int, farCount: Int) -> ChannelAffine? {
        var (period, rest) = (nearCount, farCount)
        while rest > 0 { (period, rest) = (rest, period % rest) }
        guard period > 0 else { return nil }
        // What is not known is equal within a channel alone.
        if affine.isUniform { return period == nearCount ? affine : nil }
        for channel in 0..<nearCount where !affine.isEqual(in: channel, channel % period) { return nil }
        return affine.rearranged((0..<farCount).map { $0 % period })
    }

    private func keepsImages(_ near: TensorShape, _ far: TensorShape) -> Bool {
        switch layer.operation {
        case .flatten(let first, _, _): return first >= 1 || (inputs[0]?.canonicalAxis(first) ?? 0) >= 1
        case .reshape(let reshape):
            if reshape.axis >= 1 || reshape.axis == 0 && reshape.dimensions.first == 0 { return true }
            guard let before = near.dimensions[0], let after = far.dimensions[0] else { return false }
            return before == after
        default: return false
        }
    }

    /// Output channel c * groups + r is input channel r * (C / groups) + c.
    private func shuffled(_ affine: ChannelAffine, groups: Int, _ direction: FoldDirection) -> ChannelAffine? {
        if affine.isUniform { return affine }
        let count = affine.channelCount
        guard groups > 0, count % groups == 0 else { return nil }
        let columns = count / groups
        return affine.rearranged(
            (0..<count).map { channel in
                direction == .forward
                    ? channel % groups * columns + channel / groups : channel % columns * groups + channel / columns
            })
    }

    /// factor * factor channels that follow each other become one.
    private func pixelShuffled(_ affine: ChannelAffine, factor: Int, _ direction: FoldDirection) -> ChannelAffine? {
        if affine.isUniform { return affine }
        let (area, overflows) = factor.multipliedReportingOverflow(by: factor)
        let count = affine.channelCount
        guard factor > 0, !overflows, area <= Self.largestRegroupedCount else { return nil }
        guard direction == .forward else {
            guard count <= Self.largestRegroupedCount / area else { return nil }
            return affine.rearranged((0..<count * area).map { $0 / area })
        }
        guard count % area == 0, (0..<count).allSatisfy({ affine.isEqual(in: $0, $0 / area * area) }) else {
            return nil
        }
        return affine.rearranged((0..<count / area).map { $0 * area })
    }

    /// The channels one after another, `count` times.
    private func tiled(_ affine: ChannelAffine, count: Int, _ direction: FoldDirection) -> ChannelAffine? {
        guard let channels = self.channels(ofInput: 0), let total = self.channels(ofOutput: 0), channels > 0, count > 0,
            total <= Self.largestRegroupedCount,
            channels.multipliedReportingOverflow(by: count) == (total, false),
            affine.isUniform || affine.channelCount == (direction == .forward ? channels : total)
        else { return nil }
        if direction == .forward, affine.isUniform { return affine }
        if direction == .forward { return affine.rearranged((0..<total).map { $0 % channels }) }
        for channel in 0..<total where !affine.isEqual(in: channel, channel % channels) { return nil }
        return affine.rearranged(0..<channels)
    }

    /// Crop: the channel stays what it is when the layer cuts behind it.
    func crop(_ affines: [ChannelAffine?], _ direction: FoldDirection, axis: Int) -> Passage {
        let farCount = direction == .backward ? inputs.count : outputs.count
        guard direction == .backward || affines.dropFirst().allSatisfy({ $0 == nil }) else {
            return blocked(affines, farCount: farCount, .stopped(layer: layer.name, type: layer.type))
        }
        let isSame = (affines.first ?? nil)?.isSameInAllChannels ?? false
        let before = channels(ofInput: 0)
        guard axis >= 2 || isSame || before != nil && before == channels(ofOutput: 0) else {
            return blocked(
                affines, farCount: farCount, .channelsMixed(layer: layer.name, type: layer.type))
        }
        return single(affines, direction, factors: .any, allowsShift: true)
    }

    /// Enlarging repeats elements; with a mask the rest of the plane is 0, and no shift passes.
    func pass(_ affines: [ChannelAffine?], _ direction: FoldDirection, through upsample: Upsample) -> Passage {
        guard direction == .backward || affines.dropFirst().allSatisfy({ $0 == nil }) else {
            return blocked(affines, farCount: outputs.count, .mask(layer: layer.name))
        }
        return single(affines, direction, factors: .any, allowsShift: !upsample.hasMask)
    }
}
