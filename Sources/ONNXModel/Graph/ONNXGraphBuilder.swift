import Frontend
import NetGraph
import ProtobufWire

/// Makes a network of the graph of a model.
///
/// Nodes whose outputs are known beforehand become constants, nodes that nothing asks for are left out, and what is not understood becomes an opaque layer
/// with the reason.
struct ONNXGraphBuilder {
    let file: ONNXFile
    let options: ModelOptions
    let keepsOverridableInputs: Bool

    var network = Network()
    var origins: [LayerID: ONNXNetwork.Origin] = [:]
    /// What is known before the model runs, by name.
    var constants: [String: ONNXConstant] = [:]
    var values: [String: ValueID] = [:]
    var types: [ONNXElementType] = []
    var parameterConstants: [ParameterID: ONNXConstant] = [:]
    var parameterNames: [ParameterID: String] = [:]
    /// How often live nodes and outputs read a name.
    var readerCounts: [String: Int] = [:]
    /// How often of these only its shape or its type is read.
    var shapeReaderCounts: [String: Int] = [:]
    var constantNodes: Set<Int> = []
    /// The node that reads a name last of all, and at which place.
    var lastReaders: [String: (node: Int, input: Int)] = [:]
    /// Why what a DequantizeLinear writes is no constant, though it reads constants.
    var dequantizationCauses: [String: String] = [:]
    private var knownParameters: [ParameterKey: ParameterID] = [:]
    private var helpers: [String: ValueID] = [:]
    var nextHelper: Int
    private var infos: [String: ONNXValueInfo] = [:]
    /// Nodes that are left alone though they look like an affine, by the cause.
    var leftNodes: [String: [String]] = [:]
    /// Outputs of the nodes that may become one layer with the product before them; `nil` for any.
    var joins: Set<String>?
    /// Normalisations in training mode that are taken with the stored statistics, as the caller asked.
    var assumed: [ONNXNode] = []
    /// Transposes with affines behind them.
    var turns: [LayerID: ONNXNetwork.Turn] = [:]
    var turnedValues: Set<ValueID> = []
    /// Layers that became part of a later one.
    var replaced: Set<LayerID> = []
    /// Places of layers that stand further behind now.
    var replacedPlaces: Set<Int> = []
    /// Where in the layers values are written, of so many of the layers.
    var producerPlaces: [ValueID: Int] = [:]
    var indexedLayerCount = 0
    /// How many elements may still be computed beforehand.
    var computingBudget: Int
    var remarks: [ReadingRemark] = []
    /// The graph that the layers belong to which are added now, and that of each value, by `ValueID.index`.
    var scope = 0
    var valueScopes: [Int] = []
    /// Values that a graph inside a node reads: what layers of that graph read instead, and the values themselves.
    var captures: [Capture: String] = [:]
    var capturedValues: Set<ValueID> = []

    struct Capture: Hashable {
        var name: String
        var scope: Int
    }

    private struct ParameterKey: Hashable {
        var name: String
        var role: String
        var shape: [Int]
        var factor: Double
    }

    init(_ file: ONNXFile, options: ModelOptions, keepsOverridableInputs: Bool) {
        self.file = file
        self.options = options
        self.keepsOverridableInputs = keepsOverridableInputs
        nextHelper = file.nodes.count + file.inputs.count
        computingBudget = Self.computingBudget(file)
        for var info in file.valueInfos + file.outputs {
            // Other shapes may follow from those that the caller gives; the types stay.
            if !options.inputShapes.isEmpty { info.dimensions = nil }
            infos[info.name] = info
        }
    }

