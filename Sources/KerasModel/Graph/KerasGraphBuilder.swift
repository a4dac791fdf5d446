import Folding
import Frontend
import JSON
import NetGraph

/// Makes a network of the layers of a model: goes through their calls, nested models included, and adds what each becomes.
///
/// A layer that is called several times has one set of parameters, which its calls may not part with. What is not known becomes an opaque layer with
/// the reason; nothing of a model is ever run to find out.
struct KerasGraphBuilder {
    let config: KerasModelConfig
    let weights: (any KerasWeightSource)?
    let options: ModelOptions
    /// For messages.
    let file: String
    /// The order in which values are kept where no layer asks for one.
    let defaultOrder: ElementOrder

    var network = Network()
    var origins: [LayerID: KerasNetwork.Origin] = [:]
    var tensors: [ParameterID: KerasTensor] = [:]
    var constants: [ParameterID: [Double]] = [:]
    var remarks: [ReadingRemark] = []
    var callCounts: [KerasPath: Int] = [:]
    var callInputs: [KerasCallPlace: [ValueID]] = [:]
    var leafHomes: [KerasPath: (model: KerasPath, name: String)] = [:]
    /// The parameters of each leaf, in its order.
    var parameters: [KerasPath: [ParameterID]] = [:]
    /// The number that stands for each layer that is called several times.
    private var units: [KerasPath: Int] = [:]
    private var valueNames: Set<String> = []
    /// Values that were put into another order already.
    var reordered: [ValueID: KerasValue] = [:]

    let masks: KerasMasks

    /// More layers than any network has; nested models that are called several times multiply.
    static let largestLayerCount = 1 << 18

    init(
        config: KerasModelConfig, weights: (any KerasWeightSource)?, options: ModelOptions, file: String
    ) {
        self.config = config
        self.weights = weights
        self.options = options
        self.file = file
        masks = KerasMasks(config)
        defaultOrder = Self.isChannelsFirst(config.model) ? .channelsFirst : .channelsLast
    }

    mutating func build() throws(ModelError) -> KerasNetwork {
        network.name = config.model.name
        var count = 0
        try countCalls(of: config.model, path: KerasPath([]), times: 1, count: &count)
        let inputs = try addInputs()
        let outputs = try expand(config.model, inputs: inputs, path: KerasPath([]), outerCall: 0, leadingAxes: 0)
        network.outputs = outputs.map(\.id)
        removeUnreadOperators()
        return KerasNetwork(
            network: network, origins: origins, tensors: tensors, constants: constants, callCounts: callCounts,
            leafHomes: leafHomes, callInputs: callInputs, remarks: remarks)
    }

    // MARK: Before the layers

    /// Whether most of the layers that care have the channels first.
    private static func isChannelsFirst(_ model: KerasModelNode) -> Bool {
        var (first, last) = (0, 0)
        func count(_ layer: KerasLayer) {
            switch layer.content {
            case .leaf:
                switch layer.config["data_format"]?.string ?? layer.config["dim_ordering"]?.string {
                case "channels_first", "th": first += 1
                case "channels_last", "tf": last += 1
                default: break
                }
            case .model(let model): model.layers.forEach(count)
            case .wrapper(let inner): count(inner)
            case .merge(let models): models.forEach(count)
            }
        }
        model.layers.forEach(count)
        return first > last
    }

    private mutating func countCalls(
        of model: KerasModelNode, path: KerasPath, times: Int, count: inout Int
    ) throws(ModelError) {
        for layer in model.layers {
            let calls = times * (model.form == .sequential ? 1 : layer.calls.count)
            try countCalls(of: layer, path: path.appending(layer.name), calls: calls, count: &count)
        }
    }

    private mutating func countCalls(
        of layer: KerasLayer, path: KerasPath, calls: Int, count: inout Int
    ) throws(ModelError) {
        count += calls
        guard count <= Self.largestLayerCount else {
            throw ModelError(
                .malformed,
                "\(file): nested models are called so often that there are more than \(Self.largestLayerCount) layers")
        }
        callCounts[path] = calls
        switch layer.content {
        case .leaf, .merge: break
        case .wrapper(let inner):
            try countCalls(of: inner, path: path.appending(inner.name), calls: calls, count: &count)
        case .model(let model): try countCalls(of: model, path: path, times: calls, count: &count)
        }
    }

