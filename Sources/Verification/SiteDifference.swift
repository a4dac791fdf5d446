import Execution
import NetGraph

/// How far a fold is off by itself: both networks compute the same part from the same numbers, in double precision.
public struct SiteDifference: Hashable, Sendable {
    /// The largest |folded - original| of the output that comes closest to its bound or lies farthest beyond.
    public private(set) var error = 0.0
    /// The largest magnitude of that output in the original.
    public private(set) var magnitude = 0.0
    /// The bound of `error`; `nil` where none is known, and `error` is judged by the tolerance.
    public private(set) var bound: Double?
    /// `error` relative to its bound, or to the tolerance; infinite for a number that is not finite or shapes that differ.
    public private(set) var ratio = 0.0
    /// The channel (axis 1) of `error`.
    public private(set) var channel: Int?
    /// What the two sides gave when their shapes differ.
    public private(set) var shapes: String?
    /// Samples that the fold was tried on.
    public private(set) var sampleCount = 0

    init() {}

    mutating func count(samples: Int) { sampleCount += samples }

    /// Compares one output, channel by channel.
    mutating func add(
        original: Tensor<Double>, folded: Tensor<Double>, bound limits: ErrorBound?, tolerance: Double
    ) {
        guard original.shape == folded.shape else {
            if ratio < .infinity {
                ratio = .infinity
                shapes = "\(BlobShape.describe(original.shape)) and \(BlobShape.describe(folded.shape))"
            }
            return
        }
        let hasChannels = original.shape.count > 1
        let channelCount = hasChannels ? original.shape[1] : 1
        let inner = hasChannels ? original.shape.dropFirst(2).reduce(1, *) : original.elements.count
        guard channelCount > 0, inner > 0 else { return }
        var errors = [Double](repeating: 0, count: channelCount)
        var largest = 0.0
        for (index, expected) in original.elements.enumerated() {
            let difference = abs(folded.elements[index] - expected)
            let channel = index / inner % channelCount
            errors[channel] = difference.isFinite ? max(errors[channel], difference) : .infinity
            largest = max(largest, abs(expected))
        }
        for (channel, error) in errors.enumerated() {
            let limit = limits?.ofChannel(channel)
            let allowed = limit ?? tolerance * largest
            let share = error == 0 ? 0 : allowed > 0 && error.isFinite ? error / allowed : .infinity
            guard share > ratio || self.channel == nil else { continue }
            ratio = max(share, ratio)
            self.error = error
            magnitude = largest
            bound = limit
            self.channel = channel
        }
    }
}
