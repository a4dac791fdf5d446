import NetGraph

/// Finds the channels of a network that hold one number wherever one looks, whatever the input is, and that may go: whoever writes them can leave them
/// out, and whoever reads them can take their number into a bias.
///
/// A linear layer gives such a channel where all weights of an output are 0. Its number goes on through functions, poolings, sums and the like.
struct ConstantChannels {
    /// Constants of a linear layer that have to stay, and who needs them.
    struct Obstacle {
        var producer: Int
        var count: Int
        var reader: Int
        var reason: String
    }

    private let network: Network
    private(set) var rules: [ChannelRule] = []
    /// By value, the number of each channel; `nil` for a channel that is not constant, and for a value whose channels are not known.
    private(set) var numbers: [[Double?]?]
    /// By value, which channels go.
    private(set) var removable: [[Bool]?]
    /// Why a value keeps its channels: the layer that needs them.
    private var blockers: [ValueID: Int] = [:]
    /// The number of constant outputs that each linear layer gives by itself.
    private(set) var found: [Int: Int] = [:]

    init(
        of network: Network, store: FoldedWeights<AnyWeightStore>, mayChange: @escaping (Layer) -> Bool
    ) throws(WeightError) {
        self.network = network
        numbers = Array(repeating: nil, count: network.values.count)
        removable = numbers.map { _ in nil }
        let rules = ChannelRules(network, store: store, mayChange: mayChange)
        for (position, layer) in network.layers.enumerated() {
            let channels = layer.inputs.first.flatMap { numbers[$0.index]?.count }
            let rule = try rules.rule(of: layer, channels: channels)
            self.rules.append(rule)
            try follow(rule, layer, position, store: store)
        }
        for index in numbers.indices { removable[index] = numbers[index].map { $0.map { $0 != nil } } }
        for output in network.outputs { removable[output.index] = nil }
        settle()
    }

    // MARK: Numbers

    private mutating func follow(
        _ rule: ChannelRule, _ layer: Layer, _ position: Int, store: FoldedWeights<AnyWeightStore>
    ) throws(WeightError) {
        let inputs = layer.inputs.map { numbers[$0.index] }
        switch rule {
        case .linear(let weight, let bias, let layout, let isDepthwise, let passing):
            guard let output = layer.outputs.first, layer.outputs.count == 1 else { return }
            let sums = try sums(of: weight, layout, store: store)
            let terms = try bias.map { (bias) throws(WeightError) in try store.vector(bias, of: network) }
            var result = sums.indices.map { channel in sums[channel].isZero ? terms?[channel] ?? 0 : nil }
            found[position] = result.count { $0 != nil }
            if isDepthwise, let input = inputs[0], input.count == layout.groups {
                for channel in result.indices where result[channel] == nil {
                    guard let number = input[channel / layout.outputs], passing.takes(number) else { continue }
                    result[channel] = (terms?[channel] ?? 0) + number * sums[channel].sum
                }
            }
            numbers[output.index] = result
        case .alike(let function):
            let result: [Double?]?
            if let input = inputs.first ?? nil {
                result = input.indices.map { channel in
                    input[channel].flatMap { function(channel, $0) }.flatMap { $0.isFinite ? $0 : nil }
                }
            } else {
                result = nil
            }
            for output in layer.outputs { numbers[output.index] = result }
        case .concatenation:
            var result: [Double?] = []
            for (input, value) in zip(inputs, layer.inputs) {
                if let input {
                    result += input
                } else if let count = network[value].shape?.length(ofAxis: 1) {
                    result += [Double?](repeating: nil, count: count)
                    numbers[value.index] = [Double?](repeating: nil, count: count)
                } else {
                    return
                }
            }
            numbers[layer.outputs[0].index] = result
        case .combination(let function):
            guard let first = inputs.first ?? nil, inputs.allSatisfy({ $0?.count == first.count }) else { return }
            numbers[layer.outputs[0].index] = first.indices.map { channel in
                let terms = inputs.compactMap { $0?[channel] }
                guard terms.count == inputs.count, case let result = function(terms) else { return nil }
                return result.isFinite ? result : nil
            }
        case .flattening(let block, let order):
            guard let input = inputs[0] else { return }
            numbers[layer.outputs[0].index] = (0..<input.count * block).map { element in
                input[Self.channel(of: element, block: block, channels: input.count, order)]
            }
        case .barrier: break
        }
    }

