import NetGraph

/// Which channels of a network can be scaled together without a trace behind the layers that read them, and which weights that takes.
///
///     Before:  conv1 (W, b) - ReLU - conv2 (V)
///     After:   conv1 (W / s, b / s) - ReLU - conv2 (V s)        s > 0, one for each channel
///
/// The passages of the planner tell what a positive factor passes; layers with one term for each channel (Scale, Bias, BatchNorm) pass it with
/// another term.
struct ChannelGraph {
    /// A layer with weights.
    struct Site {
        /// In the network's `layers`.
        var position: Int
        var linear: LinearLayer
        var layout: WeightLayout
        /// The first slots of what it reads and writes; `nil` where the layer takes no factors.
        var inputs: Int
        var outputs: Int
    }

    /// Terms that are added to channels: the bias of a layer with weights, or what an affine layer adds or takes away.
    struct Addend {
        var parameter: ParameterID
        /// The first slot of the channels.
        var slot: Int
        var count: Int
    }

    let network: Network
    private(set) var sites: [Site] = []
    private(set) var addends: [Addend] = []
    private var classes: ChannelClasses
    private let shapes: [TensorShape?]
    private var uses: [ParameterID: [Use]] = [:]

    private enum Use {
        case weight(site: Int)
        case addend(Int)
        case other(Layer)
    }

    init(_ network: Network) {
        self.network = network
        shapes = PlanningGraph.shapes(of: network)
        classes = ChannelClasses(shapes)
        var products: [Layer] = []
        for (position, layer) in network.layers.enumerated() {
            switch layer.operation {
            case .convolution, .deconvolution, .innerProduct: addSite(position)
            case .scale(let scale) where scale.gamma != nil || layer.inputs.count == 1:
                passAffine(
                    layer, terms: scale.beta.map { [$0] } ?? [], factors: scale.gamma.map { [$0] } ?? [], scale.axes)
            case .bias(let bias) where layer.inputs.count == 1:
                passAffine(layer, terms: bias.beta.map { [$0] } ?? [], factors: [], bias.axes)
            case .batchNorm(let batchNorm): passNormalization(layer, batchNorm)
            case .power(let power):
                addOtherUses(of: layer)
                if power.power == 1, power.shift == 0 { joinAll(layer) } else { close(layer) }
            default:
                addOtherUses(of: layer)
                if layer.isProduct { products.append(layer) } else { pass(layer) }
            }
        }
        for output in network.outputs { classes.close(output, .output(value: network[output].name)) }
        joinSharers()
        // A factor goes into one input of a product: into the first that takes any, once all others are known.
        for layer in products {
            var open: Int?
            for (index, input) in layer.inputs.enumerated() where open == nil && classes.isOpen(input) { open = index }
            pass(layer, preferredInput: open ?? 0)
        }
    }

    /// What stands for the class of a channel.
    mutating func root(of slot: Int) -> Int { classes.root(of: slot) }

    /// Why a channel keeps its range; `nil` where it need not.
    mutating func obstacle(ofSlot slot: Int) -> EqualizationObstacle? { classes.obstacle(ofSlot: slot) }

    func slots(of value: ValueID) -> Range<Int> { classes.slots(of: value) }

    /// The class of each channel that a layer reads, or writes.
    mutating func roots(from slot: Int, count: Int) -> [Int] { (slot..<slot + count).map { classes.root(of: $0) } }

    // MARK: Layers with weights

    private mutating func addSite(_ position: Int) {
        let layer = network.layers[position]
        guard let linear = LinearLayer(layer.operation), let input = layer.inputs.first,
            let output = layer.outputs.first, let shape = network[linear.weight].shape
        else {
            addOtherUses(of: layer)
            return close(layer)
        }
        var axis = linear.channelAxis
        if axis < 0, let rank = shapes[input.index]?.rank { axis += rank }
        let unknown = EqualizationObstacle.unknownShape(layer: layer.name, type: layer.type)
        for other in layer.inputs.dropFirst() { classes.join(input, other, or: unknown) }
        for other in layer.outputs.dropFirst() { classes.join(output, other, or: unknown) }
        guard let channels = classes.channelCount(of: input),
            let layout = linear.layout(weightShape: shape, channels: channels), axis == 1,
            layout.inputChannels == channels, layout.groups * layout.outputs == linear.outputChannels,
            classes.channelCount(of: output) == linear.outputChannels
        else {
            addOtherUses(of: layer)
            return close(layer, classes.channelCount(of: input) == nil ? unknown : nil)
        }
        uses[linear.weight, default: []].append(.weight(site: sites.count))
        sites.append(
            Site(
                position: position, linear: linear, layout: layout, inputs: classes.slots(of: input).lowerBound,
                outputs: classes.slots(of: output).lowerBound))
        if network[linear.weight].factors != .any {
            close(layer, .storedForm(layer: layer.name, type: layer.type))
        }
        if let bias = linear.bias { add(bias, to: output, of: layer) }
    }

