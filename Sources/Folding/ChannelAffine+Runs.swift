extension ChannelAffine {
    /// The same affine with one entry for each channel.
    var withoutRuns: ChannelAffine {
        guard let runs else { return self }
        func spread(_ entries: [Double]) -> [Double] {
            var result: [Double] = []
            result.reserveCapacity(channelCount)
            for (entry, count) in zip(entries, runs) { result.append(contentsOf: repeatElement(entry, count: count)) }
            return result
        }
        return ChannelAffine(
            scale: spread(scale), center: spread(center), offset: spread(offset), hasPositiveScale: hasPositiveScale)
    }

    /// The number of channels with a factor that a condition holds for.
    func channelCount(where holds: (Double) -> Bool) -> Int {
        guard let runs else { return scale.count(where: holds) }
        return zip(scale, runs).reduce(0) { $0 + (holds($1.0) ? $1.1 : 0) }
    }

    /// The same affines, each with entries for the same channels; `nil` when they are for different numbers of channels.
    ///
    /// Affines that hold for every channel stay so when all of them do.
    static func aligned(_ affines: [ChannelAffine]) -> [ChannelAffine]? {
        guard let model = affines.first(where: { !$0.isUniform }) else { return affines }
        let count = model.channelCount
        guard affines.allSatisfy({ $0.fits(count) }) else { return nil }
        let others = affines.filter { !$0.isUniform }
        if others.allSatisfy({ $0.runs == model.runs }) {
            return affines.map { $0.isUniform ? $0.repeated(over: model) : $0 }
        }
        guard others.allSatisfy({ $0.runs != nil }) else { return affines.compactMap { $0.expanded(to: count) } }
        // Where a run of any of them ends, one of all ends.
        var ends: Set<Int> = []
        for affine in others {
            var end = 0
            for run in affine.runs ?? [] {
                end += run
                ends.insert(end)
            }
        }
        let cuts = ends.sorted()
        return affines.map { $0.isUniform ? $0.repeated(runs: Self.lengths(cuts)) : $0.cut(at: cuts) }
    }

    /// One entry for each entry of another affine.
    private func repeated(over model: ChannelAffine) -> ChannelAffine {
        if let runs = model.runs { return repeated(runs: runs) }
        return expanded(to: model.channelCount) ?? self
    }

    private func repeated(runs: [Int]) -> ChannelAffine {
        ChannelAffine(
            scale: [Double](repeating: scale[0], count: runs.count),
            center: [Double](repeating: center[0], count: runs.count),
            offset: [Double](repeating: offset[0], count: runs.count), hasPositiveScale: hasPositiveScale, runs: runs)
    }

    private static func lengths(_ ends: [Int]) -> [Int] {
        zip([0] + ends, ends).map { $1 - $0 }
    }

    /// The same affine with runs that end at the given channels, which must be among others the ends of its own runs.
    private func cut(at ends: [Int]) -> ChannelAffine {
        var sources: [Int] = []
        sources.reserveCapacity(ends.count)
        var entry = 0
        var last = runs?.first ?? 1
        for end in ends {
            while end > last {
                entry += 1
                last += runs?[entry] ?? 1
            }
            sources.append(entry)
        }
        return ChannelAffine(
            scale: sources.map { scale[$0] }, center: sources.map { center[$0] }, offset: sources.map { offset[$0] },
            hasPositiveScale: hasPositiveScale, runs: Self.lengths(ends))
    }

    /// The affine of each of consecutive parts of the channels; `nil` when those are more or fewer than it has. In time linear in entries and parts.
    func pieces(_ counts: [Int]) -> [ChannelAffine]? {
        var pieces: [ChannelAffine] = []
        var start = 0
        var entry = 0
        // How many channels of the entry are left.
        var left = runs?.first ?? 1
        for count in counts {
            guard count > 0, count <= channelCount - start else { return nil }
            start += count
            guard let runs else {
                pieces.append(rearranged(start - count..<start))
                continue
            }
            var sources: [Int] = []
            var lengths: [Int] = []
            var missing = count
            while missing > 0 {
                if left == 0 {
                    entry += 1
                    left = runs[entry]
                }
                let taken = min(left, missing)
                sources.append(entry)
                lengths.append(taken)
                left -= taken
                missing -= taken
            }
            let piece = ChannelAffine(
                scale: sources.map { scale[$0] }, center: sources.map { center[$0] },
                offset: sources.map { offset[$0] }, hasPositiveScale: hasPositiveScale, runs: lengths)
            pieces.append(count <= Self.largestPlainCount ? piece.withoutRuns : piece)
        }
        return start == channelCount ? pieces : nil
    }

    /// What became of joining affines.
    enum Joined {
        case affine(ChannelAffine)
        /// A part's number of channels is not known.
        case unknownCount
        /// There are more channels, or more different ones, than the planner follows.
        case tooMany
    }

    /// Affines of parts of the channels, one behind the other.
    ///
    /// - Parameter parts: each part's affine, `nil` for the identity, and its number of channels.
    static func joined(_ parts: [(affine: ChannelAffine?, count: Int?)]) -> Joined {
        if let first = parts.first?.affine, first.isUniform, parts.allSatisfy({ $0.affine == first }) {
            return .affine(first)
        }
        var total = 0
        for part in parts {
            guard let count = part.count, count > 0, part.affine?.fits(count) ?? true else { return .unknownCount }
            guard count <= maximumChannelCount - total else { return .tooMany }
            total += count
        }
        if total == 0 { return .unknownCount }
        var builder = RunBuilder(isPlain: total <= largestPlainCount)
        for part in parts {
            guard let count = part.count else { return .unknownCount }
            builder.append(part.affine ?? .uniform(scale: 1, offset: 0), count: count)
            if builder.scale.count > maximumEntryCount { return .tooMany }
        }
        return .affine(
            ChannelAffine(
                scale: builder.scale, center: builder.center, offset: builder.offset,
                hasPositiveScale: parts.allSatisfy { $0.affine?.keepsSigns ?? true },
                runs: builder.isPlain || builder.runs.allSatisfy { $0 == 1 } ? nil : builder.runs))
    }

    /// Collects entries; neighbours that are equal bit for bit become one run.
    private struct RunBuilder {
        let isPlain: Bool
        var scale: [Double] = []
        var center: [Double] = []
        var offset: [Double] = []
        var runs: [Int] = []

        init(isPlain: Bool) { self.isPlain = isPlain }

        mutating func append(_ affine: ChannelAffine, count: Int) {
            if isPlain {
                guard let plain = affine.expanded(to: count) else { return }
                scale += plain.scale
                center += plain.center
                offset += plain.offset
                return
            }
            for entry in affine.scale.indices {
                let run = affine.isUniform ? count : affine.runs?[entry] ?? 1
                if let last = scale.indices.last, scale[last].bitPattern == affine.scale[entry].bitPattern,
                    center[last].bitPattern == affine.center[entry].bitPattern,
                    offset[last].bitPattern == affine.offset[entry].bitPattern
                {
                    runs[last] += run
                } else {
                    scale.append(affine.scale[entry])
                    center.append(affine.center[entry])
                    offset.append(affine.offset[entry])
                    runs.append(run)
                }
            }
        }
    }

    /// Affines of more channels than this are kept as runs where they are joined from parts.
    static let largestPlainCount = 4096
    /// More channels than any network has.
    static let maximumChannelCount = 1 << 24
    /// More different channels than any network joins.
    static let maximumEntryCount = 1 << 18
}
