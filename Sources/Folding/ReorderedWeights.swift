import NetGraph

/// Channels of a tensor in another order.
public struct ChannelOrder: Hashable, Sendable {
    /// Where the channels lie.
    public var layout: ChannelLayout
    /// Which channel of the old tensor each channel of the new one is.
    public var order: [Int]
}

/// Weights of which some tensors have their channels in another order.
struct ReorderedWeights<Base: WeightStore>: WeightStore {
    private let base: Base
    /// By the new tensor: the old one, and how its channels are ordered.
    private let orders: [ParameterID: (source: ParameterID, order: ChannelOrder)]

    init(base: Base, recipes: [ParameterID: ParameterRecipe]) {
        self.base = base
        orders = recipes.compactMapValues { recipe in
            guard case .reordered(let source, let order) = recipe else { return nil }
            return (source, order)
        }
    }

    func read<Element: WeightElement>(
        _ parameter: ParameterID, from start: Int, into buffer: UnsafeMutableBufferPointer<Element>
    ) throws(WeightError) {
        guard let (source, order) = orders[parameter] else {
            return try base.read(parameter, from: start, into: buffer)
        }
        let layout = order.layout
        var position = 0
        while position < buffer.count {
            let run = layout.run(from: start + position, limit: buffer.count - position)
            // Where neighbours belong to neighbouring channels each is looked up by itself.
            let count = run.ascends ? 1 : run.count
            let offset = layout.offset(from: run.channel, to: order.order[run.channel])
            try base.read(
                source, from: start + position + offset,
                into: UnsafeMutableBufferPointer(rebasing: buffer[position..<position + count]))
            position += count
        }
    }

    func isComputed(_ parameter: ParameterID) -> Bool { orders[parameter] != nil || base.isComputed(parameter) }

    func location(of parameter: ParameterID) -> String? { base.location(of: orders[parameter]?.source ?? parameter) }
}

extension ChannelLayout {
    /// How far an element of one channel lies behind the same one of another channel, in elements.
    fileprivate func offset(from channel: Int, to other: Int) -> Int {
        (other / channelsPerGroup - channel / channelsPerGroup) * groupStride
            + (other % channelsPerGroup - channel % channelsPerGroup) * channelStride
    }
}
