import NetGraph

/// Which values of a network and of its folded twin should be equal, and where the two differ.
///
/// A pair is proven or promised, and never guessed:
///
/// - **Inputs** of one name get the same samples.
/// - **What identical layers compute** from values that are pairs is a pair, whatever its name.
/// - **Outputs** of the networks are pairs by name.
/// - **The last value of a name** holds at the end of a pass what it held in the original (docs/planner.md, "Names"). What a layer in place
///   overwrites may hold other numbers meanwhile, unless all that overwrites it is the same; and so may an input that the folded network does not
///   overwrite any more.
///
/// Other tools keep the name of a convolution for what they folded into it. There the layers that read the value read something else in the original
/// than the value of that name. Which of the two it is, is a `Question` that the numbers of a run answer.
///
/// All other values lie inside a site: they are compared by what is computed from them.
struct NetworkAlignment {
    /// Two values that should be equal.
    struct Pair: Hashable {
        var original: ValueID
        var folded: ValueID
    }

    /// A value of the folded network that name and readers hold against different values of the original.
    struct Question: Hashable {
        var folded: ValueID
        /// The one of its name first.
        var candidates: [ValueID]
    }

    /// In the order in which the folded network computes them.
    private(set) var pairs: [Pair] = []
    /// Pairs that identical layers compute from pairs: equal as far as those are.
    private(set) var proven: Set<Pair> = []
    private(set) var questions: [Question] = []
    /// In the order in which the folded network computes their values.
    private(set) var sites: [FoldSite] = []
    /// Outputs of the original that have no counterpart.
    private(set) var missingOutputs: [String] = []
    /// What a last softmax, sigmoid or tanh reads, with the output that it gives, in the original.
    private(set) var scores: [Pair: ValueID] = [:]

    let original: Network
    let folded: Network
    let originalConnections: Connections
    let foldedConnections: Connections
    let originalNames: LayerPositions
    let foldedNames: LayerPositions
    private let originalLast: [String: ValueID]
    private let foldedLast: [String: ValueID]
    private let answers: [ValueID: ValueID]
    private let hasEqualNumbers: (Layer, Layer) -> Bool
    private var counterparts: [ValueID: [ValueID]] = [:]

    /// - Parameters:
    ///   - comparesScores: whether what a last softmax, sigmoid or tanh reads is a pair, whatever it is called.
    ///   - answers: to questions that an alignment without them asked; a value without one is a pair only if a reader confirms its name.
    ///   - hasEqualNumbers: whether a layer of the original and one of the folded network hold equal parameters, bit for bit.
    init(
        original: Network, folded: Network, comparesScores: Bool = false, answers: [ValueID: ValueID] = [:],
        hasEqualNumbers: @escaping (Layer, Layer) -> Bool
    ) {
        self.original = original
        self.folded = folded
        self.answers = answers
        self.hasEqualNumbers = hasEqualNumbers
        originalConnections = Connections(original)
        foldedConnections = Connections(folded)
        originalNames = LayerPositions(original)
        foldedNames = LayerPositions(folded)
        originalLast = Self.lastValues(original)
        foldedLast = Self.lastValues(folded)
        matchValues()
        matchOutputs()
        if comparesScores { matchScores() }
        sortPairs()
        sites = FoldSite.all(in: self)
    }

    /// Leaves out what the two networks differ in.
    mutating func forgetSites() { sites = [] }

    /// What a value of the folded network should be equal to.
    func originals(of value: ValueID) -> [ValueID] { counterparts[value] ?? [] }

    /// Whether a layer of the folded network is not in the original as it is.
    func isChanged(_ layer: Layer) -> Bool { namesake(of: layer).map { !areAlike($0, layer) } ?? true }

    // MARK: Values

    private mutating func matchValues() {
        let inputs = Dictionary(
            original.layers.filter { $0.operation == .input }.flatMap(\.outputs).map { (original[$0].name, $0) },
            uniquingKeysWith: { first, _ in first })
        for layer in folded.layers {
            if layer.operation == .input {
                for value in layer.outputs {
                    if let input = inputs[folded[value].name] {
                        add(Pair(original: input, folded: value), isProven: true)
                    }
                }
                continue
            }
            let twin = identicalLayer(of: layer)
            for (place, value) in layer.outputs.enumerated() {
                if let twin { add(Pair(original: twin.outputs[place], folded: value), isProven: true) }
                let name = folded[value].name
                guard let named = originalLast[name] else { continue }
                guard foldedLast[name] == value else {
                    if let start = startOfEqualRun(value) { add(Pair(original: start, folded: value)) }
                    continue
                }
                for counterpart in promised(value, named: named, isProven: twin != nil) {
                    add(Pair(original: counterpart, folded: value))
                }
            }
        }
    }

