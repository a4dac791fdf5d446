import NetGraph

extension PassageSite {
    /// One number for all elements along axes behind the channel, in both directions.
    ///
    ///     mean(s x + t) = s mean(x) + t,   sum(s x + t) = s sum(x) + n t        over n elements
    ///     max(s x + t) = s max(x) + t                                           for s >= 0, and so the least
    ///     norm(s x) = s norm(x)                                                 for s >= 0, and so sums of magnitudes
    func pass(_ affines: [ChannelAffine?], _ direction: FoldDirection, through reduction: AxisReduction) -> Passage {
        let stopped = blocked(affines, farCount: 1, .stopped(layer: layer.name, type: layer.type))
        guard let shape = inputs[0], let (reduced, kept) = try? reduction.networkAxes(rank: shape.rank),
            !reduced.contains(0), !reduced.contains(1), kept.prefix(2) == [0, 1]
        else { return stopped }
        switch reduction.method {
        case .mean: return single(affines, direction, factors: .any, allowsShift: true)
        case .sum:
            let lengths = reduced.compactMap { shape.dimensions[$0] }
            let count = lengths.count == reduced.count ? TensorShape.elementCount(lengths) : nil
            var passage = single(affines, direction, factors: .any, allowsShift: count ?? 0 > 0)
            guard let count, count > 0 else { return passage }
            let factor = Double(count)
            passage.moved = passage.moved.map {
                $0.flatMap { affine in
                    affine.with(
                        scale: affine.scale,
                        shift: affine.shift.map { direction == .forward ? $0 * factor : $0 / factor })
                }
            }
            return passage
        case .maximum, .minimum: return single(affines, direction, factors: .notNegative, allowsShift: true)
        case .sumOfMagnitudes, .norm: return single(affines, direction, factors: .notNegative, allowsShift: false)
        case .product, .sumOfSquares, .logarithmOfSum, .logarithmOfExponentials: return stopped
        }
    }

    /// The channels that a layer takes from its input, in the order of its output; `nil` where it takes all, or where that is not known.
    var channelsTaken: [Int]? {
        guard let shape = inputs[0], let length = shape.length(ofAxis: 1) else { return nil }
        switch layer.operation {
        case .gathering(let gathering) where shape.canonicalAxis(gathering.axis) == 1:
            return try? gathering.places(length: length)
        case .stridedSlice(let slice):
            guard let range = slice.ranges.first(where: { shape.canonicalAxis($0.axis) == 1 }),
                let places = try? range.places(length: length), places.count <= Self.largestRegroupedCount
            else { return nil }
            return (0..<places.count).map { places.start + $0 * range.step }
        default: return nil
        }
    }

    /// Whether a layer takes all channels, in their order.
    var takesAllChannels: Bool {
        guard let shape = inputs[0] else { return false }
        return switch layer.operation {
        case .gathering(let gathering): shape.canonicalAxis(gathering.axis).map { $0 != 1 } ?? false
        case .stridedSlice(let slice): !slice.ranges.contains { shape.canonicalAxis($0.axis) ?? 1 == 1 }
        default: false
        }
    }

    /// Channels that are taken from others, some more than once, some not at all: those may be scaled in any way, and stay as they are.
    func taken(_ affine: ChannelAffine, _ direction: FoldDirection) -> ChannelAffine? {
        guard let taken = channelsTaken, let count = channels(ofInput: 0),
            affine.isUniform || affine.channelCount == (direction == .forward ? count : taken.count)
        else { return nil }
        if direction == .forward { return affine.rearranged(taken) }
        guard count <= Self.largestRegroupedCount else { return nil }
        var takers = [Int?](repeating: nil, count: count)
        for (channel, source) in taken.enumerated() {
            if let other = takers[source] {
                guard affine.isEqual(in: channel, other) else { return nil }
            } else {
                takers[source] = channel
            }
        }
        return affine.rearranged(orIdentity: takers)
    }

    /// Blocks of pixels and the channels that they are made of.
    func blocks(_ affine: ChannelAffine, _ blocks: PixelBlocks, _ direction: FoldDirection) -> ChannelAffine? {
        let manyAreInputs = blocks.direction == .channelsToPixels
        guard let many = manyAreInputs ? channels(ofInput: 0) : channels(ofOutput: 0),
            let few = manyAreInputs ? channels(ofOutput: 0) : channels(ofInput: 0), few > 0,
            many <= Self.largestRegroupedCount, blocks.length > 0, blocks.length <= Self.largestRegroupedCount,
            few.multipliedReportingOverflow(by: blocks.length * blocks.length) == (many, false)
        else { return nil }
        let owners = (0..<many).map { blocks.fewChannel(of: $0, fewCount: few).channel }
        if manyAreInputs == (direction == .backward) {
            return affine.isUniform || affine.channelCount == few ? affine.rearranged(owners) : nil
        }
        guard affine.isUniform || affine.channelCount == many else { return nil }
        var firsts = [Int?](repeating: nil, count: few)
        for (channel, owner) in owners.enumerated() {
            if let first = firsts[owner] {
                guard affine.isEqual(in: channel, first) else { return nil }
            } else {
                firsts[owner] = channel
            }
        }
        return affine.rearranged(orIdentity: firsts)
    }
}

extension ChannelAffine {
    /// Whether two channels have the same numbers.
    func isEqual(in first: Int, _ second: Int) -> Bool {
        if first == second || isSameInAllChannels { return true }
        return !isUniform
            && scale[first] == scale[second] && center[first] == center[second] && offset[first] == offset[second]
    }
}