    mutating func build() throws(ModelError) -> ONNXNetwork {
        network.name = file.graphName
        let live = try liveNodes()
        countReaders(live)
        try addInputs()
        for node in file.nodes where live.contains(node.index) { try add(node) }
        tellLeftNodes()
        tellAssumed()
        var captured: Set<String> = []
        for node in file.nodes where live.contains(node.index) { captured.formUnion(node.namesReadInside) }
        captured.formUnion(capturedValues.map { network[$0].name })
        captured.formIntersection(values.keys)
        var outputs: [ValueID] = []
        for output in file.outputs {
            guard let value = values[output.name] else {
                guard constants[output.name] == nil else { continue }
                throw error("the output '\(output.name.inMessages)' of the graph is written by no node")
            }
            outputs.append(value)
        }
        network.outputs = outputs + captured.sorted().compactMap { values[$0] }
        network.layers = network.layers.indices.filter {
            !replacedPlaces.contains($0) && !replaced.contains(network.layers[$0].id)
        }.map { network.layers[$0] }
        // Constants stand before all nodes, whichever of those reads one first.
        network.layers = network.layers.filter(\.isConstant) + network.layers.filter { !$0.isConstant }
        network.sortOutputs()
        return ONNXNetwork(
            network: network, origins: origins, constants: parameterConstants, constantNames: parameterNames,
            types: types, valueScopes: valueScopes, liveNodes: live, constantNodes: constantNodes,
            capturedNames: captured, remarks: remarks,
            partValues: turnedValues.union(
                network.layers.filter { origins[$0.id]?.part != nil }.flatMap(\.outputs)), turns: turns,
            assumedNodes: Set(assumed.map(\.index)))
    }

    func error(_ message: String) -> ModelError { ModelError(.malformed, "\(file.path): \(message)") }

    // MARK: Before the layers

    /// The nodes that the outputs of the graph come from. Nodes must be in an order in which they can run.
    private func liveNodes() throws(ModelError) -> Set<Int> {
        var producers: [String: Int] = [:]
        var known = Set(file.inputs.map(\.name)).union(file.initializerPlaces.keys).union(file.sparseNames)
        known.formUnion(file.innerInputs.map(\.name))
        for node in file.nodes {
            let isEntered = node.holdsGraphs && node.namesMadeInside.isEmpty
            for name in node.inputs + (isEntered ? node.namesReadInside.sorted() : [])
            where !name.isEmpty && !known.contains(name) {
                let isLater = file.nodes[node.index...].contains { $0.outputs.contains(name) }
                throw error(
                    "node \(describe(node)) reads '\(name.inMessages)', "
                        + (isLater
                            ? "which is written only later: the nodes are in no order in which they can run, or form a cycle"
                            : "which nothing gives: no input, no initializer and no node before it"))
            }
            for name in node.namedOutputs {
                guard known.insert(name).inserted else {
                    throw error("'\(name.inMessages)' is written twice, the second time by node \(describe(node))")
                }
                producers[name] = node.index
            }
        }
        var live: Set<Int> = []
        var open = file.outputs.compactMap { producers[$0.name] }
        while let index = open.popLast() {
            guard live.insert(index).inserted else { continue }
            let node = file.nodes[index]
            open += node.inputs.compactMap { producers[$0] }
            open += node.namesReadInside.compactMap { producers[$0] }.filter { $0 < index }
        }
        return live
    }

    private mutating func countReaders(_ live: Set<Int>) {
        for node in file.nodes where live.contains(node.index) {
            for (position, name) in node.inputs.enumerated() where !name.isEmpty {
                readerCounts[name, default: 0] += 1
                lastReaders[name] = (node.index, position)
                if node.type == "Shape" || node.type == "CastLike" && position == 1 {
                    shapeReaderCounts[name, default: 0] += 1
                }
            }
            for name in node.namesReadInside { readerCounts[name, default: 0] += 1 }
        }
        for output in file.outputs { readerCounts[output.name, default: 0] += 1 }
    }

