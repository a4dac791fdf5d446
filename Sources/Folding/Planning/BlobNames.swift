import NetGraph

/// Finds names for values that hold other numbers than before.
///
/// Layers in place give several values one name, and at the end of a pass the blob of that name holds the last of them. So a name may stay when the last value
/// under it is the one that was the last before; otherwise all values of that run in place get a new one: `<blob>_<layer>` with the affine layer that they took or
/// gave away, `<blob>_before_<layer>` where the layer that overwrote them is gone. Inputs of the network keep their names whatever happens, for callers feed them by name.
struct BlobNames {
    private let before: Network
    private let after: Network

    init(before: Network, after: Network) {
        self.before = before
        self.after = after
    }

    /// Values under one name, each written in place of the one before.
    private struct Run {
        var name: String
        var values: [ValueID]
        var isInput: Bool
    }

    /// - Parameter hints: the new values, each with the layer that its name is made from.
    /// - Returns: the values whose names change.
    func names(hints: [ValueID: String]) -> [ValueID: String] {
        let lastBefore = lastValues(of: before)
        let runs = runs(of: after)
        let touched = touchedNames(lastBefore: lastBefore, runs: runs, hints: hints)
        guard !touched.isEmpty else { return [:] }
        var taken = Set(before.values.map(\.name))
        var names: [ValueID: String] = [:]
        for run in runs where touched.contains(run.name) {
            let values = run.isInput ? run.values.dropFirst() : run.values[...]
            guard let last = values.last, last != lastBefore[run.name] else { continue }
            let stem: String
            if let hint = values.reversed().compactMap({ hints[$0] }).first {
                stem = "\(run.name)_\(hint)"
            } else {
                let writer = before.layers.last { layer in layer.outputs.contains { before[$0].name == run.name } }
                stem = "\(run.name)_before_\(writer?.name ?? "")"
            }
            let name = taken.insertName(stem)
            for value in values { names[value] = name }
        }
        return names
    }

    /// The value that is there under a name at the end of a pass.
    private func lastValues(of network: Network) -> [String: ValueID] {
        var last: [String: ValueID] = [:]
        for layer in network.layers {
            for output in layer.outputs { last[network[output].name] = output }
        }
        return last
    }

    /// The names under which something is not as it was.
    private func touchedNames(
        lastBefore: [String: ValueID], runs: [Run], hints: [ValueID: String]
    ) -> Set<String> {
        var touched = Set(hints.keys.map { after[$0].name })
        // Who reads a value now may keep a layer from overwriting it.
        var counts = Dictionary(self.runs(of: before).map { ($0.name, 1) }, uniquingKeysWith: +)
        for run in runs { counts[run.name, default: 0] -= 1 }
        touched.formUnion(counts.filter { $0.value < 0 }.keys)
        let lastAfter = lastValues(of: after)
        for (name, value) in lastBefore where lastAfter[name].map({ $0 != value }) ?? false { touched.insert(name) }
        return touched
    }

    private func runs(of network: Network) -> [Run] {
        let connections = Connections(network)
        var runs: [Run] = []
        var current: [String: Int] = [:]
        for layer in network.layers {
            for output in layer.outputs {
                let name = network[output].name
                if let place = current[name], let last = runs[place].values.last, layer.inputs.contains(last),
                    Set(connections.consumers(of: last)).count == 1, !connections.isOutput(last)
                {
                    runs[place].values.append(output)
                    continue
                }
                current[name] = runs.count
                runs.append(Run(name: name, values: [output], isInput: layer.operation.isInput))
            }
        }
        return runs
    }
}

extension Operation {
    /// Whether the numbers come from outside.
    fileprivate var isInput: Bool {
        switch self {
        case .input, .dataSource: true
        default: false
        }
    }
}
