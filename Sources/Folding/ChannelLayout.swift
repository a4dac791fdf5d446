/// How the channels of an affine lie in a weight tensor.
///
/// The row-major elements are read as a block of (groups, repeats, channels per group, inner); the channel of an element is
/// group * channelsPerGroup + its place on the third axis. Each kind of weight is a case of this one form:
///
///     convolution, outputs        (1, 1, O, I/g * kernel)
///     deconvolution, outputs      (g, I/g, O/g, kernel)
///     inner product, outputs      (1, 1, O, K), transposed (1, K, O, 1)
public struct ChannelLayout: Hashable, Sendable {
    public var groups: Int
    public var repeats: Int
    public var channelsPerGroup: Int
    public var inner: Int

    public var elementCount: Int { groups * repeats * channelsPerGroup * inner }
    public var channelCount: Int { groups * channelsPerGroup }

    /// Calls `body` for each run of consecutive elements of one channel within a range of elements, in order.
    func forEachRun(in elements: Range<Int>, _ body: (_ run: Range<Int>, _ channel: Int) -> Void) {
        guard inner > 0, channelsPerGroup > 0, repeats > 0 else { return }
        var position = elements.lowerBound
        while position < elements.upperBound {
            let row = position / inner
            let channel = row / channelsPerGroup / repeats * channelsPerGroup + row % channelsPerGroup
            let end = min((row + 1) * inner, elements.upperBound)
            body(position..<end, channel)
            position = end
        }
    }
}
