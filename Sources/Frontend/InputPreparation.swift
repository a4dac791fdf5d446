/// What is done to data before a network gets it, and is to become part of the network.
public struct InputPreparation: Hashable, Sendable {
    /// Take what the files say: mean and scale of a layer for data, and layers of a model that prepare its data.
    public var foldsPreprocessing = false
    /// What is subtracted, by input: one number, or one for each channel. The empty name stands for the only input.
    public var means: [String: [Double]] = [:]
    /// What is multiplied after that, likewise.
    public var scales: [String: [Double]] = [:]

    /// Take the three channels of images in reverse order: RGB for a network that was trained on BGR, or the other way round.
    public var swapsChannels = false

    public init() {}

    /// Whether numbers are told beside those of the files.
    public var hasNumbers: Bool { !means.isEmpty || !scales.isEmpty }

    public var isEmpty: Bool { self == InputPreparation() }
}

/// What a layer for data does to each sample: (x - mean) scale.
public struct DataTransform: Hashable, Sendable {
    /// The value that gets the data.
    public var value: String
    /// One number, or one for each channel; none for 0.
    public var means: [Double]
    public var scale: Double
    /// What it does that is no factor or term of a channel, as the files say it; `nil` for nothing.
    public var obstacle: String?

    public init(value: String, means: [Double], scale: Double, obstacle: String? = nil) {
        self.value = value
        self.means = means
        self.scale = scale
        self.obstacle = obstacle
    }
}
