import NetGraph

/// How the channels of an affine lie in a weight tensor, whose elements are taken in row-major order.
///
/// The channel of an element is group * channelsPerGroup + its place in the group; both are digits of the element's number:
///
///     group = number / groupStride % groups        place = number / channelStride % channelsPerGroup
///
/// So any order of the axes of a weight is a case of this one form, outputs as well as inputs. Groups that follow one another without a gap are written as
/// one.
public struct ChannelLayout: Hashable, Sendable {
    public let elementCount: Int
    let groups: Int
    let groupStride: Int
    let channelsPerGroup: Int
    let channelStride: Int

    public var channelCount: Int { groups * channelsPerGroup }

    /// - Parameter role: whose channels: those of the outputs or of the inputs.
    init(_ weight: WeightLayout, _ role: WeightLayout.Role) {
        var (groups, groupStride) = (weight.groups, weight.stride(of: .groups))
        var (channels, channelStride) = (weight.length(of: role), weight.stride(of: role))
        if channels == 1 {
            (channels, channelStride, groups) = (groups, groupStride, 1)
        } else if groups > 1, groupStride == channels * channelStride {
            (channels, groups) = (channels * groups, 1)
        }
        elementCount = weight.groups * weight.outputs * weight.inputs * weight.kernel
        self.groups = groups
        self.groupStride = groups == 1 ? elementCount : groupStride
        channelsPerGroup = channels
        self.channelStride = channels == 1 ? elementCount : channelStride
    }

    /// A vector with one element for each channel.
    init(vectorOf channels: Int) {
        elementCount = channels
        groups = 1
        groupStride = channels
        channelsPerGroup = channels
        channelStride = channels == 1 ? channels : 1
    }

    /// Elements of a weight that follow one another and belong to one channel, or each to the next one.
    struct Run {
        var channel: Int
        var count: Int
        /// Whether the channel counts up with the elements.
        var ascends: Bool
    }

    /// The run that begins with an element, of no more than `limit` elements.
    func run(from number: Int, limit: Int) -> Run {
        let place = number / channelStride % channelsPerGroup
        let channel = number / groupStride % groups * channelsPerGroup + place
        if channelStride == 1 {
            // Neighbours belong to neighbouring channels, up to the end of the group.
            return Run(channel: channel, count: min(channelsPerGroup - place, limit), ascends: true)
        }
        let step = min(groupStride, channelStride)
        return Run(channel: channel, count: min(step - number % step, limit), ascends: false)
    }

    /// Multiplies a slice of the tensor by the factor of each element's channel.
    ///
    /// - Parameters:
    ///   - elements: consecutive elements of the tensor.
    ///   - start: the place of the first of them.
    ///   - factors: one for each channel.
    public func multiply<Element: WeightElement>(
        _ elements: UnsafeMutableBufferPointer<Element>, from start: Int, by factors: [Double]
    ) {
        guard elementCount > 0 else { return }
        factors.withUnsafeBufferPointer { factors in
            var position = 0
            while position < elements.count {
                let run = run(from: start + position, limit: elements.count - position)
                let part = UnsafeMutableBufferPointer(rebasing: elements[position..<position + run.count])
                if run.ascends {
                    Element.multiply(
                        part,
                        each: UnsafeBufferPointer(rebasing: factors[run.channel..<run.channel + run.count]))
                } else {
                    Element.multiply(part, by: factors[run.channel])
                }
                position += run.count
            }
        }
    }
}