    /// The layers that the caller feeds.
    private mutating func addInputs() throws(ModelError) -> [KerasValue] {
        let model = config.model
        var values: [KerasValue] = []
        if model.form == .sequential {
            let name: String
            if let layer = model.layers.first, layer.className == "InputLayer" {
                name = layer.name
            } else {
                name = (model.layers.first.map { $0.name } ?? "model") + "_input"
            }
            let first = model.layers.first.map { Self.inputShape(of: $0.config) } ?? nil
            let told = first ?? config.rootConfig["build_input_shape"]?.lengths
            values.append(try addInput(name, shape: told))
        } else {
            for reference in model.inputs {
                guard let layer = model.layer(named: reference.layer) else { continue }
                values.append(try addInput(layer.name, shape: Self.inputShape(of: layer.config)))
            }
        }
        for name in options.inputShapes.keys.sorted() where !values.contains(where: { network[$0.id].name == name }) {
            let known = values.map { "'\(network[$0.id].name)'" }.joined(separator: ", ")
            throw ModelError(.usage, "--input-shape names '\(name)', but the inputs of \(file) are \(known)")
        }
        return values
    }

    private static func inputShape(of config: JSONNode) -> [Int?]? {
        KerasFields(config)["batch_shape", "batch_input_shape"]?.lengths
            ?? KerasFields(config)["input_shape"]?.lengths.map { [nil] + $0 }
    }

    private mutating func addInput(_ name: String, shape told: [Int?]?) throws(ModelError) -> KerasValue {
        let told = options.inputShapes[name].map { $0.map(Optional.some) } ?? told
        // Networks of Keras take any number of images.
        let shape = told.map { TensorShape([$0.first.flatMap(\.self) ?? 1] + $0.dropFirst()) }
        let value = append(
            .input, name: name, type: "InputLayer", valueName: name, inputs: [],
            shape: shape.map(defaultOrder.networkShape), order: defaultOrder,
            origin: KerasNetwork.Origin(path: KerasPath([name]), call: 0, part: .main))
        // Before the first layer of a Sequential that tells the shape of its input itself there is no place for another one.
        if config.model.layer(named: name) == nil { network.values[value.id.index].isSealed = true }
        return value
    }

    // MARK: Models

