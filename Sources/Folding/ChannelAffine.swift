import NetGraph

/// y = scale (x - center) + offset, per channel, in double precision.
///
/// BatchNorm and its Scale take this form without cancellation: scale = gamma / sqrt(variance / n + epsilon), center = mean / n,
/// offset = beta. One entry for each channel, or a single entry that holds for every channel. While a plan is looked for an entry may also stand for
/// a run of channels, so that a number of channels that a text claims costs nothing; in a finished plan each channel has its own.
public struct ChannelAffine: Hashable, Sendable {
    public private(set) var scale: [Double]
    public private(set) var center: [Double]
    public private(set) var offset: [Double]
    /// Whether the single entry holds for every channel, however many there are.
    let isUniform: Bool
    /// The number of channels that each entry stands for; `nil` where it is one each.
    let runs: [Int]?
    public let channelCount: Int
    /// Whether factors that are not known are positive all the same. A number that is not known is NaN.
    let hasPositiveScale: Bool

    /// The arrays must have one length, which is at least 1; a missing one stands for the identity's.
    init(
        scale: [Double], center: [Double]? = nil, offset: [Double]? = nil, isUniform: Bool = false,
        hasPositiveScale: Bool = false, runs: [Int]? = nil
    ) {
        self.scale = scale
        self.center = center ?? Self.zeros(scale.count)
        self.offset = offset ?? Self.zeros(scale.count)
        self.isUniform = isUniform && scale.count == 1
        self.runs = runs
        channelCount = runs?.reduce(0, +) ?? scale.count
        self.hasPositiveScale = hasPositiveScale && scale.contains(where: \.isNaN)
    }

    /// Most affines of a plan without numbers have one entry, whose 0 need not be made each time.
    private static let oneZero: [Double] = [0]

    private static func zeros(_ count: Int) -> [Double] {
        count == 1 ? oneZero : [Double](repeating: 0, count: count)
    }

    /// The same factor and term for every channel; NaN for numbers of the channels that are not known.
    static func uniform(scale: Double, offset: Double, hasPositiveScale: Bool = false) -> ChannelAffine {
        ChannelAffine(scale: [scale], offset: [offset], isUniform: true, hasPositiveScale: hasPositiveScale)
    }

    /// The term of y = scale x + shift.
    public var shift: [Double] { bias(addedTo: nil) }

    /// The bias of the linear layer that takes the affine: scale (b - center) + offset, with one rounding (fused).
    ///
    /// - Parameter bias: the layer's bias before, one number for each channel; `nil` for none.
    public func bias(addedTo bias: [Double]?) -> [Double] {
        scale.indices.map { channel in
            let centered = (bias?[channel] ?? 0) - center[channel]
            return offset[channel].addingProduct(centered, scale[channel])
        }
    }

    /// The term of y = scale x + shift of one channel.
    private func shift(ofChannel channel: Int) -> Double {
        offset[channel].addingProduct(0 - center[channel], scale[channel])
    }

    /// Whether every number is finite.
    var isFinite: Bool {
        scale.allSatisfy(\.isFinite) && center.allSatisfy(\.isFinite) && offset.allSatisfy(\.isFinite)
    }

    /// Whether every number is known.
    var isKnown: Bool {
        !scale.contains(where: \.isNaN) && !center.contains(where: \.isNaN) && !offset.contains(where: \.isNaN)
    }

    /// Whether all channels are known to have the same numbers.
    var isSameInAllChannels: Bool { isUniform && isKnown }

    /// Whether no channel changes its sign.
    var keepsSigns: Bool { scale.allSatisfy(keepsSign) }

    /// Whether a factor of a channel is not negative.
    func keepsSign(_ factor: Double) -> Bool { factor >= 0 || factor.isNaN && hasPositiveScale }

    /// Whether no channel is multiplied.
    var hasUnitScale: Bool { scale.allSatisfy { $0 == 1 } }

    /// Whether nothing is added to any channel.
    var hasNoShift: Bool {
        scale.indices.allSatisfy { center[$0] == 0 && offset[$0] == 0 }
            || scale.indices.allSatisfy { shift(ofChannel: $0) == 0 }
    }

    var isIdentity: Bool { hasUnitScale && hasNoShift }

    /// Whether a finite factor or term is too large for a Float.
    var leavesFloatRange: Bool {
        let leaves = { (number: Double) in number.isFinite && !Float(number).isFinite }
        return scale.contains(where: leaves) || scale.indices.contains { leaves(shift(ofChannel: $0)) }
    }

    /// The same affine with one entry for each of `count` channels; `nil` when it is for another number of channels.
    public func expanded(to count: Int) -> ChannelAffine? {
        if channelCount == count, !isUniform || count == 1 { return withoutRuns }
        guard isUniform else { return nil }
        return ChannelAffine(
            scale: [Double](repeating: scale[0], count: count), center: [Double](repeating: center[0], count: count),
            offset: [Double](repeating: offset[0], count: count), hasPositiveScale: hasPositiveScale)
    }

    /// Whether the affine has an entry for each of `count` channels, or one for all of them.
    func fits(_ count: Int) -> Bool { isUniform || channelCount == count }

    /// This affine followed by another one: next(self(x)). `nil` when the numbers of channels differ.
    public func followed(by next: ChannelAffine) -> ChannelAffine? {
        guard let both = Self.aligned([self, next]) else { return nil }
        let (first, second) = (both[0], both[1])
        var result = ChannelAffine(
            scale: first.scale, center: first.center, offset: first.offset, isUniform: first.isUniform,
            hasPositiveScale: keepsSigns && next.keepsSigns, runs: first.runs)
        for entry in first.scale.indices {
            result.scale[entry] = first.scale[entry] * second.scale[entry]
            result.offset[entry] = second.offset[entry].addingProduct(
                first.offset[entry] - second.center[entry], second.scale[entry])
        }
        return result
    }
}
