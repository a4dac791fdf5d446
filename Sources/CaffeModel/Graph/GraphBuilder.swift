import Files
import Frontend
import NetGraph

/// Builds the network of a net in the TEST phase.
struct GraphBuilder {
    var definition: NetDefinition
    var state = NetState()
    var weights: (any WeightFile)?
    /// Shapes of inputs and of data that the user or the data tells, by blob name.
    var inputShapes: [String: [Int]] = [:]
    var assumesGlobalStatistics = false
    var dialect: BatchNormDialect?
    /// Whether a data layer of another phase may stand in for one that this phase lacks.
    var borrowsDataLayers = false
    /// Layers of the weights that the net lacks.
    var surplus = SurplusLayers()
    /// Whether such layers may be normalisations.
    var ignoresSurplus = false

    /// Filters the layers, resolves blob names to values, infers shapes, and holds the parameters against the weights.
    ///
    /// - Throws: `ModelError` for a net that Caffe would not build either, or that does not fit the weights.
    func build() throws(ModelError) -> CaffeNetwork {
        var network = Network(name: definition.name)
        // By the numbers of their names.
        var blobs = [(value: ValueID, producer: Operation)?](repeating: nil, count: definition.nameCount)
        let registry = ParameterRegistry(
            weights: weights, definition: definition, surplus: surplus, ignoresSurplus: ignoresSurplus)

        // Values whose shape may be another one in the fork that runs the net.
        var uncertain = ValueSet(capacity: 0)
        let strangeOfNet = definition.forkFields
        var forkFields: [(field: String, layer: String)] = []
        let active = try activeLayers()
        try BlobWriters(active, nameCount: definition.nameCount).check()
        let dummyDataIsSource = !active.contains {
            $0.bottoms.isEmpty && ($0.type == "Input" || $0.type.contains("Data") && $0.type != "DummyData")
        }
        let firstReaders = LayerNeighbors.firstReaders(active, nameCount: definition.nameCount)
        for (position, layer) in active.enumerated() {
            var inputs: [ValueID] = []
            for (index, bottom) in layer.bottomNumbers.enumerated() {
                guard let value = blobs[bottom]?.value else {
                    throw missing(layer.bottoms[index], of: layer)
                }
                inputs.append(value)
            }
            let inputShapes = inputs.map { network[$0].shape }
            var translator = LayerTranslator(
                layer: layer, inputs: inputShapes,
                assumesGlobalStatistics: assumesGlobalStatistics,
                dialect: dialect, dummyDataIsSource: dummyDataIsSource, registry: registry,
                neighbors: LayerNeighbors(
                    producer: layer.bottomNumbers.first.flatMap { blobs[$0]?.producer },
                    reader: firstReaders[position]))
            let (strange, areAll) = translator.findForkFields()
            translator.hasOnlyCaffeFields = areAll && strange.isEmpty
            forkFields += strange.map { ($0, layer.name) }
            let isUncertain =
                !strangeOfNet.isEmpty || translator.isOfFork(with: strange)
                || inputs.contains(where: uncertain.contains)
            let operation = try operation(of: translator, isCertain: !isUncertain)
            let shapes = try outputShapes(
                of: operation, layer: layer, translator: translator, isCertain: !isUncertain)
            try checkAxes(of: shapes, layer: layer)
            var outputs: [ValueID] = []
            for (index, top) in layer.tops.enumerated() {
                outputs.append(
                    network.addValue(Value(name: top, shape: shapes.indices.contains(index) ? shapes[index] : nil)))
                blobs[layer.topNumbers[index]] = (outputs[index], operation)
            }
            if isUncertain { uncertain.insert(outputs) }
            network.layers.append(
                Layer(
                    id: LayerID(layer.index), name: layer.name, type: operation.caffeType, operation: operation,
                    inputs: inputs, outputs: outputs))
        }
        try registry.finish()
        try checkNames(of: network)

        network.parameters = registry.parameters
        let read = ValueSet(readBy: network.layers, of: network)
        network.outputs = network.layers.flatMap(\.outputs).filter { !read.contains($0) }
        try BlobWriters.checkSharedMemory(of: network, definition: definition)
        return CaffeNetwork(
            definition: definition, network: network, sharedNames: registry.sharedNames, blobs: registry.blobs,
            rewritten: registry.rewritten,
            remarks: registry.remarks.remarks
                + [definition.forkRemark(fields: strangeOfNet, fieldsOfLayers: forkFields)].compactMap(\.self))
    }

    /// The layers that take part.
    private func activeLayers() throws(ModelError) -> [LayerDefinition] {
        var active: [LayerDefinition] = []
        for layer in definition.layers {
            if try state.includes(layer.reader) { active.append(layer) }
        }
        if borrowsDataLayers { active = addingMissingData(to: active) }
        guard !active.isEmpty else {
            throw ModelError(.malformed, "\(definition.path): no layer takes part in the phase \(state.phase.rawValue)")
        }
        return active
    }

