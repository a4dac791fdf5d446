import Execution
import NetGraph

/// The same input through two networks, layer by layer, with every pair of values compared as soon as both are there.
///
/// Nothing is kept but values of the original that wait for their counterpart, or that a fold will be tried on.
struct Lockstep<Element: ExecutionElement> {
    let original: Interpreter<Element>
    let folded: Interpreter<Element>
    let pairs: [NetworkAlignment.Pair]
    /// What messages call the networks.
    private let names: (original: String, folded: String)
    private let pairsOfFolded: [ValueID: [Int]]
    /// How often each value of the original is needed: once for each pair, and once for each site that begins or ends with it.
    private let uses: [ValueID: Int]
    private let sites: [FoldSite]
    /// The sites that can be tried once a value of the folded network is there: it is the last of their outputs.
    private let sitesOfFolded: [ValueID: [Int]]

    init(
        original: Interpreter<Element>, folded: Interpreter<Element>, names: (original: String, folded: String),
        pairs: [NetworkAlignment.Pair], sites: [FoldSite]
    ) {
        self.original = original
        self.folded = folded
        self.names = names
        self.pairs = pairs
        self.sites = sites
        var pairsOfFolded: [ValueID: [Int]] = [:]
        var uses: [ValueID: Int] = [:]
        for (index, pair) in pairs.enumerated() {
            pairsOfFolded[pair.folded, default: []].append(index)
            uses[pair.original, default: 0] += 1
        }
        let order = Self.order(of: folded.network)
        var sitesOfFolded: [ValueID: [Int]] = [:]
        for (index, site) in sites.enumerated() {
            let last = site.outputs.map(\.folded).max { order[$0, default: 0] < order[$1, default: 0] }
            guard let last else { continue }
            sitesOfFolded[last, default: []].append(index)
            for pair in site.frontier + site.outputs { uses[pair.original, default: 0] += 1 }
        }
        self.pairsOfFolded = pairsOfFolded
        self.uses = uses
        self.sitesOfFolded = sitesOfFolded
    }

    /// Runs both networks on one batch. A rehearsal has shown that there is memory for it.
    ///
    /// - Parameters:
    ///   - inputs: by name.
    ///   - compare: receives each pair that both networks computed, by index: the original's value, the folded network's, and the largest magnitude of what
    ///     cancelled out on the way to it.
    ///   - trySite: receives each site whose values the original computed, with those values.
    ///   - step: called after each layer; throws to stop.
    /// - Returns: why values of the original, and of the folded network, were not computed.
    func run(
        _ inputs: [String: Tensor<Element>],
        compare: (Int, Tensor<Element>, Tensor<Element>, Double) -> Void,
        trySite: (Int, [ValueID: Tensor<Element>]) throws(ExecutionError) -> Void,
        step: () throws(ExecutionError) -> Void
    ) throws(ExecutionError) -> (original: [ValueID: Obstacle], folded: [ValueID: Obstacle]) {
        var ahead = try naming(names.original) { () throws(ExecutionError) in
            try original.start(inputs, isRehearsed: true)
        }
        var behind = try naming(names.folded) { () throws(ExecutionError) in
            try folded.start(inputs, isRehearsed: true)
        }
        try walk(
            &ahead, &behind,
            compare: { index, expected, found, cancelled in
                if let expected = expected.tensor, let found = found.tensor {
                    compare(index, expected, found, cancelled)
                }
            },
            trySite: { (index, values) throws(ExecutionError) in
                try trySite(index, values.compactMapValues(\.tensor))
            },
            step: step)
        return (ahead.obstacles, behind.obstacles)
    }

    /// Counts what a run would take, without running anything.
    ///
    /// - Parameters:
    ///   - shapes: of the inputs, by name.
    ///   - trySite: receives each site that would be tried, with the shapes of its values.
    func rehearse(
        _ shapes: [String: [Int]], on meter: MemoryMeter,
        trySite: (Int, [ValueID: [Int]]) throws(ExecutionError) -> Void
    ) throws(ExecutionError) {
        var ahead = try naming(names.original) { () throws(ExecutionError) in
            try original.rehearse(shapes, on: meter)
        }
        var behind = try naming(names.folded) { () throws(ExecutionError) in try folded.rehearse(shapes, on: meter) }
        try walk(
            &ahead, &behind, on: meter, compare: { _, _, _, _ in },
            trySite: { (index, values) throws(ExecutionError) in try trySite(index, values.mapValues(\.shape)) },
            step: { () throws(ExecutionError) in })
    }

    private func walk(
        _ ahead: inout ForwardPass<Element>, _ behind: inout ForwardPass<Element>, on meter: MemoryMeter? = nil,
        compare: (Int, PassValue<Element>, PassValue<Element>, Double) -> Void,
        trySite: (Int, [ValueID: PassValue<Element>]) throws(ExecutionError) -> Void,
        step: () throws(ExecutionError) -> Void
    ) throws(ExecutionError) {
        var kept: [ValueID: PassValue<Element>] = [:]
        var left = uses
        var isFinished = false
        var magnitudes = CancelledMagnitudes()
        func release(_ value: ValueID) {
            left[value, default: 1] -= 1
            guard left[value] == 0, let value = kept.removeValue(forKey: value) else { return }
            meter?.giveBack(value.byteCount)
        }
        while let layer = try naming(names.folded, { () throws(ExecutionError) in try behind.next() }) {
            try step()
            for output in layer.outputs {
                for index in pairsOfFolded[output] ?? [] {
                    let pair = pairs[index]
                    while kept[pair.original] == nil, ahead.obstacles[pair.original] == nil, !isFinished {
                        guard let layer = try naming(names.original, { () throws(ExecutionError) in try ahead.next() })
                        else {
                            isFinished = true
                            break
                        }
                        try step()
                        magnitudes.add(layer, of: original) { ahead.largestMagnitude(of: $0) }
                        for value in layer.outputs where left[value, default: 0] > 0 {
                            kept[value] = ahead.value(of: value)
                            meter?.take(kept[value]?.byteCount ?? 0)
                        }
                    }
                    if let expected = kept[pair.original], let found = behind.value(of: output) {
                        meter?.take(found.byteCount)
                        compare(index, expected, found, magnitudes[pair.original])
                        meter?.giveBack(found.byteCount)
                    }
                    release(pair.original)
                }
                for index in sitesOfFolded[output] ?? [] {
                    let pairs = sites[index].frontier + sites[index].outputs
                    var values: [ValueID: PassValue<Element>] = [:]
                    for pair in pairs { values[pair.original] = kept[pair.original] }
                    if pairs.allSatisfy({ values[$0.original] != nil }) { try trySite(index, values) }
                    for pair in pairs { release(pair.original) }
                }
            }
        }
    }

    /// An error of a step tells in which network it happened.
    private func naming<Result: ~Copyable>(
        _ name: String, _ step: () throws(ExecutionError) -> Result
    ) throws(ExecutionError) -> Result {
        do throws(ExecutionError) {
            return try step()
        } catch {
            throw ExecutionError(error.kind, "\(name): \(error.message)")
        }
    }

    private static func order(of network: Network) -> [ValueID: Int] {
        var order: [ValueID: Int] = [:]
        for layer in network.layers { for output in layer.outputs { order[output] = order.count } }
        return order
    }
}
