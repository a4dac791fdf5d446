import NetGraph

/// What is to be done with every affine layer of a network: data that can be printed, compared and applied.
public struct FoldPlan: Hashable, Sendable {
    /// Chains that vanish into the linear layer before them.
    public var folds: [Fold]
    /// Chains that nothing takes: each becomes one Scale.
    public var leftovers: [Leftover]
    /// Affine layers that stay as they are.
    public var refusals: [Refusal]

    public init(folds: [Fold] = [], leftovers: [Leftover] = [], refusals: [Refusal] = []) {
        self.folds = folds
        self.leftovers = leftovers
        self.refusals = refusals
    }

    /// Whether applying the plan changes nothing.
    public var isEmpty: Bool { folds.isEmpty && leftovers.isEmpty }
}

/// A chain of affine layers that a linear layer takes into its weight and bias.
///
///     Before:  x - linear(W, b) - y - affine(s, t) - z
///     After:   x - linear(W', b') - z
///
/// Per output channel c: `W'[c] = s[c] W[c]`, `b'[c] = s[c] b[c] + t[c]`.
public struct Fold: Hashable, Sendable {
    /// The layers of the chain, in order.
    public var chain: [LayerID]
    /// The linear layer.
    public var target: LayerID
    public var channelCount: Int
    /// `nil` in a plan made without weights.
    public var affine: ChannelAffine?
    /// The bias after the fold, one number for each output channel; `nil` in a plan made without weights.
    public var bias: [Double]?
}

/// A chain of affine layers that becomes one Scale with bias, in the place of one of them.
public struct Leftover: Hashable, Sendable {
    public var chain: [LayerID]
    /// The layer of the chain that becomes the Scale.
    public var survivor: LayerID
    public var channelCount: Int
    /// `nil` in a plan made without weights.
    public var affine: ChannelAffine?
    public var reason: RefusalReason
}

/// An affine layer that stays as it is, and why.
public struct Refusal: Hashable, Sendable {
    public var layer: LayerID
    public var reason: RefusalReason
}
