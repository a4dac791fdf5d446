import Execution
import NetGraph

/// How far a fold is off by itself: both networks compute the same part from the same numbers, in double precision.
public struct SiteDifference: Hashable, Sendable {
    /// How far one channel of one output is off.
    public struct Channel: Hashable, Sendable {
        /// Its number along axis 1.
        public var channel: Int
        /// The largest |folded - original|.
        public var error: Double
        /// The largest magnitude of the output in the original, over all channels.
        public var magnitude: Double
        /// The bound of `error`; `nil` where none is known, and `error` is judged by the tolerance.
        public var bound: Double?
        /// `error` relative to its bound, or to the tolerance; infinite for a number that is not finite.
        public var ratio: Double
    }

    /// The channel that comes closest to its bound or lies farthest beyond; `nil` before anything was compared.
    public private(set) var nearest: Channel?
    /// The channel with the largest error relative to the magnitude of its output.
    public private(set) var largest: Channel?
    /// What the two sides gave when their shapes differ.
    public private(set) var shapes: String?
    /// Samples that the fold was tried on.
    public private(set) var sampleCount = 0

    /// The largest error relative to its bound, or to the tolerance; infinite for a number that is not finite or shapes that differ.
    public var ratio: Double { shapes == nil ? nearest?.ratio ?? 0 : .infinity }

    /// Of the channel that comes closest to its bound.
    public var error: Double { nearest?.error ?? 0 }
    public var magnitude: Double { nearest?.magnitude ?? 0 }
    public var bound: Double? { nearest?.bound }
    public var channel: Int? { nearest?.channel }

    init() {}

    mutating func count(samples: Int) { sampleCount += samples }

    /// Compares one output, channel by channel.
    ///
    /// - Parameters:
    ///   - limits: what the rounding of weights allows, where that is known.
    ///   - noise: what the arithmetic of the comparison itself may amount to.
    mutating func add(
        original: Tensor<Double>, folded: Tensor<Double>, bound limits: ErrorBound?, noise: Double = 0,
        tolerance: Double
    ) {
        guard original.shape == folded.shape else {
            shapes = shapes ?? "\(TensorShape.describe(original.shape)) and \(TensorShape.describe(folded.shape))"
            return
        }
        let hasChannels = original.shape.count > 1
        let channelCount = hasChannels ? original.shape[1] : 1
        let inner = hasChannels ? original.shape.dropFirst(2).reduce(1, *) : original.elements.count
        guard channelCount > 0, inner > 0 else { return }
        var errors = [Double](repeating: 0, count: channelCount)
        var magnitude = 0.0
        var alikeCount = 0
        for (index, expected) in original.elements.enumerated() {
            let found = folded.elements[index]
            let difference = abs(found - expected)
            let channel = index / inner % channelCount
            // What is not finite in the same way says nothing.
            if !expected.isFinite, expected == found || expected.isNaN && found.isNaN {
                alikeCount += 1
                if alikeCount == original.elements.count { errors[channel] = .infinity }
                continue
            }
            errors[channel] = difference.isFinite ? max(errors[channel], difference) : .infinity
            magnitude = max(magnitude, abs(expected))
        }
        for (channel, error) in errors.enumerated() {
            let limit = limits.map { $0.ofChannel(channel) + noise }
            let allowed = limit ?? tolerance * magnitude + noise
            let ratio = error == 0 ? 0 : allowed > 0 && error.isFinite ? error / allowed : .infinity
            let found = Channel(channel: channel, error: error, magnitude: magnitude, bound: limit, ratio: ratio)
            if nearest.map({ ratio > $0.ratio }) ?? true { nearest = found }
            if largest.map({ found.relative > $0.relative }) ?? true { largest = found }
        }
    }
}

extension SiteDifference.Channel {
    /// The error relative to the magnitude; of something from nothing, the error as it is.
    fileprivate var relative: Double { magnitude > 0 ? error / magnitude : error }
}
