import NetGraph

/// Which layers a framework has for affines that nothing takes.
public struct LeftoverForm: Hashable, Sendable {
    /// The layer that an affine becomes.
    public enum Kind: Hashable, Sendable {
        /// gamma x, or gamma x + beta
        case scale
        /// x + beta
        case bias
        /// A BatchNorm with numbers of its own, and a variance that this epsilon, which is below 1, makes 1 of.
        case batchNorm(epsilon: Double)
    }

    /// What the framework calls such layers.
    public var types = Types()

    /// For factors, or for factors and terms.
    private var factors: Kind
    private var factorsAndTerms: Kind
    /// For terms alone.
    private var terms: Kind

    /// The names of the types of layers.
    public struct Types: Hashable, Sendable {
        public var scale: String
        public var bias: String
        public var batchNorm: String

        public init(scale: String = "Scale", bias: String = "Bias", batchNorm: String = "BatchNorm") {
            self.scale = scale
            self.bias = bias
            self.batchNorm = batchNorm
        }

        func name(of kind: Kind) -> String {
            switch kind {
            case .scale: scale
            case .bias: bias
            case .batchNorm: batchNorm
            }
        }
    }

    /// A Scale; a Bias for terms alone.
    public static let scaleOrBias = LeftoverForm(factors: .scale, factorsAndTerms: .scale, terms: .bias)

    /// A Scale, for terms alone with factors of 1: for runtimes without a Bias layer.
    public static let scale = LeftoverForm(factors: .scale, factorsAndTerms: .scale, terms: .scale)

    /// A BatchNorm, whatever is left.
    public static func batchNorm(epsilon: Double) -> LeftoverForm {
        LeftoverForm(
            factors: .batchNorm(epsilon: epsilon), factorsAndTerms: .batchNorm(epsilon: epsilon),
            terms: .batchNorm(epsilon: epsilon))
    }

    /// A multiplication for factors alone (a Scale without terms), an addition for terms alone (a Bias), and one BatchNorm instead of the two of them.
    public static func multiplicationOrAddition(epsilon: Double) -> LeftoverForm {
        LeftoverForm(factors: .scale, factorsAndTerms: .batchNorm(epsilon: epsilon), terms: .bias)
    }

    func kind(hasFactors: Bool, hasTerms: Bool) -> Kind {
        hasTerms ? hasFactors ? factorsAndTerms : terms : factors
    }

    /// Whether a layer that stands by itself may stay what it is.
    func keeps(_ operation: Operation) -> Bool {
        switch operation {
        case .scale: true
        case .bias: terms != .scale
        case .batchNorm: if case .batchNorm = factorsAndTerms { true } else { false }
        default: false
        }
    }

    /// The numbers that a layer reads for each element: the element, its channel's factor, its channel's term.
    func readCount(hasFactors: Bool, hasTerms: Bool) -> Int {
        switch kind(hasFactors: hasFactors, hasTerms: hasTerms) {
        case .scale: hasTerms ? 3 : 2
        case .bias: 2
        case .batchNorm: 3
        }
    }
}
