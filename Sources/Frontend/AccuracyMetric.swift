/// A layer of the training network that counts how often the largest scores belong to the right class.
public struct AccuracyMetric: Hashable, Sendable {
    /// The name of the layer.
    public var layer: String
    /// The value that holds the scores, and the one that would hold the labels.
    public var scores: String
    public var labels: String
    /// The axis of the scores; a negative one counts from the last.
    public var axis: Int
    /// A sample is right when its class is among that many with the largest scores.
    public var topK: Int
    /// Samples with this label are not counted.
    public var ignoredLabel: Int?

    public init(layer: String, scores: String, labels: String, axis: Int = 1, topK: Int = 1, ignoredLabel: Int? = nil) {
        self.layer = layer
        self.scores = scores
        self.labels = labels
        self.axis = axis
        self.topK = topK
        self.ignoredLabel = ignoredLabel
    }
}