    /// The channel that an element of a flattened value came from.
    static func channel(of element: Int, block: Int, channels: Int, _ order: ElementOrder) -> Int {
        order == .channelsFirst ? element / block : element % channels
    }

    /// Of each output of a weight, whether all of its numbers are 0, and their sum.
    private func sums(
        of weight: ParameterID, _ layout: WeightLayout, store: FoldedWeights<AnyWeightStore>
    ) throws(WeightError) -> [(isZero: Bool, sum: Double)] {
        let outputs = ChannelLayout(layout, .outputs)
        var result = [(isZero: Bool, sum: Double)](
            repeating: (true, 0), count: layout.groups * layout.outputs)
        guard outputs.channelCount == result.count else { return result.map { _ in (false, 0) } }
        try store.forEachSlice(of: weight, elementCount: outputs.elementCount) {
            (slice: UnsafeMutableBufferPointer<Double>, start) throws(WeightError) in
            outputs.forEachChannel(in: slice, from: start) { channel, number in
                if number != 0 {
                    result[channel].isZero = false
                    result[channel].sum += number
                }
            }
        }
        return result
    }

    // MARK: Agreement

    /// Keeps every channel that some layer keeps, until all agree; at least one channel stays of each value.
    private mutating func settle() {
        repeat {
            var changes = true
            while changes {
                changes = false
                for position in network.layers.indices { if agree(at: position) { changes = true } }
                for position in network.layers.indices.reversed() { if agree(at: position) { changes = true } }
            }
        } while keepOne()
    }

    private mutating func keepOne() -> Bool {
        for index in removable.indices {
            guard let channels = removable[index], !channels.isEmpty, !channels.contains(false) else { continue }
            removable[index]?[0] = false
            return true
        }
        return false
    }

    private mutating func keep(_ channel: Int, of value: ValueID, for layer: Int) -> Bool {
        guard removable[value.index]?[channel] == true else { return false }
        removable[value.index]?[channel] = false
        if blockers[value] == nil { blockers[value] = layer }
        return true
    }

    private mutating func keepAll(of value: ValueID, for layer: Int) -> Bool {
        guard let channels = removable[value.index], channels.contains(true) else { return false }
        removable[value.index] = channels.map { _ in false }
        blockers[value] = layer
        return true
    }

    /// - Returns: whether anything changed.
    private mutating func agree(at position: Int) -> Bool {
        let layer = network.layers[position]
        var changed = false
        switch rules[position] {
        case .barrier:
            for value in layer.inputs + layer.outputs where keepAll(of: value, for: position) { changed = true }
        case .alike:
            guard let input = layer.inputs.first else { return false }
            for output in layer.outputs where tie([input, output], at: position) { changed = true }
        case .combination:
            changed = tie(layer.inputs + layer.outputs, at: position)
        case .concatenation:
            guard let output = removable[layer.outputs[0].index] else {
                for value in layer.inputs + layer.outputs where keepAll(of: value, for: position) { changed = true }
                return changed
            }
            var offset = 0
            for input in layer.inputs {
                guard let channels = removable[input.index] else {
                    // An output of the network, or an input: all of it stays.
                    let count = numbers[input.index]?.count ?? 0
                    for channel in 0..<count where keep(offset + channel, of: layer.outputs[0], for: position) {
                        changed = true
                    }
                    offset += count
                    continue
                }
                for channel in channels.indices {
                    if !output[offset + channel], keep(channel, of: input, for: position) { changed = true }
                    if !channels[channel], keep(offset + channel, of: layer.outputs[0], for: position) {
                        changed = true
                    }
                }
                offset += channels.count
            }
        case .flattening(let block, let order): changed = agree(flattening: layer, position, block: block, order)
        case .linear(_, _, let layout, let isDepthwise, let passing):
            changed = agree(linear: layer, position, layout, isDepthwise: isDepthwise, passing)
        }
        return changed
    }

    private mutating func tie(_ values: [ValueID], at position: Int) -> Bool {
        var changed = false
        guard values.allSatisfy({ removable[$0.index] != nil }) else {
            for value in values where keepAll(of: value, for: position) { changed = true }
            return changed
        }
        let count = removable[values[0].index]?.count ?? 0
        for channel in 0..<count where values.contains(where: { removable[$0.index]?[channel] == false }) {
            for value in values where keep(channel, of: value, for: position) { changed = true }
        }
        return changed
    }

