import NetGraph

/// What is to be done with every affine layer of a network: data that can be printed, compared and applied.
///
/// An affine layer appears once where it goes one way, and in several entries where its parts do: its factors in one linear layer, say, and its
/// shift in a Bias that stays.
public struct FoldPlan: Hashable, Sendable {
    /// Linear layers that take affines.
    public var folds: [Fold]
    /// Affines that nothing takes: each is one Scale or Bias.
    public var leftovers: [Leftover]
    /// Affine layers that stay as they are.
    public var refusals: [Refusal]
    /// Affine layers that change nothing, alone or together, and go.
    public var dropped: [LayerID]
    public var rewiring: Rewiring
    /// The work after which the search for a better plan ended, where it did so before it was done; the plan is as exact as any.
    public var spentWork: Int?

    public init(
        folds: [Fold] = [], leftovers: [Leftover] = [], refusals: [Refusal] = [], dropped: [LayerID] = [],
        rewiring: Rewiring = Rewiring()
    ) {
        self.folds = folds
        self.leftovers = leftovers
        self.refusals = refusals
        self.dropped = dropped
        self.rewiring = rewiring
    }

    /// Whether applying the plan changes nothing.
    public var isEmpty: Bool { folds.isEmpty && leftovers.isEmpty && dropped.isEmpty }
}

/// A linear layer that takes affines into its weight and bias: those of its outputs, those of its inputs, or both.
///
///     Before:  x - affine(s, t) - linear(W, b) - affine(u, v) - y
///     After:   x - linear(W', b') - y
///
/// Per output channel o and input channel i: `W'[o, i] = u[o] s[i] W[o, i]`, `b'[o] = u[o] (b[o] + sum over i of t[i] W[o, i]) + v[o]`.
public struct Fold: Hashable, Sendable {
    /// Where one affine came from.
    public struct Take: Hashable, Sendable {
        /// The layers of the affine, in order.
        public var chain: [LayerID]
        public var direction: FoldDirection
        /// The layers that it passed on its way.
        public var through: [LayerID]
    }

    public var target: LayerID
    public var takes: [Take]
    /// The number of output channels.
    public var channelCount: Int
    /// Of the outputs; the identity where only affines of the inputs are taken, `nil` in a plan made without weights.
    public var affine: ChannelAffine?
    /// Of the inputs; `nil` where none is taken, and in a plan made without weights.
    public var inputAffine: ChannelAffine?
    /// Whether the bias takes anything; a layer without one gets it then.
    public var changesBias: Bool
    /// The bias after the fold, one number for each output channel; `nil` in a plan made without weights, and where the weight has to be
    /// added up for it.
    public var bias: [Double]?

    /// All layers whose affines it takes, in order.
    public var chain: [LayerID] { takes.flatMap(\.chain).uniqued }
}

/// An affine that nothing takes: one layer of the kind that the framework has for it, in the place of one of its layers where that is possible.
public struct Leftover: Hashable, Sendable {
    /// The layers that it, or a part of it, comes from, in order.
    public var chain: [LayerID]
    /// The layer that it becomes: one of the chain, or a new one, whose identifier is negative, which no frontend gives.
    public var survivor: LayerID
    /// The name of that layer.
    public var name: String
    public var channelCount: Int
    /// `nil` in a plan made without weights.
    public var affine: ChannelAffine?
    /// Whether it has factors, and terms, other than those of the identity.
    public var hasScale: Bool
    public var hasShift: Bool
    /// What it becomes, and what the framework calls that.
    public var kind: LeftoverForm.Kind
    public var type: String
    public var input: ValueID
    public var output: ValueID
    /// Why nothing before it takes it.
    public var reason: RefusalReason
    /// Why nothing behind it takes it; `nil` where nobody asked.
    public var forwardReason: RefusalReason?

    /// Whether it becomes a Bias.
    public var isBias: Bool { kind == .bias }
}

/// An affine layer that stays as it is, and why.
public struct Refusal: Hashable, Sendable {
    public var layer: LayerID
    public var reason: RefusalReason
    /// Why nothing behind it takes it; `nil` where nobody asked.
    public var forwardReason: RefusalReason?

    public init(layer: LayerID, reason: RefusalReason, forwardReason: RefusalReason? = nil) {
        self.layer = layer
        self.reason = reason
        self.forwardReason = forwardReason
    }
}

/// Who reads and writes what after a plan.
///
/// A value that holds other numbers than before is a new value under a new name, so that no name tells a lie; the values of layers in place that nobody sees at
/// the end share the name of the last one, as before.
public struct Rewiring: Hashable, Sendable {
    /// A new value in the place of an old one.
    public struct Regauged: Hashable, Sendable {
        public var before: ValueID
        public var name: String
        /// The affine layer whose affine it took, or gave away.
        public var layer: LayerID
    }

    /// Layers that go.
    public var removed: [LayerID] = []
    /// New values, in the order of their identifiers, which follow those of the network.
    public var regauged: [Regauged] = []
    /// Values that have another name, for a layer in place that writes one of the new values.
    public var names: [ValueID: String] = [:]
    /// Layers that read other values than before.
    public var inputs: [LayerID: [ValueID]] = [:]
    /// Layers that write other values than before.
    public var outputs: [LayerID: [ValueID]] = [:]
    /// New layers, by the layer that they stand before or behind.
    public var insertedBefore: [LayerID: [LayerID]] = [:]
    public var insertedBehind: [LayerID: [LayerID]] = [:]

    public init() {}
}

extension Array where Element: Hashable {
    /// The elements without repetition, in order.
    package var uniqued: [Element] {
        if count < 2 { return self }
        if count <= 4 {
            var unique: [Element] = []
            for element in self where !unique.contains(element) { unique.append(element) }
            return unique
        }
        var seen: Set<Element> = []
        return filter { seen.insert($0).inserted }
    }
}
