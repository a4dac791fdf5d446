/// The number format of a parameter tensor.
public enum ElementType: Hashable, Sendable {
    case float16
    case float32
    case float64

    public var byteCount: Int {
        switch self {
        case .float16: 2
        case .float32: 4
        case .float64: 8
        }
    }

    /// The largest number that is not infinite.
    public var greatestFiniteMagnitude: Double {
        switch self {
        case .float16: 65504
        case .float32: Double(Float.greatestFiniteMagnitude)
        case .float64: .greatestFiniteMagnitude
        }
    }
}

/// One trained tensor of a network, without its numbers: those stay in a `WeightStore`.
public struct Parameter: Hashable, Sendable {
    /// What messages call it, for example `conv1 weight`.
    public var name: String
    /// Row-major shape; `nil` when no weights were read and the network does not tell.
    public var shape: [Int]?
    public var elementType: ElementType
    /// Whether layers that share the tensor may be given copies of their own. Where the framework calls one layer several times, with one set of
    /// parameters and one set of fields, its calls may not be parted: they change together or not at all.
    public var mayBeParted: Bool
    /// What a weight may be multiplied by.
    public var factors: Factors

    /// Which factors a weight takes.
    public enum Factors: Hashable, Sendable {
        case any
        /// It is stored as whole numbers and a scale for each output channel, which takes positive factors.
        case ofOutputs
        /// It is stored as whole numbers and scales that only one positive factor of all channels goes into.
        case ofAll
    }

    public init(
        name: String, shape: [Int]?, elementType: ElementType = .float32, mayBeParted: Bool = true,
        factors: Factors = .any
    ) {
        self.name = name
        self.mayBeParted = mayBeParted
        self.factors = factors
        self.shape = shape
        self.elementType = elementType
    }

    /// The number of elements, or `nil` while the shape is unknown.
    public var elementCount: Int? { shape.flatMap(TensorShape.elementCount) }
}