    private mutating func add(_ pair: Pair, isProven: Bool = false) {
        // Whose channels went is no twin any more; what is computed from it is compared.
        if let before = original[pair.original].shape?.length(ofAxis: 1),
            let after = folded[pair.folded].shape?.length(ofAxis: 1),
            before != after, !originalConnections.isOutput(pair.original)
        {
            return
        }
        if isProven { proven.insert(pair) }
        guard !originals(of: pair.folded).contains(pair.original) else { return }
        pairs.append(pair)
        counterparts[pair.folded, default: []].append(pair.original)
    }

    /// What the last value of its name should be equal to, as its name and its readers tell.
    private mutating func promised(_ value: ValueID, named: ValueID, isProven: Bool) -> [ValueID] {
        let read = readersChoice(value)
        let others = read.filter { $0 != named }
        if others.isEmpty { return [named] }
        let isOutput = foldedConnections.isOutput(value) && originalConnections.isOutput(named)
        let confirmed = isOutput || read.contains(named) ? [named] : []
        if isProven { return confirmed }
        questions.append(Question(folded: value, candidates: [named] + others))
        return confirmed + [answers[value]].compactMap(\.self).filter { !confirmed.contains($0) }
    }

    /// The value of the original from which the same layers in place lead to the last value of a name.
    ///
    /// What overwrites a value is equal on both sides, and gives the same: so it got the same. For nothing can be moved through the last layers of such
    /// a run and leave what they give as it is, but for AbsVal, which loses signs.
    private func startOfEqualRun(_ value: ValueID) -> ValueID? {
        let name = folded[value].name
        var run: [Layer] = []
        var last = value
        while foldedConnections.consumers(of: last).count == 1, let reader = foldedConnections.consumers(of: last).first
        {
            let layer = folded.layers[reader]
            guard layer.inputs == [last], layer.outputs.count == 1, folded[layer.outputs[0]].name == name,
                !layer.isAffine, layer.operation != .activation(.absolute)
            else { break }
            run.append(layer)
            last = layer.outputs[0]
        }
        guard !run.isEmpty, foldedLast[name] == last, var start = originalLast[name],
            readersChoice(last).allSatisfy({ $0 == start })
        else { return nil }
        for layer in run.reversed() {
            guard let twin = namesake(of: layer), twin.outputs == [start], twin.inputs.count == 1, areAlike(twin, layer)
            else { return nil }
            start = twin.inputs[0]
        }
        return start
    }

    /// The layer of the original that does the same with values that are pairs.
    private func identicalLayer(of layer: Layer) -> Layer? {
        func isTwin(_ other: Layer) -> Bool {
            other.inputs.count == layer.inputs.count && other.outputs.count == layer.outputs.count
                && zip(other.inputs, layer.inputs).allSatisfy { originals(of: $1).contains($0) }
                && areAlike(other, layer)
        }
        if let namesake = namesake(of: layer), isTwin(namesake) { return namesake }
        // One with another name: of those that read the same.
        guard originalNames.count(of: layer.name) == 0, let first = layer.inputs.first else { return nil }
        for value in originals(of: first) {
            for position in originalConnections.consumers(of: value) where isTwin(original.layers[position]) {
                return original.layers[position]
            }
        }
        return nil
    }

    /// What the readers of a value read in the original. Affine layers have no say: folding moves them along their chain.
    private func readersChoice(_ value: ValueID) -> [ValueID] {
        var choices: [ValueID] = []
        for position in Set(foldedConnections.consumers(of: value)).sorted() {
            let reader = folded.layers[position]
            guard let counterpart = namesake(of: reader),
                counterpart.type == reader.type, !reader.isAffine,
                counterpart.inputs.count == reader.inputs.count
            else { continue }
            for (index, input) in reader.inputs.enumerated() where input == value {
                let choice = counterpart.inputs[index]
                if !choices.contains(choice) { choices.append(choice) }
            }
        }
        return choices
    }

