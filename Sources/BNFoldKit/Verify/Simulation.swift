import Folding
import NetGraph

extension VerifyReport {
    /// That the folded network ran with weights as another number format would have them.
    public struct Simulation: Codable, Hashable, Sendable {
        /// `int8-per-tensor` or `int8-per-channel`.
        public var scheme: String
        /// How many layers have such weights.
        public var layers: Int

        var sentence: String {
            let steps =
                scheme == QuantizationScheme.perTensor.rawValue
                ? "one step for each" : "one step for each output channel"
            return "those of \(layers) layers of the folded network as int8, \(steps); differences are told, not judged"
        }
    }

    /// Takes the verdict back: differences are what the simulation is to show. That outputs are missing stays one.
    mutating func judgeNothing(_ simulation: Simulation) {
        self.simulation = simulation
        isWithin = missingOutputs.isEmpty
        first = nil
        for index in values.indices { values[index].isBeyond = false }
    }
}

extension NetworkComparison {
    /// The weights that the folded network runs with.
    func foldedStore(
        _ weights: any WeightStore
    ) throws(BNFoldError) -> (store: AnyWeightStore, simulation: VerifyReport.Simulation?) {
        guard let scheme = options.simulation else { return (AnyWeightStore(weights), nil) }
        let quantized = try liftingWeights { () throws(WeightError) in
            try QuantizedWeights(base: AnyWeightStore(weights), network: folded.network, scheme: scheme)
        }
        return (AnyWeightStore(quantized), .init(scheme: scheme.rawValue, layers: quantized.layerCount))
    }
}
