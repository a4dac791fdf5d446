/// One tensor of a layer, as Keras orders those of its class.
public struct KerasWeight: Hashable, Sendable {
    /// What a tensor is for; its name is Keras's own.
    public enum Role: String, Hashable, Sendable {
        case kernel, bias, gamma, beta
        case movingMean = "moving_mean"
        case movingVariance = "moving_variance"
        case depthwiseKernel = "depthwise_kernel"
        case pointwiseKernel = "pointwise_kernel"
        /// The slopes of PReLU.
        case alpha
        case embeddings
        /// Of Normalization, and the number of samples it has seen.
        case mean, variance, count
        /// What inference does not use.
        case unused
    }

    public var role: Role
    /// Whether training changes it while its layer is trainable.
    public var isTrainable: Bool
    /// As far as the JSON tells it; `nil` for a length that depends on the input, or for an unknown rank.
    public var shape: [Int?]?

    public init(_ role: Role, isTrainable: Bool = true, shape: [Int?]? = nil) {
        self.role = role
        self.isTrainable = isTrainable
        self.shape = shape
    }
}