    private mutating func addInputs() throws(ModelError) {
        let declared = Set(file.inputs.map(\.name))
        // From IR version 4 on an initializer that is an input as well is a default; before it had to be one.
        let overridable = file.irVersion >= 4 ? file.initializers.map(\.name).filter(declared.contains) : []
        let kept = Set(keepsOverridableInputs ? overridable : [])
        for tensor in file.initializers where !kept.contains(tensor.name) {
            constants[tensor.name] = ONNXConstant(tensor)
        }
        var names: [String] = []
        for (place, input) in file.inputs.enumerated() where constants[input.name] == nil {
            guard values[input.name] == nil else {
                throw error("two inputs are called '\(input.name.inMessages)'")
            }
            names.append(input.name)
            try checkShape(of: input)
            let shape =
                options.inputShapes[input.name].map { TensorShape($0) } ?? input.dimensions.map { TensorShape($0) }
            let value = addValue(input.name, shape: shape, type: input.type)
            network.layers.append(
                Layer(
                    id: LayerID(file.nodes.count + place), name: input.name, type: "Input", operation: .input,
                    inputs: [], outputs: [value]))
        }
        for input in file.innerInputs where readerCounts[input.name] != nil {
            var shape = input.dimensions.map { TensorShape($0) }
            if !options.inputShapes.isEmpty, let rank = shape?.rank {
                shape = TensorShape([Int?](repeating: nil, count: rank))
            }
            scope = input.scope
            addSource(input.name, type: "Input", cause: "it is given by the node around it", shape: shape, input.type)
        }
        scope = 0
        for name in options.inputShapes.keys.sorted() where !names.contains(name) {
            let known = names.map { "'\($0)'" }.joined(separator: ", ")
            throw ModelError(.usage, "--input-shape names '\(name)', but the inputs of \(file.path) are \(known)")
        }
        if !overridable.isEmpty, !keepsOverridableInputs {
            let list = overridable.prefix(3).map { "'\($0.inMessages)'" }.joined(separator: ", ")
            let more = overridable.count > 3 ? " and \(overridable.count - 3) more" : ""
            remarks.append(
                ReadingRemark(
                    kind: .init(rawValue: "overridable-inputs"), severity: .note, layers: [],
                    message:
                        "\(file.path): \(overridable.count) initializers are inputs as well, so that callers may give other numbers (\(list)\(more)); their own numbers are taken as fixed, and inputs of those that folding changes go; --keep-overridable-inputs leaves them alone"
                ))
        }
    }

    /// Lengths that the caller tells fit those that the file does; how many samples go in at once is free.
    private func checkShape(of input: ONNXValueInfo) throws(ModelError) {
        guard let told = options.inputShapes[input.name], let own = input.dimensions else { return }
        let fits =
            own.count == told.count
            && zip(own, told).enumerated().allSatisfy { axis, pair in axis == 0 || (pair.0 ?? pair.1) == pair.1 }
        guard !fits else { return }
        throw ModelError(
            .usage,
            "--input-shape \(input.name)=\(told.map(String.init).joined(separator: ",")), but \(file.path) tells its shape as \(TensorShape(own)); give lengths for those that it leaves open (?)"
        )
    }

    func describe(_ node: ONNXNode) -> String {
        let name = node.name.isEmpty ? node.namedOutputs.first ?? "number \(node.index)" : node.name
        return "'\(name.inMessages)' (\(node.type))"
    }

    // MARK: Layers

    private mutating func add(_ node: ONNXNode) throws(ModelError) {
        scope = node.scope
        var node = node
        node.inputs = node.inputs.map { capturing($0) }
        let before = network.layers.count
        do throws(ONNXObstacle) {
            if try evaluate(node) {
                constantNodes.insert(node.index)
                return
            }
            if try addSum(node) { return }
            if try addTurnedProduct(node) { return }
            if try addTurnedAffine(node) { return }
            let translation = try translate(node)
            try append(node, translation)
        } catch {
            switch error {
            case .model(let error): throw error
            case .opaque(let cause):
                removeParts(from: before)
                appendOpaque(node, cause: cause)
            }
        }
    }

    /// Adds the layer of a node that is understood.
    private mutating func append(_ node: ONNXNode, _ translation: ONNXTranslation) throws(ONNXObstacle) {
        let operation = translation.operation
        let named = node.namedOutputs
        let outputs = translation.outputCount.map { Array(named.prefix($0)) } ?? named
        guard outputs.first == node.outputs.first,
            operation.arity.admits(inputs: translation.inputs.count, outputs: outputs.count)
        else {
            throw .opaque("it has \(translation.inputs.count) inputs and \(outputs.count) outputs")
        }
        var inputs = translation.values ?? []
        if translation.values == nil {
            for positions in translation.inputs { inputs.append(try layerInput(node, positions[0])) }
        }
        var shapes: [TensorShape?]
        do throws(ShapeError) {
            shapes = try operation.outputShapes(of: inputs.map { network[$0].shape }, outputCount: outputs.count)
        } catch {
            throw .opaque(error.message)
        }
        guard shapes.count == outputs.count else { throw .opaque("the number of its outputs is not known") }
        var type = inputs.first.map { types[$0.index] } ?? .unknown
        if case .argMax = operation { type = .int64 }
        type = translation.type ?? type
        let written = zip(outputs, shapes).map { name, shape in
            addValue(name, shape: told(shape, of: name), type: type)
        }
        let id = LayerID(node.index)
        network.layers.append(
            Layer(
                id: id, name: Self.name(of: node, outputs: outputs), type: node.type, operation: operation,
                inputs: inputs, outputs: written))
        origins[id] = ONNXNetwork.Origin(
            node: node.index, inputs: translation.inputs, weightInput: translation.weightInput,
            biasInput: translation.biasInput, part: nil)
    }