    private mutating func agree(flattening layer: Layer, _ position: Int, block: Int, _ order: ElementOrder) -> Bool {
        let (input, output) = (layer.inputs[0], layer.outputs[0])
        guard let channels = removable[input.index], let elements = removable[output.index] else {
            let first = keepAll(of: input, for: position)
            return keepAll(of: output, for: position) || first
        }
        var changed = false
        var whole = channels
        for element in elements.indices where !elements[element] {
            whole[Self.channel(of: element, block: block, channels: channels.count, order)] = false
        }
        for channel in channels.indices where !whole[channel] && keep(channel, of: input, for: position) {
            changed = true
        }
        for element in elements.indices
        where !whole[Self.channel(of: element, block: block, channels: channels.count, order)]
            && keep(element, of: output, for: position)
        {
            changed = true
        }
        return changed
    }

    private mutating func agree(
        linear layer: Layer, _ position: Int, _ layout: WeightLayout, isDepthwise: Bool, _ passing: ChannelRule.Passing
    ) -> Bool {
        let (input, output) = (layer.inputs[0], layer.outputs[0])
        var changed = false
        if isDepthwise {
            guard let channels = removable[input.index], let results = removable[output.index],
                channels.count == layout.groups, results.count == layout.groups * layout.outputs
            else {
                let first = keepAll(of: input, for: position)
                return keepAll(of: output, for: position) || first
            }
            for channel in channels.indices {
                let own = channel * layout.outputs..<(channel + 1) * layout.outputs
                if channels[channel], results[own].allSatisfy({ $0 }) { continue }
                if keep(channel, of: input, for: position) { changed = true }
                for result in own where keep(result, of: output, for: position) { changed = true }
            }
            return changed
        }
        guard let channels = removable[input.index], let constants = numbers[input.index] else { return false }
        guard channels.count == layout.inputs else { return keepAll(of: input, for: position) }
        for channel in channels.indices where channels[channel] {
            if let number = constants[channel], passing.takes(number) { continue }
            if keep(channel, of: input, for: position) { changed = true }
        }
        return changed
    }

    // MARK: What stays

    /// The linear layers with constant outputs that stay, and the layer that needs them.
    var obstacles: [Obstacle] {
        found.keys.sorted().compactMap { position in
            let output = network.layers[position].outputs[0]
            guard let count = found[position], count > 0 else { return nil }
            let gone = removable[output.index]?.count { $0 } ?? 0
            guard gone < count else { return nil }
            guard let reader = lastBlocker(of: output) else {
                let isOutput = network.outputs.contains(output)
                return Obstacle(
                    producer: position, count: count - gone, reader: position,
                    reason: isOutput ? "gives an output" : "would be left without a channel")
            }
            var reason = "needs all its channels"
            if case .barrier(let text) = rules[reader] { reason = text }
            if case .linear(_, _, _, _, let passing) = rules[reader] {
                reason =
                    if case .withoutBias = passing { "has no room for a bias" } else {
                        "pads its input with zeros, or has places with different sums"
                    }
            }
            if case .combination = rules[reader] { reason = "puts them together with channels that are not constant" }
            if case .alike = rules[reader] { reason = "changes them from place to place, or hands them out" }
            return Obstacle(producer: position, count: count - gone, reader: reader, reason: reason)
        }
    }

    /// The layer at the end of the way on which channels had to stay.
    private func lastBlocker(of value: ValueID) -> Int? {
        var (value, last) = (value, Int?.none)
        var seen: Set<ValueID> = []
        while seen.insert(value).inserted, let blocker = blockers[value] {
            last = blocker
            let layer = network.layers[blocker]
            guard layer.inputs.contains(value), let next = layer.outputs.first(where: { blockers[$0] != nil }) else {
                break
            }
            switch rules[blocker] {
            case .alike, .combination, .concatenation, .flattening: value = next
            case .linear(_, _, _, let isDepthwise, _) where isDepthwise: value = next
            default: return last
            }
        }
        return last
    }
}

extension ChannelLayout {
    /// Hands each element of a slice to `body` with its channel.
    func forEachChannel<Element: WeightElement>(
        in elements: UnsafeMutableBufferPointer<Element>, from start: Int, _ body: (Int, Element) -> Void
    ) {
        var position = 0
        while position < elements.count {
            let run = run(from: start + position, limit: elements.count - position)
            for index in 0..<run.count {
                body(run.ascends ? run.channel + index : run.channel, elements[position + index])
            }
            position += run.count
        }
    }
}
