import Folding
import Frontend
import NetGraph

/// What a fold changes in the file: nodes that go, come, and read or write other values, and tensors with other numbers.
struct ONNXChanges {
    /// A node that is new.
    struct NewNode {
        var type: String
        var name: String
        var inputs: [String]
        var output: String
        /// The graph that it stands in.
        var scope: Int
        /// Attributes that are lists of whole numbers.
        var lists: [String: [Int]] = [:]
        /// Attributes that are whole numbers.
        var integers: [String: Int] = [:]
        /// Whether it combines its input with one number for each channel, or with one for all.
        var isAffine = false
        var isScalar = false
    }

    /// An input of a node that is to read new numbers.
    struct Slot: Hashable {
        var node: Int
        var input: Int
    }

    /// A tensor that is new.
    struct NewTensor {
        var name: String
        var dimensions: [Int]
        var parameter: ParameterID
    }

    var removedNodes: Set<Int> = []
    /// Nodes in the place of others.
    var replacements: [Int: NewNode] = [:]
    /// New nodes behind a node.
    var insertions: [Int: [NewNode]] = [:]
    /// New nodes before the first one of a graph.
    var firstNodes: [Int: [NewNode]] = [:]
    var inputs: [Int: [String]] = [:]
    var outputs: [Int: [String]] = [:]
    /// Attributes that go, by name.
    var removedAttributes: [Int: Set<String>] = [:]
    /// Attributes that are whole numbers and get a value, by name.
    var setAttributes: [Int: [String: Int]] = [:]
    /// Initializers that get other numbers where they are.
    var rewritten: [Int: ParameterID] = [:]
    var tensors: [NewTensor] = []
    var removedInitializers: Set<Int> = []
    /// Names of values that nobody writes any more.
    var vanished: Set<String> = []
    /// New names of values of the same shape.
    var renamed: [String: String] = [:]
    /// Values whose shape is another one than the file tells.
    var reshaped: Set<String> = []
    /// Inputs of the graph that were defaults of tensors which are gone or have other numbers.
    var removedInputs: Set<String> = []

    let file: ONNXFile
    let original: ONNXNetwork
    let folded: FoldedNetwork
    private let scales: [ParameterID: ONNXPreparedFold.Scales]
    private var names: UniqueNames
    /// The graphs that values of the folded network belong to.
    let scopes: [Int]
    /// Which parameter is to be read where, with the dimensions that the node wants.
    var slots: [(slot: Slot, parameter: ParameterID, dimensions: [Int])] = []

    init(_ prepared: ONNXPreparedFold, of original: ONNXNetwork, file: ONNXFile) throws(ModelError) {
        self.file = file
        folded = prepared.folded
        scales = prepared.scales
        self.original = original
        scopes = original.scopes(in: folded.network)
        names = UniqueNames(file.allNames.union(folded.network.values.map(\.name)))
        for layer in folded.network.layers where original.origins[layer.id]?.part == "terms" {
            for parameter in layer.operation.parameters { names.take(folded.network[parameter].name) }
        }
        try collect()
        tellAssumed()
        guard !isEmpty else { return }
        placeTensors()
        noteShapes()
        try castHalves()
        followNames()
        removeUnread()
        vanish()
    }

    var isEmpty: Bool {
        removedNodes.isEmpty && replacements.isEmpty && insertions.isEmpty && firstNodes.isEmpty && inputs.isEmpty
            && outputs.isEmpty && slots.isEmpty && setAttributes.isEmpty
    }

    /// A name that nothing in the model has.
    mutating func unused(_ stem: String) -> String { names.insert(stem) }

    // MARK: Layers