    /// Terms of a layer, one for each channel of a value.
    private mutating func add(_ terms: ParameterID, to value: ValueID, of layer: Layer) {
        let slots = classes.slots(of: value)
        guard network[terms].elementCount == classes.channelCount(of: value), network[terms].factors == .any else {
            uses[terms, default: []].append(.other(layer))
            return classes.close(value, .mixed(layer: layer.name, type: layer.type))
        }
        uses[terms, default: []].append(.addend(addends.count))
        addends.append(Addend(parameter: terms, slot: slots.lowerBound, count: slots.count))
    }

    private mutating func addOtherUses(of layer: Layer) {
        for parameter in Set(layer.operation.parameters) { uses[parameter, default: []].append(.other(layer)) }
    }

    // MARK: Affine layers

    /// y = gamma x + beta passes a factor s of x and y as gamma x + beta / s, whatever gamma is.
    private mutating func passAffine(_ layer: Layer, terms: [ParameterID], factors: [ParameterID], _ axes: AffineAxes) {
        for parameter in factors { uses[parameter, default: []].append(.other(layer)) }
        guard let input = layer.inputs.first, let output = layer.outputs.first, layer.inputs.count == 1 else {
            for parameter in terms { uses[parameter, default: []].append(.other(layer)) }
            return close(layer)
        }
        let isOfChannels = terms.allSatisfy { axes.isPerChannel(parameterShape: network[$0].shape) }
        guard isOfChannels, terms.isEmpty || layer.unit == nil else {
            for parameter in terms { uses[parameter, default: []].append(.other(layer)) }
            return close(layer)
        }
        classes.join(input, output, or: .unknownShape(layer: layer.name, type: layer.type))
        for parameter in terms { add(parameter, to: output, of: layer) }
    }

    /// gamma (x - mean) / deviation + beta: mean and beta are such terms.
    private mutating func passNormalization(_ layer: Layer, _ batchNorm: BatchNorm) {
        let terms = [batchNorm.mean, batchNorm.beta].compactMap(\.self)
        let others = Set(batchNorm.stored).subtracting(terms)
        guard batchNorm.usesGlobalStatistics, batchNorm.hasStatistics, batchNorm.axis == 1, layer.unit == nil,
            layer.inputs.count == 1, Set(terms).count == terms.count, terms.allSatisfy(batchNorm.stored.contains),
            // A layer that gains terms has to have factors as well.
            (batchNorm.gamma == nil) == (batchNorm.beta == nil)
        else {
            addOtherUses(of: layer)
            return close(layer)
        }
        for parameter in others { uses[parameter, default: []].append(.other(layer)) }
        classes.join(layer.inputs[0], layer.outputs[0], or: .unknownShape(layer: layer.name, type: layer.type))
        for parameter in terms { add(parameter, to: layer.outputs[0], of: layer) }
    }

    // MARK: Shared numbers

    /// Layers that share numbers change alike, so their channels belong together.
    private mutating func joinSharers() {
        for (_, users) in uses.sorted(by: { $0.key.index < $1.key.index }) where users.count > 1 {
            let weights = users.compactMap { use -> Site? in
                if case .weight(let site) = use { sites[site] } else { nil }
            }
            let terms = users.compactMap { use -> Addend? in
                if case .addend(let index) = use { addends[index] } else { nil }
            }
            if let first = weights.first, weights.count == users.count,
                weights.allSatisfy({ $0.layout == first.layout })
            {
                for other in weights.dropFirst() {
                    for place in 0..<first.layout.inputChannels {
                        classes.join(first.inputs + place, other.inputs + place)
                    }
                    for place in 0..<first.linear.outputChannels {
                        classes.join(first.outputs + place, other.outputs + place)
                    }
                }
            } else if let first = terms.first, terms.count == users.count, terms.allSatisfy({ $0.count == first.count })
            {
                for other in terms.dropFirst() {
                    for place in 0..<first.count { classes.join(first.slot + place, other.slot + place) }
                }
            } else {
                closeUsers(weights, terms)
            }
        }
    }

