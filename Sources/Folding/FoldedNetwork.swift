import NetGraph

/// A network with a plan applied, and how its new parameters come from those of the network before.
public struct FoldedNetwork: Sendable {
    public var network: Network
    /// The parameters that are not taken over as they are. They have identifiers that the network before did not use.
    public var recipes: [ParameterID: ParameterRecipe]
    /// Of parameters that are stored in half precision because that was asked for, the format that their layers compute in; `nil` where it was not
    /// asked for.
    public var halved: [ParameterID: ElementType]?
    /// Whether the network is to compute in half precision, too.
    public var computesInHalf = false

    public init(network: Network, recipes: [ParameterID: ParameterRecipe]) {
        self.network = network
        self.recipes = recipes
    }
}

extension FoldedNetwork {
    /// A network as it is.
    public init(unchanged network: Network) { self.init(network: network, recipes: [:]) }
}

/// How a parameter of a folded network is computed.
public enum ParameterRecipe: Hashable, Sendable {
    /// Each element of another parameter times the factors of its channels, rounded once.
    case scaled(ParameterID, by: [ChannelFactors])
    /// Each element of another parameter with the affine of its channel, rounded once.
    case mapped(ParameterID, ChannelLayout, ChannelAffine)
    /// These numbers, each rounded once.
    case vector([Double])
    /// Another parameter with its channels in another order.
    case reordered(ParameterID, ChannelOrder)
    /// A part of another parameter, which may have a recipe itself: some of its channels.
    case selected(ParameterID, WeightSelection)
    /// A bias that takes the shift of what the layer reads, rounded once.
    case shifted(ForwardShift)
}

/// Factors of channels, and where those lie in a weight.
public struct ChannelFactors: Hashable, Sendable {
    public var layout: ChannelLayout
    /// One for each channel.
    public var numbers: [Double]
}

/// The bias of a linear layer that takes a shift of its inputs: `u[o] (b[o] + sum over i, k of t[i] W[o, i, k]) + v[o]`.
public struct ForwardShift: Hashable, Sendable {
    public var weight: ParameterID
    /// `nil` for none.
    public var bias: ParameterID?
    public var outputs: ChannelLayout
    /// t, one for each input channel.
    public var shift: ChannelFactors
    /// u and v.
    public var affine: ChannelAffine
}