    private mutating func appendOpaque(_ node: ONNXNode, cause: String) {
        if node.type == "BatchNormalization", node.domain.isEmpty { noteLeft(node, cause) }
        var inputs: [ValueID] = []
        var positions: [[Int]] = []
        for (position, name) in node.inputs.enumerated() {
            guard let value = values[name] else { continue }
            inputs.append(value)
            positions.append([position])
        }
        for name in node.namesReadInside.sorted() {
            guard let value = values[name] else { continue }
            inputs.append(value)
            positions.append([])
        }
        let outputs = node.namedOutputs.map { name in
            let type = infos[name].flatMap { $0.type == .unknown ? nil : $0.type } ?? typeOfOutput(node, name)
            return addValue(name, shape: told(nil, of: name), type: type)
        }
        let id = LayerID(node.index)
        network.layers.append(
            Layer(
                id: id, name: Self.name(of: node, outputs: node.namedOutputs), type: node.type,
                operation: .opaque(Opaque(type: node.type, cause: cause)), inputs: inputs, outputs: outputs))
        origins[id] = ONNXNetwork.Origin(node: node.index, inputs: positions)
    }

    /// What a layer is called: as its node, or as its first output where the node has no name.
    static func name(of node: ONNXNode, outputs: [String]) -> String {
        node.name.isEmpty ? outputs.first ?? "\(node.type) \(node.index)" : node.name
    }

    /// What is known of a shape, and what the file tells besides.
    func told(_ shape: TensorShape?, of name: String) -> TensorShape? {
        guard let told = infos[name]?.dimensions else { return shape }
        guard let shape else { return TensorShape(told) }
        guard shape.rank == told.count else { return shape }
        return TensorShape(zip(shape.dimensions, told).map { $0 ?? $1 })
    }

    /// The value that an input of a node is; a constant becomes one that a layer of its own hands out.
    mutating func layerInput(_ node: ONNXNode, _ position: Int) throws(ONNXObstacle) -> ValueID {
        guard let name = node.input(position) else { throw .opaque("its input \(position) is missing") }
        if let value = values[name] { return value }
        if let value = helpers[name] { return value }
        guard let constant = constants[name] else { throw .opaque("its input '\(name.inMessages)' is not read") }
        guard constant.type.parameterType != nil, constant.elementCount > 0, !constant.isLengths else {
            throw .opaque("its input '\(name.inMessages)' is a constant of \(constant.type)")
        }
        let parameter = parameter(constant, name: name, shape: constant.dimensions)
        let value = network.addValue(Value(name: name, shape: TensorShape(constant.dimensions)))
        types.append(constant.type)
        valueScopes.append(scope)
        network.layers.append(
            Layer(
                id: LayerID(nextHelper), name: name, type: "Constant",
                operation: .parameter(parameter, shape: constant.dimensions), inputs: [], outputs: [value]))
        nextHelper += 1
        helpers[name] = value
        return value
    }

    /// The parameter of a constant: one for all that read it in the same form.
    ///
    /// - Parameters:
    ///   - name: of the value.
    ///   - role: what was made of its numbers; empty for themselves.
    mutating func parameter(
        _ constant: ONNXConstant, name: String, role: String = "", shape: [Int]
    ) -> ParameterID {
        let key = ParameterKey(name: name, role: role, shape: shape, factor: constant.factor)
        if let known = knownParameters[key] { return known }
        let parameter = network.addParameter(
            Parameter(
                name: role.isEmpty ? name : "\(name) \(role)", shape: shape,
                elementType: options.tellsHalfPrecision && constant.isWidenedHalf
                    ? .float16 : constant.type.parameterType ?? .float32, factors: constant.factors))
        knownParameters[key] = parameter
        parameterConstants[parameter] = constant.reshaped(shape)
        if role.isEmpty { parameterNames[parameter] = name }
        return parameter
    }
}
