import NetGraph

/// Stores the numbers of a network in half precision, each rounded once from what it is in double precision.
///
///     Before:  weight of a layer, Float
///     After:   the same weight, half precision
///
/// A tensor stays as it is where a number of it would become infinite, and where the caller wants that. One that several layers share stays where one of
/// them wants it.
public struct HalfConversion {
    /// Why a tensor is not rounded.
    public enum Kept: String, Hashable, Sendable {
        /// The user names its layer.
        case asked
        /// A number is beyond the range of half precision.
        case overflow
        /// Too many numbers lose too much.
        case loss
        /// It is none that is stored in half precision: statistics of a normalisation, for example.
        case unfit
    }

    /// One tensor, told with the first layer that has it.
    public struct Tensor: Hashable, Sendable {
        public var layer: LayerID
        public var parameter: ParameterID
        public var count: Int
        /// `nil` for one that is rounded.
        public var kept: Kept?
        /// `nil` where nobody looked: without weights, and for what is unfit.
        public var loss: HalfLoss?
        /// The format before.
        public var type: ElementType

        public var bytesBefore: Int { count * type.byteCount }
        public var bytesAfter: Int { kept == nil ? count * ElementType.float16.byteCount : bytesBefore }
    }

    public private(set) var folded: FoldedNetwork
    public private(set) var tensors: [Tensor] = []

    /// - Parameters:
    ///   - weights: of the network before the fold; without them nothing is known of overflow and loss.
    ///   - fits: whether a parameter of a layer can be stored in half precision.
    ///   - keptLayers: layers whose numbers stay as they are.
    ///   - largestLoss: see `HalfPrecisionOptions`.
    /// - Throws: `WeightError` when numbers cannot be read.
    public init(
        of folded: FoldedNetwork, weights: (any WeightStore)?, keptLayers: Set<LayerID>, largestLoss: Double?,
        fits: (Layer, ParameterID) -> Bool
    ) throws(WeightError) {
        self.folded = folded
        self.folded.halved = [:]
        var owners: [ParameterID: LayerID] = [:]
        var order: [ParameterID] = []
        var reasons: [ParameterID: Kept] = [:]
        for layer in folded.network.layers {
            for parameter in layer.operation.parameters {
                if owners.updateValue(owners[parameter] ?? layer.id, forKey: parameter) == nil {
                    order.append(parameter)
                }
                if !fits(layer, parameter) {
                    reasons[parameter] = .unfit
                } else if keptLayers.contains(layer.id) {
                    reasons[parameter] = reasons[parameter] ?? .asked
                }
            }
        }
        // What is rounded once must not be rounded to Float before.
        var exact = folded
        for parameter in order where reasons[parameter] == nil {
            exact.storeInHalf(parameter, unlessUsed: owners)
        }
        let store = weights.map { FoldedWeights(base: AnyWeightStore($0), folded: exact) }
        for parameter in order {
            let before = folded.network[parameter]
            guard let count = before.elementCount, let owner = owners[parameter] else { continue }
            var tensor = Tensor(
                layer: owner, parameter: parameter, count: count, kept: reasons[parameter], type: before.elementType)
            if before.elementType == .float16 {
                tensor.kept = nil
            } else if tensor.kept == nil, let store {
                var loss = HalfLoss()
                try store.forEachSlice(of: parameter, elementCount: count) { slice, _ in loss.add(slice) }
                tensor.loss = loss
                if loss.overflowing > 0 {
                    tensor.kept = .overflow
                } else if let largestLoss, loss.losingShare > largestLoss {
                    tensor.kept = .loss
                }
            }
            tensors.append(tensor)
            guard tensor.kept == nil, before.elementType != .float16 else { continue }
            self.folded.storeInHalf(parameter, unlessUsed: owners)
            self.folded.halved?[parameter] = before.elementType
        }
    }
}

extension FoldedNetwork {
    /// Gives a parameter the format of half precision, and with it what it is computed from, which must not be rounded to Float before.
    ///
    /// - Parameter used: parameters that layers have, which keep their format.
    fileprivate mutating func storeInHalf(_ parameter: ParameterID, unlessUsed used: [ParameterID: LayerID]) {
        network.parameters[parameter.index].elementType = .float16
        let source: ParameterID
        switch recipes[parameter] {
        case .selected(let whole, _): source = whole
        case .scaled(let before, _): source = before
        case .mapped(let before, _, _): source = before
        default: return
        }
        guard recipes[source] != nil, used[source] == nil else { return }
        storeInHalf(source, unlessUsed: used)
    }
}