    /// The layer of the original with a layer's name. Of several with that name, the one in the same place, if there are as many.
    private func namesake(of layer: Layer) -> Layer? {
        guard originalNames.count(of: layer.name) == foldedNames.count(of: layer.name) else { return nil }
        return originalNames[foldedNames.key(of: layer)].map { original.layers[$0] }
    }

    private func areAlike(_ before: Layer, _ after: Layer) -> Bool {
        before.operation.isLike(after.operation) && hasEqualNumbers(before, after)
    }

    /// The value that each name has at the end of a pass.
    /// Whether a value of the original is what its name means at the end of a pass.
    func isLast(_ value: ValueID) -> Bool { originalLast[original[value].name] == value }

    private static func lastValues(_ network: Network) -> [String: ValueID] {
        var last: [String: ValueID] = [:]
        for layer in network.layers {
            for output in layer.outputs { last[network[output].name] = output }
        }
        return last
    }

    // MARK: Outputs

    /// Outputs are pairs by name; those of other names by the layers that write them, or in their order when there are as many on both sides.
    private mutating func matchOutputs() {
        var missing: [ValueID] = []
        for output in original.outputs {
            if let twin = folded.outputs.first(where: { folded[$0].name == original[output].name }) {
                add(Pair(original: output, folded: twin))
            } else if !pairs.contains(where: { $0.original == output }) {
                missing.append(output)
            }
        }
        let spares = folded.outputs.filter { originals(of: $0).isEmpty }
        var spare = spares
        let writers = spares.map { Writer(of: $0, foldedConnections, folded, foldedNames) }
        missing.removeAll { output in
            let writer = Writer(of: output, originalConnections, original, originalNames)
            guard let place = writers.firstIndex(of: writer), let twin = spare.firstIndex(of: spares[place]) else {
                return false
            }
            add(Pair(original: output, folded: spare.remove(at: twin)))
            return true
        }
        if missing.count == spare.count {
            for (output, twin) in zip(missing, spare) { add(Pair(original: output, folded: twin)) }
        } else {
            missingOutputs = missing.map { original[$0].name }
        }
    }

    /// What a last softmax, sigmoid or tanh reads. Each of them gives different numbers for different ones (softmax but for a common shift, which
    /// folding leaves as it is), so what they read is equal where what they give has to be; and it shows a difference that they hide once they are
    /// saturated.
    private mutating func matchScores() {
        for output in original.outputs {
            guard let twin = folded.outputs.first(where: { originals(of: $0).contains(output) }) else { continue }
            var ends = Pair(original: output, folded: twin)
            while let before = originalConnections.producer(of: ends.original).map({ original.layers[$0] }),
                let after = foldedConnections.producer(of: ends.folded).map({ folded.layers[$0] }),
                before.operation.isLike(after.operation), before.inputs.count == 1, after.inputs.count == 1
            {
                ends = Pair(original: before.inputs[0], folded: after.inputs[0])
                if before.operation.isSaturating {
                    add(ends, isProven: proven.contains(ends))
                    scores[ends] = output
                    break
                }
                guard before.operation.onlyMovesElements else { break }
            }
        }
    }

    private mutating func sortPairs() {
        var order: [ValueID: Int] = [:]
        for layer in folded.layers { for output in layer.outputs { order[output] = order.count } }
        pairs = pairs.enumerated().sorted { first, second in
            let places = (order[first.element.folded, default: 0], order[second.element.folded, default: 0])
            return (places.0, first.offset) < (places.1, second.offset)
        }.map(\.element)
    }

    /// The layer that writes a value, and which of its outputs it is.
    private struct Writer: Equatable {
        var layer: LayerPositions.Key?
        var place: Int?

        init(of value: ValueID, _ connections: Connections, _ network: Network, _ names: LayerPositions) {
            let writer = connections.producer(of: value).map { network.layers[$0] }
            layer = writer.map { names.key(of: $0) }
            place = writer?.outputs.firstIndex(of: value)
        }
    }
}

extension Operation {
    /// Whether it maps large differences to ones that vanish, and still different numbers to different ones.
    fileprivate var isSaturating: Bool {
        switch self {
        case .softmax, .activation(.sigmoid), .activation(.tanh): true
        default: false
        }
    }

    /// Whether it hands on all elements as they are, in whatever shape or order.
    fileprivate var onlyMovesElements: Bool {
        switch self {
        case .identity, .split, .flatten, .reshape, .permute: true
        default: false
        }
    }
}