    /// Adds data layers of other phases whose tops are read here and written by no layer: only an input is needed, not their data.
    private func addingMissingData(to active: [LayerDefinition]) -> [LayerDefinition] {
        // By the numbers of their names.
        var isMissing = [Bool](repeating: false, count: definition.nameCount)
        for layer in active {
            for bottom in layer.bottomNumbers { isMissing[bottom] = true }
        }
        for layer in active {
            for top in layer.topNumbers { isMissing[top] = false }
        }
        guard isMissing.contains(true) else { return active }
        let present = Set(active.map(\.index))
        var result = active
        for layer in definition.layers where !present.contains(layer.index) && layer.bottoms.isEmpty {
            guard layer.type.contains("Data") || ["Input", "Python"].contains(layer.type),
                layer.topNumbers.contains(where: { isMissing[$0] })
            else {
                continue
            }
            for top in layer.topNumbers { isMissing[top] = false }
            result.append(layer)
        }
        return result.sorted { $0.index < $1.index }
    }

    /// Weights are found by the name of their layer, so a layer with parameters must not share its name.
    private func checkNames(of network: Network) throws(ModelError) {
        var seen = [Int?](repeating: nil, count: definition.nameCount)
        for (position, layer) in network.layers.enumerated() {
            let name = definition.layers[layer.id.index].nameNumber
            guard let first = seen[name] else {
                seen[name] = position
                continue
            }
            let other = network.layers[first]
            guard layer.operation.parameters.isEmpty, other.operation.parameters.isEmpty else {
                let line = definition.line(of: other.id)
                throw definition.layers[layer.id.index].error(
                    "has the same name as the layer in line \(line), and weights are found by name; give one of them another name"
                )
            }
        }
    }

    /// The number of bottoms and tops that the planner and the shapes rely on.
    private func checkArity(of operation: Operation, layer: LayerDefinition) throws(ModelError) {
        let bottoms = layer.bottoms.count
        let tops = layer.tops.count
        guard !operation.arity.admits(inputs: bottoms, outputs: tops) else { return }
        let needed =
            switch operation.arity {
            case .any: "any number of them"
            case .one: "one of each"
            case .oneOrTwoInputs: "one or two bottoms and one top"
            case .twoInputs: "two bottoms and one top"
            case .severalInputs: "bottoms and one top"
            case .severalOutputs: "one bottom and at least one top"
            case .outputForEachInput: "as many of one as of the other"
            }
        throw layer.error("has \(bottoms) bottoms and \(tops) tops; it needs \(needed)")
    }

    /// What a layer is. One with other numbers of bottoms and tops than its type has is an error, unless a fork runs it: then nothing is known of it.
    private func operation(
        of translator: LayerTranslator, isCertain: Bool
    ) throws(ModelError) -> Operation {
        let operation = try translator.operation()
        let layer = translator.layer
        do throws(ModelError) {
            try checkArity(of: operation, layer: layer)
        } catch {
            guard !isCertain else { throw error }
            return .opaque(
                Opaque(
                    type: layer.type, parameters: operation.parameters,
                    cause: "it has \(layer.bottoms.count) bottoms and \(layer.tops.count) tops"))
        }
        return operation
    }

    /// - Parameter isCertain: whether all geometry on the way to the layer is known for sure. Where it is not, shapes that contradict each other
    ///   are no error: what lies behind the channels is not known then.
    private func outputShapes(
        of operation: Operation, layer: LayerDefinition, translator: LayerTranslator, isCertain: Bool
    ) throws(ModelError) -> [TensorShape?] {
        switch operation {
        case .input, .dataSource:
            let declared =
                operation == .input
                ? try InputFields.shapes(of: layer)
                : try dataShapes(of: translator)
            return layer.tops.enumerated().map { index, top in
                let shape = inputShapes[top] ?? (declared.indices.contains(index) ? declared[index] : nil)
                return shape.map { TensorShape($0) }
            }
        case .fill(let fill):
            // What is filled for one batch must not contradict data of another.
            return fill.shapes.map { TensorShape([nil] + $0.dropFirst().map(Optional.some)) }
        case .opaque:
            return translator.opaqueShapes()
        default:
            let problem: ShapeError
            do throws(ShapeError) {
                return try operation.outputShapes(of: translator.inputs, outputCount: layer.tops.count)
            } catch {
                problem = error
            }
            guard !isCertain else { throw layer.error(problem.message) }
            let channels = translator.inputs.map { $0.map { $0.rank > 1 ? $0.withRank($0.rank) : $0 } }
            let nothing = [TensorShape?](repeating: nil, count: translator.inputs.count)
            for inputs in [channels, nothing] {
                if let shapes = try? operation.outputShapes(of: inputs, outputCount: layer.tops.count) { return shapes }
            }
            throw layer.error(problem.message)
        }
    }

    /// Caffe aborts at a blob of more axes (`kMaxBlobAxes`).
    private func checkAxes(of shapes: [TensorShape?], layer: LayerDefinition) throws(ModelError) {
        for (index, shape) in shapes.enumerated() {
            guard let shape, shape.rank > CaffeSchema.maximumAxes else { continue }
            let top = layer.tops.indices.contains(index) ? layer.tops[index] : ""
            throw layer.error(
                "its top '\(top.inMessages)' would have \(shape.rank) axes, but a blob of Caffe has at most \(CaffeSchema.maximumAxes)"
            )
        }
    }

    /// The shapes that a data layer tells. That of a fork may have fields of the same names and another kind.
    private func dataShapes(of translator: LayerTranslator) throws(ModelError) -> [[Int]?] {
        do throws(ModelError) {
            return try DataShapes(prototxtFolder: FileBytes.folder(of: definition.path)).shapes(of: translator.layer)
        } catch {
            guard translator.isOfFork else { throw error }
            return []
        }
    }
}
