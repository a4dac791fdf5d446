import NetGraph

/// The channels that all folds and leftovers of a plan may have together, for each of them becomes numbers.
///
/// They are bounded, for a few layers that share what they store could make any number of them.
struct ChannelLimit {
    let channelCount: Int

    /// More than any network with these parameters has need of.
    init(_ network: Network) {
        let stored = network.parameters.reduce(0) { $0 &+ ($1.elementCount ?? 0) }
        channelCount = Self.least + 2 * min(max(stored, 0), 1 << 48)
    }

    /// The channels that any plan may have.
    private static let least = 1 << 22

    /// - Throws: `WeightError` when there are more.
    func check(_ takers: [LinearTaker], _ stays: [StayingAffine]) throws(WeightError) {
        var made = 0
        func add(_ channels: Int) {
            let (sum, overflows) = made.addingReportingOverflow(channels)
            made = overflows ? .max : sum
        }
        for taker in takers {
            add(taker.linear.outputChannels)
            add(taker.before?.affine.channelCount ?? 0)
        }
        for case .leftover(let outline) in stays.lazy.map(\.form) { add(outline.channelCount) }
        guard made > channelCount else { return }
        throw WeightError(
            kind: .malformed,
            message:
                "folding would make more than \(channelCount) numbers per channel out of the few that are stored; is this network made to be hostile?"
        )
    }
}
