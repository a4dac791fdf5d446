/// What is to be stored in half precision.
public struct HalfPrecisionOptions: Hashable, Sendable {
    public enum Extent: String, Hashable, Sendable, CaseIterable {
        /// Weights alone: what computes with them gets them in its own format.
        case weights
        /// The whole network: it computes in half precision, too.
        case graph
    }

    public var extent = Extent.weights
    /// Names of layers whose numbers stay as they are.
    public var keptLayers: [String] = []
    /// A tensor stays as it is where more than this share of its numbers lose more than the rounding of normal numbers (2^-11); `nil` for no limit.
    public var largestLoss: Double?

    public init(_ extent: Extent = .weights) { self.extent = extent }
}