    private mutating func collect() throws(ModelError) {
        let before = Dictionary(
            original.network.layers.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        var present: Set<LayerID> = []
        /// The last node so far of each graph. A part of a node may stand before what its node stands behind, and does not count.
        var last: [Int: Int] = [:]
        let turned = turnedPlaces(before)
        for layer in folded.network.layers {
            present.insert(layer.id)
            let old = before[layer.id]
            if let place = turned[layer.id] {
                let node = try turnedNode(for: layer)
                (replacements[place], last[node.scope]) = (node, place)
                continue
            }
            if original.isLeftover(layer, before: old) {
                let node = try newNode(for: layer)
                if let origin = original.origins[layer.id] {
                    (replacements[origin.node], last[node.scope]) = (node, origin.sum ?? origin.node)
                } else if let place = last[node.scope] {
                    insertions[place, default: []].append(node)
                } else {
                    firstNodes[node.scope, default: []].append(node)
                }
                continue
            }
            if old == nil, case .parameter(let parameter, let shape) = layer.operation {
                tensors.append(
                    NewTensor(
                        name: folded.network[layer.outputs[0]].name, dimensions: shape, parameter: parameter))
                continue
            }
            guard let origin = original.origins[layer.id], let old else { continue }
            try rewire(layer, old: old, origin: origin)
            if layer.operation != old.operation || isHalved(layer) {
                try changeParameters(layer, old: old, origin: origin)
            }
            guard origin.part == nil else { continue }
            last[file.nodes[origin.node].scope] = origin.last
        }
        for layer in original.network.layers where !present.contains(layer.id) {
            guard let origin = original.origins[layer.id] else { continue }
            removedNodes.formUnion([turned[layer.id] ?? origin.node, origin.sum].compactMap(\.self))
        }
    }

    private mutating func rewire(_ layer: Layer, old: Layer, origin: ONNXNetwork.Origin) throws(ModelError) {
        for (place, value) in layer.inputs.enumerated() {
            let name = folded.network[value].name
            guard original.network[old.inputs[place]].name != name else { continue }
            // Values inside a node are in no file.
            if origin.inputs[place].isEmpty, original.isPartOfNode(old.inputs[place]) { continue }
            guard !origin.inputs[place].isEmpty else {
                throw ModelError(
                    .internalFault, "a value that a graph inside '\(layer.name)' reads was to be called '\(name)'")
            }
            let reader = origin.reader ?? origin.node
            for position in origin.inputs[place] {
                inputs[reader, default: file.nodes[reader].inputs][position] = name
            }
        }
        let writer = origin.last
        for (place, value) in layer.outputs.enumerated() {
            let oldName = original.network[old.outputs[place]].name
            guard oldName != folded.network[value].name else { continue }
            var written = outputs[writer] ?? file.nodes[writer].outputs
            guard let position = file.nodes[writer].outputs.firstIndex(of: oldName) else { continue }
            written[position] = folded.network[value].name
            outputs[writer] = written
        }
    }

    private mutating func changeParameters(
        _ layer: Layer, old: Layer, origin: ONNXNetwork.Origin
    ) throws(ModelError) {
        let (new, previous) = (layer.operation.parameters, old.operation.parameters)
        guard let weight = new.first, let weightInput = origin.weightInput else {
            throw ModelError(.internalFault, "layer '\(layer.name)' (\(layer.type)) got other parameters")
        }
        let node = file.nodes[origin.node]
        if let groups = layer.operation.groups, groups != old.operation.groups {
            setAttributes[node.index, default: [:]]["group"] = groups
        }
        if let scales = scales[weight], case .dequantized(let old) = original.constants[previous[0]]?.numbers {
            change(scales, of: old)
        } else if weight != previous.first || isHalved(weight) {
            var dimensions = folded.network[weight].shape ?? []
            // The constant on the left of a MatMul is told as the kernel of a convolution.
            if node.type == "Einsum", case .convolution(let convolution) = layer.operation {
                dimensions = Array(
                    convolution.weightOrder == .outputsLast ? dimensions.suffix(2) : dimensions.prefix(2))
            } else if node.type == "MatMul" {
                dimensions = Array(origin.turn == nil ? dimensions.prefix(2) : dimensions.suffix(2))
            }
            let slot = Slot(node: node.index, input: weightInput)
            if origin.part == "terms", case .vector = folded.recipes[weight] {
                // Sums of what was there and of a bias.
                let name = folded.network[weight].name
                tensors.append(NewTensor(name: name, dimensions: dimensions, parameter: weight))
                inputs[node.index, default: node.inputs][weightInput] = name
            } else {
                slots.append((slot, weight, dimensions))
            }
            if node.type == "Gemm" {
                removedAttributes[node.index, default: []].insert(weightInput == 1 ? "alpha" : "beta")
            }
        }
        guard new.count > 1, previous.count < 2 || new[1] != previous[1] || isHalved(new[1]) else { return }
        let count = folded.network[new[1]].shape ?? []
        guard old.isPlainProduct else {
            var read = inputs[node.index] ?? node.inputs
            while read.count < 3 { read.append("") }
            inputs[node.index] = read
            slots.append((Slot(node: node.index, input: 2), new[1], count))
            if node.type == "Gemm" { removedAttributes[node.index, default: []].insert("beta") }
            return
        }
        // Along the last axis, or along an earlier one where the product is told as a convolution.
        var inner = node.type == "MatMul" && weightInput == 0 ? 1 : 0
        if node.type == "Einsum", case .convolution(let convolution) = layer.operation {
            inner = convolution.kernel.count
        }
        let dimensions = count + [Int](repeating: 1, count: inner)
        if let sum = origin.sum {
            slots.append((Slot(node: sum, input: origin.sumInput), new[1], dimensions))
            return
        }
        // Where the product is turned behind the node, the node keeps the name of its output.
        let output = origin.turn == nil ? folded.network[layer.outputs[0]].name : node.outputs[0]
        var written = outputs[node.index] ?? node.outputs
        written[0] = names.insert("\(output)_product")
        outputs[node.index] = written
        let tensor = names.insert("\(file.spelled(layer.name, in: node.scope))_bias")
        tensors.append(NewTensor(name: tensor, dimensions: dimensions, parameter: new[1]))
        insertions[node.index, default: []].append(
            NewNode(
                type: "Add", name: "\(layer.name)_add", inputs: [written[0], tensor], output: output, scope: node.scope
            ))
    }

    /// The node of an affine that is left.
    mutating func newNode(for layer: Layer) throws(ModelError) -> NewNode {
        let input = folded.network[layer.inputs[0]]
        let parameters: [ParameterID]
        let type: String
        switch layer.operation {
        case .scale(let scale): (type, parameters) = ("Mul", [scale.gamma, scale.beta].compactMap(\.self))
        case .bias(let bias): (type, parameters) = ("Add", [bias.beta].compactMap(\.self))
        case .batchNorm(let batchNorm): (type, parameters) = ("BatchNormalization", batchNorm.stored)
        default: throw ModelError(.internalFault, "layer '\(layer.name)' is no affine")
        }
        guard type == "BatchNormalization" || parameters.count == 1 else {
            throw ModelError(.internalFault, "layer '\(layer.name)' has factors and terms, which no single node holds")
        }
        var node = NewNode(
            type: type, name: layer.name, inputs: [input.name], output: folded.network[layer.outputs[0]].name,
            scope: scopes[layer.inputs[0].index])
        for (place, parameter) in parameters.enumerated() {
            var dimensions = folded.network[parameter].shape ?? []
            if type != "BatchNormalization" {
                node.isAffine = true
                node.isScalar = dimensions.isEmpty
                // Aligned from the right; before version 7 an attribute tells the axis.
                if !dimensions.isEmpty, file.opset >= 7, let rank = input.shape?.rank {
                    dimensions += [Int](repeating: 1, count: max(rank - 2, 0))
                }
            }
            let roles =
                type == "BatchNormalization"
                ? ["scale", "shift", "mean", "variance"] : [type == "Mul" ? "scale" : "shift"]
            let tensor = names.insert("\(file.spelled(layer.name, in: node.scope))_\(roles[place])")
            tensors.append(NewTensor(name: tensor, dimensions: dimensions, parameter: parameter))
            node.inputs.append(tensor)
        }
        return node
    }

    // MARK: Tensors

    /// Puts new numbers where the old ones are when nobody else reads those; otherwise into new tensors.
    private mutating func placeTensors() {
        var wanted: [String: [Int]] = [:]
        for (index, entry) in slots.enumerated() {
            let name =
                file.nodes[entry.slot.node].inputs.indices.contains(entry.slot.input)
                ? file.nodes[entry.slot.node].inputs[entry.slot.input] : ""
            wanted[name, default: []].append(index)
        }
        let readers = readers(of: Set(wanted.keys))
        let agreeing = Set(
            wanted.filter { _, group in group.allSatisfy { slots[$0].parameter == slots[group[0]].parameter } }.keys)
        var made: [ParameterID: [(dimensions: [Int], name: String)]] = [:]
        for (index, entry) in slots.enumerated() {
            let node = file.nodes[entry.slot.node]
            let name = node.inputs.indices.contains(entry.slot.input) ? node.inputs[entry.slot.input] : ""
            let group = wanted[name] ?? [index]
            if !name.isEmpty, let place = file.initializerPlaces[name],
                agreeing.contains(name), readers[name] == group.count,
                file.initializers[place].dimensions == entry.dimensions
                    || file.initializers[place].elementCount == entry.dimensions.reduce(1, *)
                        && ["Add", "Gemm"].contains(node.type),
                file.initializers[place].type.parameterType == folded.network[entry.parameter].elementType
            {
                rewritten[place] = entry.parameter
                if file.irVersion >= 4 { removedInputs.insert(name) }
                continue
            }
            let tensor: String
            if let known = made[entry.parameter]?.first(where: { $0.dimensions == entry.dimensions }) {
                tensor = known.name
            } else {
                let spelled = file.spelled(
                    name.isEmpty ? folded.network[entry.parameter].name : name, in: node.scope)
                tensor = names.insert(name.isEmpty ? spelled.replacing(" ", with: "_") : spelled)
                made[entry.parameter, default: []].append((entry.dimensions, tensor))
                tensors.append(NewTensor(name: tensor, dimensions: entry.dimensions, parameter: entry.parameter))
            }
            inputs[node.index, default: node.inputs][entry.slot.input] = tensor
        }
    }

    /// How often names are read by what stays: nodes, graphs inside them, the caller.
    func readers(of wanted: Set<String>?) -> [String: Int] {
        var counts: [String: Int] = [:]
        func add(_ name: String) {
            guard !name.isEmpty, wanted?.contains(name) ?? true else { return }
            counts[name, default: 0] += 1
        }
        for node in file.nodes where !removedNodes.contains(node.index) {
            if let replacement = replacements[node.index] {
                replacement.inputs.forEach(add)
            } else {
                (inputs[node.index] ?? node.inputs).forEach(add)
                node.namesReadInside.forEach(add)
            }
        }
        for node in insertions.values.joined() { node.inputs.forEach(add) }
        for node in firstNodes.values.joined() { node.inputs.forEach(add) }
        for output in file.outputs { add(output.name) }
        return counts
    }

    // MARK: What follows

    /// Nodes that are no layers may read values that are gone: those that only want to know a shape read what has the same one, and those that nothing asks
    /// for go.
    private mutating func followNames() {
        var producers: [ValueID: (layer: Layer, place: Int)] = [:]
        for layer in original.network.layers {
            for (place, value) in layer.outputs.enumerated() { producers[value] = (layer, place) }
        }
        let after = Dictionary(folded.network.layers.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        var values: [String: ValueID] = [:]
        for (value, producer) in producers where original.origins[producer.layer.id] != nil {
            values[original.network[value].name] = value
        }
        func substitute(_ name: String) -> String? {
            guard var value = values[name] else { return nil }
            while let (layer, place) = producers[value] {
                if let now = after[layer.id] { return folded.network[now.outputs[place]].name }
                guard let input = layer.inputs.first else { return nil }
                value = input
            }
            return nil
        }
        for node in file.nodes where original.constantNodes.contains(node.index) {
            let read = node.inputs.map { substitute($0) ?? $0 }
            if read != node.inputs { inputs[node.index] = read }
        }
        var written = writtenNames()
        for node in file.nodes where !original.liveNodes.contains(node.index) {
            let read = node.inputs.filter { !$0.isEmpty }
            let isEntered = node.holdsGraphs && node.namesMadeInside.isEmpty
            let inside = node.namesReadInside.filter { isEntered || values[$0] != nil }
            guard !written.isSuperset(of: read) || !written.isSuperset(of: inside) else { continue }
            removedNodes.insert(node.index)
            written.subtract(node.outputs)
        }
        for (name, value) in values where !written.contains(name) {
            guard let (layer, place) = producers[value], let now = after[layer.id],
                !original.isLeftover(now, before: layer)
            else { continue }
            renamed[name] = folded.network[now.outputs[place]].name
        }
    }
}