    private mutating func closeUsers(_ weights: [Site], _ terms: [Addend]) {
        for site in weights {
            let layer = network.layers[site.position]
            close(layer, .sharedNumbers(layer: layer.name, type: layer.type))
        }
        for addend in terms {
            let owner = network.layers.first { $0.operation.parameters.contains(addend.parameter) }
            let obstacle = EqualizationObstacle.sharedNumbers(layer: owner?.name ?? "", type: owner?.type ?? "")
            for slot in addend.slot..<addend.slot + addend.count { classes.close(slot: slot, obstacle) }
        }
    }

    // MARK: Other layers

    private mutating func joinAll(_ layer: Layer) {
        let unknown = EqualizationObstacle.unknownShape(layer: layer.name, type: layer.type)
        guard let first = layer.inputs.first else { return }
        for value in layer.inputs.dropFirst() + layer.outputs { classes.join(first, value, or: unknown) }
    }

    /// Closes what a layer reads for its numbers, and what it writes.
    private mutating func close(_ layer: Layer, _ obstacle: EqualizationObstacle? = nil) {
        for (index, input) in layer.inputs.enumerated() where !layer.operation.readsOnlyShape(ofInput: index) {
            classes.close(input, obstacle ?? .reader(layer: layer.name, type: layer.type))
        }
        for output in layer.outputs {
            classes.close(output, obstacle ?? .writer(layer: layer.name, type: layer.type))
        }
    }

    /// Finds out which channels belong together by sending a different factor through each: backward where that passes, else forward.
    private mutating func pass(_ whole: Layer, preferredInput: Int? = nil) {
        var layer = whole
        if case .pooling(let pooling) = layer.operation, pooling.method == .max, layer.outputs.count > 1 {
            // The places of the maxima stay what they are.
            for places in layer.outputs.dropFirst() {
                classes.close(places, .writer(layer: layer.name, type: layer.type))
            }
            layer.outputs = Array(layer.outputs.prefix(1))
        }
        let site = PassageSite(
            layer: layer, inputs: layer.inputs.map { shapes[$0.index] },
            outputs: layer.outputs.map { shapes[$0.index] },
            inputValues: layer.inputs.map(\.index), preferredInput: preferredInput)
        for direction in [FoldDirection.backward, .forward] where joinByLabels(site, direction) { return }
        close(layer)
    }

    /// - Returns: whether all factors passed.
    private mutating func joinByLabels(_ site: PassageSite, _ direction: FoldDirection) -> Bool {
        let layer = site.layer
        let (near, far) = direction == .backward ? (layer.outputs, layer.inputs) : (layer.inputs, layer.outputs)
        func isShapeOnly(_ index: Int) -> Bool { layer.operation.readsOnlyShape(ofInput: index) }
        var slots: [Int] = []
        var labels: [ChannelAffine?] = []
        for (index, value) in near.enumerated() {
            if direction == .forward, isShapeOnly(index) {
                labels.append(nil)
                continue
            }
            guard classes.channelCount(of: value) ?? 0 > 0 else { return false }
            let own = classes.slots(of: value)
            labels.append(
                ChannelAffine(scale: own.indices.map { Double(Self.firstLabel + slots.count + $0 - own.lowerBound) }))
            slots += own
        }
        guard labels.contains(where: { $0 != nil }) else { return false }
        let passage = site.pass(labels, direction)
        guard passage.taken == nil, passage.rest.allSatisfy({ $0 == nil }), passage.moved.count == far.count else {
            return false
        }
        var pairs: [(Int, Int)] = []
        var unscaled: [ValueID] = []
        for (index, value) in far.enumerated() {
            guard let moved = passage.moved[index] else {
                if direction == .forward || !isShapeOnly(index) { unscaled.append(value) }
                continue
            }
            guard let count = classes.channelCount(of: value), moved.hasNoShift,
                let scale = moved.expanded(to: count)?.scale
            else { return false }
            for (slot, factor) in zip(classes.slots(of: value), scale) where factor != 1 {
                // A channel that nothing reads keeps a factor of 1.
                guard let place = Int(exactly: factor).map({ $0 - Self.firstLabel }), slots.indices.contains(place)
                else {
                    return false
                }
                pairs.append((slots[place], slot))
            }
        }
        for (one, other) in pairs { classes.join(one, other) }
        for value in unscaled {
            classes.close(
                value,
                direction == .backward
                    ? .reader(layer: layer.name, type: layer.type) : .writer(layer: layer.name, type: layer.type))
        }
        return true
    }

    /// A factor of 1 is none.
    private static let firstLabel = 2
}

extension Layer {
    /// Whether it multiplies values.
    fileprivate var isProduct: Bool {
        if case .scale(let scale) = operation { return scale.gamma == nil && inputs.count > 1 }
        return operation.combination(inputCount: inputs.count)?.combination == .product
    }
}