    /// Adds all layers of a model for one call of it.
    ///
    /// - Parameters:
    ///   - inputs: what the model is called with, flattened.
    ///   - path: of the model; empty for the whole one.
    ///   - outerCall: which of the calls of the model it is.
    /// - Returns: the outputs of the call.
    mutating func expand(
        _ model: KerasModelNode, inputs: [KerasValue], path: KerasPath, outerCall: Int, leadingAxes: Int
    ) throws(ModelError) -> [KerasValue] {
        guard model.form == .functional else {
            var values = enter(model, inputs: inputs, path: path, call: outerCall)
            for layer in model.layers where layer.className != "InputLayer" {
                values = try translate(
                    prepared(
                        layer, in: path, call: outerCall, arguments: values.map { .value($0) }, leadingAxes: leadingAxes
                    ))
            }
            return values
        }
        guard inputs.count == model.inputs.count else {
            throw ModelError(
                .malformed,
                "\(file): the model '\(path)' has \(model.inputs.count) inputs, but is called with \(inputs.count)")
        }
        struct Place: Hashable {
            var layer: Int
            var call: Int
            var tensor: Int
        }
        let positions = Dictionary(
            model.layers.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
        var values: [Place: KerasValue] = [:]
        let entered = enter(model, inputs: inputs, path: path, call: outerCall)
        for (reference, value) in zip(model.inputs, entered) {
            guard let position = positions[reference.layer] else { continue }
            values[Place(layer: position, call: 0, tensor: reference.tensor)] = value
        }
        func value(_ reference: KerasReference, isOutput: Bool) throws(ModelError) -> KerasValue {
            let place = positions[reference.layer].map { position in
                Place(
                    layer: position, call: model.call(of: reference, isOutput: isOutput), tensor: reference.tensor)
            }
            guard let value = place.flatMap({ values[$0] }) else {
                throw ModelError(
                    .malformed,
                    "\(file): output \(reference.tensor) of layer '\(path.appending(reference.layer))' is read, but it has no such output"
                )
            }
            return value
        }
        func input(_ argument: KerasArgument) throws(ModelError) -> KerasInput {
            switch argument {
            case .tensor(let reference): return .value(try value(reference, isOutput: false))
            case .constant(let node): return .constant(node)
            case .list(let parts):
                var inputs: [KerasInput] = []
                for part in parts { inputs.append(try input(part)) }
                return .list(inputs)
            }
        }
        let readers = KerasReaders(model)
        for place in model.callOrder {
            let layer = model.layers[place.layer]
            guard layer.calls.indices.contains(place.call) else { continue }
            var arguments: [KerasInput] = []
            for argument in layer.calls[place.call].arguments { arguments.append(try input(argument)) }
            var keywords: [(name: String, value: KerasInput)] = []
            for keyword in layer.calls[place.call].keywords {
                keywords.append((keyword.name, try input(keyword.value)))
            }
            let readings = readers.readings(ofLayer: layer.name, call: place.call)
            let call = prepared(
                layer, in: path, call: outerCall * layer.calls.count + place.call, arguments: arguments,
                keywords: keywords, outputCount: readings.outputCount, toldShape: readings.shape,
                leadingAxes: leadingAxes)
            for (tensor, value) in try translate(call).enumerated() {
                values[Place(layer: place.layer, call: place.call, tensor: tensor)] = value
            }
        }
        var outputs: [KerasValue] = []
        for reference in model.outputs { outputs.append(try value(reference, isOutput: true)) }
        return outputs
    }

    private func prepared(
        _ layer: KerasLayer, in path: KerasPath, call: Int, arguments: [KerasInput],
        keywords: [(name: String, value: KerasInput)] = [], outputCount: Int = 1, toldShape: [Int?]? = nil,
        leadingAxes: Int
    ) -> KerasLayerCall {
        let path = path.appending(layer.name)
        return KerasLayerCall(
            layer: layer, path: path, name: Self.name(path, call: call), call: call,
            arguments: arguments, keywords: keywords, outputCount: outputCount, toldShape: toldShape,
            leadingAxes: leadingAxes)
    }

    // MARK: Layers of the network

    /// Adds a layer with one output.
    mutating func append(
        _ operation: Operation, name: String, type: String, valueName: String, inputs: [KerasValue],
        shape: TensorShape?, order: ElementOrder, origin: KerasNetwork.Origin
    ) -> KerasValue {
        append(
            operation, name: name, type: type, valueNames: [valueName], inputs: inputs, shapes: [shape], order: order,
            origin: origin)[0]
    }

    mutating func append(
        _ operation: Operation, name: String, type: String, valueNames: [String], inputs: [KerasValue],
        shapes: [TensorShape?], order: ElementOrder, origin: KerasNetwork.Origin
    ) -> [KerasValue] {
        var outputs: [KerasValue] = []
        // What is called several times the file tells once.
        let home = leafHomes[origin.path]?.model ?? origin.path.parent
        let isSealed = callCounts[home] ?? 1 > 1
        for (valueName, shape) in zip(valueNames, shapes) {
            var unique = valueName
            while !valueNames.isEmpty, !self.valueNames.insert(unique).inserted { unique += "'" }
            let id = network.addValue(Value(name: unique, shape: shape, order: order))
            network.values[id.index].isSealed = isSealed
            outputs.append(KerasValue(id: id, order: order, networkShape: shape))
        }
        let id = LayerID(network.layers.count)
        network.layers.append(
            Layer(
                id: id, name: name, type: type, operation: operation, inputs: inputs.map(\.id),
                outputs: outputs.map(\.id)))
        switch (operation, origin.part) {
        case (.batchNorm, _) where callCounts[origin.path] ?? 1 > 1,
            (_, .output) where callCounts[origin.path] ?? 1 > 1:
            network.layers[id.index].unit = unit(of: origin.path)
        case (_, .input) where callCounts[origin.path.parent] ?? 1 > 1:
            network.layers[id.index].unit = unit(of: origin.path.parent)
        default: break
        }
        origins[id] = origin
        return outputs
    }

    private mutating func unit(of path: KerasPath) -> Int {
        let unit = units[path] ?? units.count
        units[path] = unit
        return unit
    }

    /// Makes the layer that was added last one that goes whole or stays as it is.
    mutating func keepWhole(_ path: KerasPath) {
        guard !network.layers.isEmpty else { return }
        network.layers[network.layers.count - 1].unit = unit(of: path)
    }

    /// A value in another order of axes: the same numbers, moved.
    mutating func inOrder(_ value: KerasValue, _ order: ElementOrder) -> KerasValue {
        guard value.order != order else { return value }
        guard let rank = value.rank, rank > 2 else {
            // The same in both.
            var same = value
            same.order = order
            return same
        }
        if let known = reordered[value.id] { return known }
        let wasSealed = network[value.id].isSealed
        let permutation = order == .channelsFirst ? [0] + (2..<rank) + [1] : [0, rank - 1] + (1..<rank - 1)
        let name = "\(network[value.id].name) (\(order == .channelsFirst ? "second" : "last") axis first)"
        let producer = network.layers.last { $0.outputs.contains(value.id) }
        let result = append(
            .permute(order: permutation), name: name, type: "Permute", valueName: name, inputs: [value],
            shape: value.networkShape.map { shape in TensorShape(permutation.map { shape.dimensions[$0] }) },
            order: order,
            origin: producer.flatMap { origins[$0.id] }.map {
                KerasNetwork.Origin(path: $0.path, call: $0.call, part: .helper)
            } ?? KerasNetwork.Origin(path: KerasPath([]), call: 0, part: .helper))
        network.values[result.id.index].isSealed = wasSealed
        reordered[value.id] = result
        return result
    }
}
