import Folding
import Frontend
import NetGraph

/// A folded network with its numbers in half precision, where the user wants that: the last step before it is written.
struct HalfWriting {
    var folded: FoldedNetwork
    /// `nil` where nothing was asked for.
    private(set) var report: FoldReport.HalfPrecision?

    /// - Parameter place: what messages call the model.
    /// - Throws: `BNFoldError` for layers to be kept that the network does not have, and when numbers cannot be read.
    init(
        _ folded: FoldedNetwork, of model: any Model, options: PlanningOptions, place: String
    ) throws(BNFoldError) {
        self.folded = folded
        guard let half = options.half else { return }
        let kept = try Self.layers(named: half.keptLayers, in: folded.network, of: model, place: place)
        let conversion = try liftingWeights { () throws(WeightError) in
            try HalfConversion(
                of: folded, weights: model.weights, keptLayers: kept, largestLoss: half.largestLoss
            ) { layer, parameter in model.fitsHalfPrecision(parameter, of: layer, in: folded) }
        }
        self.folded = conversion.folded
        self.folded.computesInHalf = half.extent == .graph
        report = FoldReport.HalfPrecision(conversion, of: folded.network, options: half)
    }

    private static func layers(
        named names: [String], in network: Network, of model: any Model, place: String
    ) throws(BNFoldError) -> Set<LayerID> {
        var result: Set<LayerID> = []
        for name in names {
            let layers = network.layers.filter { $0.name == name && !$0.operation.parameters.isEmpty }
            guard layers.isEmpty else {
                result.formUnion(layers.map(\.id))
                continue
            }
            let reason =
                network.layers.contains { $0.name == name }
                ? "has no numbers of its own"
                : model.original.layers.contains { $0.name == name }
                    ? "is gone after the fold; name the layer that took it" : "is no layer of it"
            throw BNFoldError(.usage, "\(place): --half-keep names '\(name.inMessages)', which \(reason)")
        }
        return result
    }
}

extension FoldReport {
    /// Adds what became of the numbers.
    mutating func add(_ half: HalfWriting, _ remark: ReadingRemark?) {
        self.half = half.report
        if let remark { remarks.append(Remark(remark)) }
    }
}

/// What is to be told of half precision in a format; nothing where it is not asked for.
///
/// - Throws: `BNFoldError` where the framework does not read it.
func remark(
    on options: PlanningOptions, in format: OutputFormat?, of frontend: any Frontend
) throws(BNFoldError) -> ReadingRemark? {
    guard let half = options.half else { return nil }
    return try lifting { () throws(ModelError) in try frontend.remark(on: half, in: format) }
}
