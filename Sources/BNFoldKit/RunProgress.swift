/// How far a run over samples is.
public struct RunProgress: Hashable, Sendable {
    /// The part of the work that is done, from 0 to 1.
    public var fraction: Double
    /// How many samples the work takes in all; those that are gone through several times count each time.
    public var samples: Int

    public init(fraction: Double, samples: Int) {
        self.fraction = fraction
        self.samples = samples
    }
}
