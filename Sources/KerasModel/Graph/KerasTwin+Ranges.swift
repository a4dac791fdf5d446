import Folding
import NetGraph

extension KerasTwin {
    /// A planned network as the twin has it: with the ranges of its channels as the plan leaves them, or made equal. Files do not tell which; the numbers do.
    ///
    /// - Returns: `nil` where they are neither, so that only outputs are known to be equal.
    func network(of folded: FoldedNetwork, inTheRangesOf twin: Network, weights twinWeights: (any WeightStore)?)
        -> Network?
    {
        guard let weights, let twinWeights else { return folded.network }
        let other = Numbers(network: twin, weights: AnyWeightStore(twinWeights))
        func share(_ planned: FoldedNetwork) -> Double {
            let store = FoldedWeights(base: AnyWeightStore(weights), folded: planned)
            return other.shareOfEqualLayers(in: Numbers(network: planned.network, weights: AnyWeightStore(store)))
        }
        // A fold that went wrong shows in some layers; equal ranges change most of them.
        let plain = share(folded)
        if plain == 1 { return folded.network }
        if let equalized = try? Equalization(folded, weights: weights), share(equalized.folded) > max(plain, 0.5) {
            return equalized.folded.network
        }
        return plain >= 0.5 ? folded.network : nil
    }
}

/// The weights of a network.
private struct Numbers {
    var network: Network
    var weights: AnyWeightStore

    /// So many numbers from the beginning of each weight are compared.
    private static let longestPart = 4096
    private static let tolerance = 1e-5

    /// Of the layers with weights that both networks have by one name, the share that hold the same numbers; 1 for none.
    func shareOfEqualLayers(in other: Numbers) -> Double {
        let layers = Dictionary(other.network.layers.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        var (equal, all) = (0, 0)
        for layer in network.layers where layer.hasWeights {
            guard let twin = layers[layer.name], twin.hasWeights else { continue }
            all += 1
            if isEqual(layer.operation.parameters[0], twin.operation.parameters[0], in: other) { equal += 1 }
        }
        return all == 0 ? 1 : Double(equal) / Double(all)
    }

    /// Numbers that cannot be read are not equal.
    private func isEqual(_ parameter: ParameterID, _ twin: ParameterID, in other: Numbers) -> Bool {
        guard let mine = part(of: parameter), let theirs = other.part(of: twin), mine.count == theirs.count else {
            return false
        }
        let largest = mine.reduce(0) { max($0, abs($1)) }
        return zip(mine, theirs).allSatisfy { abs($0 - $1) <= largest * Self.tolerance }
    }

    private func part(of parameter: ParameterID) -> [Double]? {
        guard let count = network[parameter].elementCount.map({ min($0, Self.longestPart) }) else { return nil }
        let buffer = UnsafeMutableBufferPointer<Double>.allocate(capacity: count)
        defer { buffer.deallocate() }
        buffer.initialize(repeating: 0)
        do throws(WeightError) {
            try weights.read(parameter, from: 0, into: buffer)
        } catch {
            return nil
        }
        return Array(buffer)
    }
}

extension Layer {
    fileprivate var hasWeights: Bool {
        switch operation {
        case .convolution, .deconvolution, .innerProduct: true
        default: false
        }
    }
}
