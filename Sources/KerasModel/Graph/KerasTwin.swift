import Folding
import NetGraph

/// Gives the values of a network the names that they have in a folded twin of it.
///
/// Values of Keras are named by the layer that writes them: what `bn` wrote is the output of `conv` once that has taken it, and holds the same numbers; what
/// `conv` wrote before has no counterpart. Which values those are tells the plan, which is made again from the same numbers.
struct KerasTwin {
    let network: Network
    let weights: (any WeightStore)?

    func network(withNamesOf twin: Network, weights twinWeights: (any WeightStore)?) -> Network {
        for reach in FoldReach.allCases {
            guard let folded = planned(reach), pairs(folded.network, twin) != nil else { continue }
            guard let planned = network(of: folded, inTheRangesOf: twin, weights: twinWeights),
                let pairs = pairs(planned, twin)
            else { break }
            var names: [ValueID: String] = [:]
            for (layer, written) in pairs {
                for (value, other) in zip(layer.outputs, written.outputs)
                // A value that holds other numbers than before has an identifier of its own.
                where network.values.indices.contains(value.index) { names[value] = twin[other].name }
            }
            return renamed(names, beside: twin)
        }
        return withOutputs(of: twin)
    }

    private func planned(_ reach: FoldReach) -> FoldedNetwork? {
        var options = FoldPlanner.Options()
        options.reach = reach
        options.leftoverForm = .batchNorm(epsilon: KerasFrontend.epsilonOfLeftovers)
        let planner = FoldPlanner(network, options: options)
        guard let weights else { return planner.plan().applied(to: network) }
        do throws(WeightError) {
            return try planner.plan(weights: weights).plan.applied(to: network)
        } catch {
            // Whoever runs the network reads the same numbers, and tells of it.
            return nil
        }
    }

    /// The layers of two networks by their names, in whatever order they stand; `nil` where one has a layer that the other lacks. Layers that hand their
    /// input on may be missing: a nested model of which nothing is left goes with its doors, and a new one in a nested model has its name from there.
    private func pairs(_ planned: Network, _ twin: Network) -> [(Layer, Layer)]? {
        func isDoor(_ layer: Layer) -> Bool { if case .identity = layer.operation { true } else { false } }
        var written = Dictionary(twin.layers.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        var pairs: [(Layer, Layer)] = []
        var isComplete = true
        for layer in planned.layers {
            if let other = written[layer.name], other.outputs.count == layer.outputs.count {
                pairs.append((layer, other))
                written[layer.name] = nil
            } else if layer.id.index >= 0, !isDoor(layer) {
                isComplete = false
            }
        }
        let known = Set(network.layers.map(\.name))
        func isNew(_ layer: Layer) -> Bool {
            if case .batchNorm = layer.operation { !known.contains(layer.name) } else { false }
        }
        return isComplete && written.values.allSatisfy({ isDoor($0) || isNew($0) }) ? pairs : nil
    }

    /// - Parameters:
    ///   - names: of the values that have a counterpart.
    ///   - twin: a value of it that has none here may be called like one that has other numbers.
    private func renamed(_ names: [ValueID: String], beside twin: Network) -> Network {
        var result = network
        let taken = Set(twin.values.map(\.name))
        for index in result.values.indices {
            if let name = names[ValueID(index)] {
                result.values[index].name = name
                continue
            }
            var name = result.values[index].name
            while taken.contains(name) { name += " (as it was)" }
            result.values[index].name = name
        }
        return result
    }

    /// The outputs are known by their order, whoever folded the twin.
    private func withOutputs(of twin: Network) -> Network {
        guard network.outputs.count == twin.outputs.count else { return network }
        var names: [ValueID: String] = [:]
        for (value, other) in zip(network.outputs, twin.outputs) where network[value].name != twin[other].name {
            names[value] = twin[other].name
        }
        guard !names.isEmpty else { return network }
        var result = network
        let taken = Set(names.values)
        for index in result.values.indices {
            if let name = names[ValueID(index)] {
                result.values[index].name = name
            } else if taken.contains(result.values[index].name) {
                result.values[index].name += " (as it was)"
            }
        }
        return result
    }
}
