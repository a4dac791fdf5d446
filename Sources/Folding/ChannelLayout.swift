import NetGraph

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

    /// The channel of the elements of a row: those that differ on the innermost axis alone.
    func channel(ofRow row: Int) -> Int {
        row / channelsPerGroup / repeats * channelsPerGroup + row % channelsPerGroup
    }

    /// Multiplies a slice of the tensor by the factor of each element's channel.
    ///
    /// - Parameters:
    ///   - elements: consecutive elements of the tensor.
    ///   - start: the place of the first of them.
    ///   - factors: one for each channel.
    func multiply<Element: WeightElement>(
        _ elements: UnsafeMutableBufferPointer<Element>, from start: Int, by factors: [Double]
    ) {
        guard inner > 0, channelsPerGroup > 0, repeats > 0 else { return }
        factors.withUnsafeBufferPointer { factors in
            var position = 0
            while position < elements.count {
                let row = (start + position) / inner
                let channel = channel(ofRow: row)
                if inner == 1 {
                    // Neighbours belong to neighbouring channels, up to the end of the group.
                    let count = min(channelsPerGroup - row % channelsPerGroup, elements.count - position)
                    Element.multiply(
                        UnsafeMutableBufferPointer(rebasing: elements[position..<position + count]),
                        each: UnsafeBufferPointer(rebasing: factors[channel..<channel + count]))
                    position += count
                } else {
                    let end = min((row + 1) * inner - start, elements.count)
                    Element.multiply(
                        UnsafeMutableBufferPointer(rebasing: elements[position..<end]), by: factors[channel])
                    position = end
                }
            }
        }
    }
}
