import NetGraph

/// Finds names for values that hold other numbers than before.
///
/// Layers in place give several values one name, and at the end of a pass the blob of that name holds the last of them. So a name may stay when the last value
/// under it is the one that was the last before; otherwise all values of that run in place get a new one: `<blob>_<layer>` with the affine layer that they took or
/// gave away, `<blob>_before_<layer>` where the layer that overwrote them is gone, or may not write over memory that others still read. Inputs of the network keep their names whatever happens, for callers feed them by name.
struct ValueNames {
    private let before: Network
    private let after: Network
    private let connectionsBefore: Connections
    /// The number that stands for each name: names are compared often.
    private let numbers: [String: Int]
    /// The name of each value by its number, before and after.
    private let namesBefore: [Int]
    private let namesAfter: [Int]

    /// - Parameter connections: those of the network before.
    init(before: Network, connections: Connections, after: Network) {
        self.before = before
        self.after = after
        connectionsBefore = connections
        var numbers: [String: Int] = [:]
        func number(_ value: Value) -> Int {
            let number = numbers[value.name] ?? numbers.count
            numbers[value.name] = number
            return number
        }
        namesBefore = before.values.map(number)
        namesAfter = after.values.map(number)
        self.numbers = numbers
    }

    /// Values under one name, each written in place of the one before.
    private struct Run {
        /// The number of its name.
        var name: Int
        var values: [ValueID]
        var isInput: Bool
    }

    /// - Parameter hints: the new values, each with the layer that its name is made from.
    /// - Returns: the values whose names change.
    func names(hints: [ValueID: String]) -> [ValueID: String] {
        let lastBefore = lastValues(of: before, names: namesBefore)
        let runs = runs(of: after, names: namesAfter, connections: Connections(after), sparesSharedMemory: true)
        let touched = touchedNames(lastBefore: lastBefore, runs: runs, hints: hints)
        guard touched.contains(true) else { return [:] }
        var taken = UniqueNames(Set(before.values.map(\.name)))
        var names: [ValueID: String] = [:]
        for run in runs where touched[run.name] {
            let values = run.isInput ? run.values.dropFirst() : run.values[...]
            guard let last = values.last, last != lastBefore[run.name] else { continue }
            let blob = after[last].name
            let stem: String
            if let hint = values.reversed().compactMap({ hints[$0] }).first {
                stem = "\(blob)_\(hint)"
            } else {
                let writer = lastBefore[run.name].flatMap(connectionsBefore.producer)
                stem = "\(blob)_before_\(writer.map { before.layers[$0].name } ?? "")"
            }
            let name = taken.insert(stem)
            for value in values { names[value] = name }
        }
        return names
    }

    /// The value that is there under each name at the end of a pass.
    private func lastValues(of network: Network, names: [Int]) -> [ValueID?] {
        var last = [ValueID?](repeating: nil, count: numbers.count)
        for layer in network.layers {
            for output in layer.outputs { last[names[output.index]] = output }
        }
        return last
    }

    /// Of each name, whether something under it is not as it was.
    private func touchedNames(lastBefore: [ValueID?], runs: [Run], hints: [ValueID: String]) -> [Bool] {
        // Who reads a value now may keep a layer from overwriting it.
        var surplus = [Int](repeating: 0, count: numbers.count)
        for run in runs { surplus[run.name] += 1 }
        let runsBefore = self.runs(
            of: before, names: namesBefore, connections: connectionsBefore, sparesSharedMemory: false)
        for run in runsBefore { surplus[run.name] -= 1 }
        let lastAfter = lastValues(of: after, names: namesAfter)
        var touched = lastBefore.indices.map { name in
            guard let last = lastBefore[name] else { return surplus[name] > 0 }
            return surplus[name] > 0 || lastAfter[name].map { $0 != last } ?? false
        }
        for value in hints.keys { touched[namesAfter[value.index]] = true }
        return touched
    }

    /// - Parameter sparesSharedMemory: whether a run ends before a layer that would write over what others still read.
    private func runs(
        of network: Network, names: [Int], connections: Connections, sparesSharedMemory: Bool
    ) -> [Run] {
        var runs: [Run] = []
        var current = [Int?](repeating: nil, count: numbers.count)
        var memory = SharedMemory(network, connections: connections)
        for (position, layer) in network.layers.enumerated() {
            let inputs = layer.inputs.count > 8 ? Set(layer.inputs) : nil
            var overwritten: ValueID?
            for output in layer.outputs {
                let name = names[output.index]
                if let place = current[name], let last = runs[place].values.last,
                    inputs?.contains(last) ?? layer.inputs.contains(last),
                    !connections.isOutput(last), connections.consumers(of: last).count == 1,
                    !sparesSharedMemory || memory.readerBehind(position, ofMemoryOf: last) == nil
                {
                    runs[place].values.append(output)
                    overwritten = last
                    continue
                }
                current[name] = runs.count
                runs.append(Run(name: name, values: [output], isInput: layer.operation.isInput))
            }
            memory.write(position, inPlaceOf: overwritten)
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
