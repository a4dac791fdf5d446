import Frontend
import JSON

/// Writes changes of layers into the JSON of a model. Bytes that no change touches stay.
///
///     Before:  x - c - b - y        Functional: b reads ["c", 0, 0], y reads ["b", 0, 0]
///     After:   x - c - y                        y reads ["c", 0, 0]
///
/// A reference to the k-th call of a layer that goes becomes the reference of what that call reads, in calls, keyword arguments and outputs alike. A wrapper goes
/// with the layer in it, and a nested model with all of its layers.
struct KerasEditor {
    private let config: KerasModelConfig
    private let changes: KerasChanges
    private let file: String
    private let dropsTraining: Bool
    private var edits: [JSONEdit] = []

    /// - Parameters:
    ///   - file: for messages.
    ///   - dropsTraining: whether `compile_config` goes, as it has to where the state of the optimizer does.
    init(_ config: KerasModelConfig, changes: KerasChanges, file: String, dropsTraining: Bool = false) {
        self.dropsTraining = dropsTraining
        self.config = config
        self.changes = changes
        self.file = file
    }

    /// The text after the changes.
    ///
    /// - Throws: where they cannot be told in JSON, which is a fault of the plan.
    mutating func text() throws(ModelError) -> [UInt8] {
        try edit(config.model, path: KerasPath([]))
        if dropsTraining { edits += config.editsWithoutTraining }
        let text: [UInt8]
        do throws(JSONEditConflict) {
            text = try config.document.applying(edits)
        } catch {
            throw ModelError(.internalFault, "changes of the model's JSON overlap at byte \(error.range.lowerBound)")
        }
        guard config.isEncodedTwice else { return text }
        return Array(JSONValue.string(String(decoding: text, as: UTF8.self)).text.utf8)
    }

    // MARK: What goes

    private func isGone(_ layer: KerasLayer, path: KerasPath) -> Bool {
        switch layer.content {
        // What moves goes from its place, too.
        case .leaf:
            changes.removed.contains(path) || changes.insertions.contains { $0.model.appending($0.name) == path }
        case .wrapper(let inner): isGone(inner, path: path.appending(inner.name))
        case .model(let model): isGone(model, path: path)
        case .merge: false
        }
    }

    /// Whether a model only hands its input on now.
    private func isGone(_ model: KerasModelNode, path: KerasPath) -> Bool {
        let layers = model.layers.filter { $0.className != "InputLayer" }
        return !layers.isEmpty && layers.allSatisfy { isGone($0, path: path.appending($0.name)) }
            && (model.form == .sequential || model.inputs.count == 1 && model.outputs.count == 1)
    }

    // MARK: Models

    private mutating func edit(_ model: KerasModelNode, path: KerasPath) throws(ModelError) {
        var gone = Set(
            model.layers.indices.filter { isGone(model.layers[$0], path: path.appending(model.layers[$0].name)) })
        let isEmpty = model.layers.indices.allSatisfy {
            gone.contains($0) || model.layers[$0].className == "InputLayer"
        }
        if model.form == .sequential, isEmpty, let last = gone.max() {
            // A Sequential has to have a layer.
            gone.remove(last)
            try becomeLinear(model.layers[last])
        }
        edits += config.document.removals(ofElements: gone, from: model.list)
        if model.form == .sequential {
            try keepInputShape(of: model, gone: gone)
        } else {
            try edit(
                references: model, path: path,
                gone: Dictionary(
                    gone.map { (model.layers[$0].name, model.layers[$0]) }, uniquingKeysWith: { first, _ in first }))
        }
        for insertion in changes.insertions where insertion.model == path {
            try insert(insertion, into: model, path: path)
        }
        for (position, layer) in model.layers.enumerated()
        where !gone.contains(position) && !isGone(layer, path: path.appending(layer.name)) {
            try edit(layer, path: path.appending(layer.name))
        }
    }

    /// Makes a layer one that hands its input on.
    private mutating func becomeLinear(_ layer: KerasLayer) throws(ModelError) {
        var fields = [
            JSONValue.Member(key: "name", value: .string(layer.name)),
            JSONValue.Member(key: "activation", value: .string("linear")),
        ]
        for key in ["batch_input_shape", "batch_shape", "dtype"] {
            guard let value = layer.config[key] else { continue }
            fields.append(JSONValue.Member(key: key, value: JSONValue(value)))
        }
        set(layer.node, "class_name", to: .string("Activation"))
        if layer.node["module"] != nil { set(layer.node, "module", to: .string("keras.layers")) }
        if layer.node["registered_name"].map({ !$0.isNull }) == true { set(layer.node, "registered_name", to: .null) }
        edits.append(JSONEdit(replacing: layer.config.range, with: .object(fields)))
    }

    private mutating func edit(_ layer: KerasLayer, path: KerasPath) throws(ModelError) {
        switch layer.content {
        case .leaf: editFields(of: layer, path: path)
        case .wrapper(let inner): try edit(inner, path: path.appending(inner.name))
        case .model(let model): try edit(model, path: path)
        case .merge: break
        }
    }

    /// The first layer of a Sequential without an InputLayer tells the shape of what it reads: so does the next one when it goes, or an InputLayer
    /// where that is a model.
    private mutating func keepInputShape(of model: KerasModelNode, gone: Set<Int>) throws(ModelError) {
        guard gone.contains(0), let first = model.layers.first, first.className != "InputLayer" else { return }
        let next = model.layers.indices.first { !gone.contains($0) }
        var told: [JSONMember] = []
        for key in ["batch_input_shape", "batch_shape", "input_dtype"] {
            guard let member = first.config.members?.first(where: { $0.key == key }) else { continue }
            told.append(member)
        }
        guard !told.isEmpty else { return }
        if let next, case .leaf = model.layers[next].content {
            for member in told { set(model.layers[next].config, member.key, to: member.value) }
        } else if let next, case .wrapper = model.layers[next].content {
            for member in told { set(model.layers[next].config, member.key, to: member.value) }
        } else {
            var fields = [JSONValue.Member(key: "name", value: .string(first.name + "_input"))]
            for member in told where member.key != "input_dtype" {
                fields.append(JSONValue.Member(key: member.key, value: JSONValue(member.value)))
            }
            if let type = (first.config["input_dtype"] ?? first.config["dtype"])?.string {
                fields.append(JSONValue.Member(key: "dtype", value: .string(type)))
            }
            let entry = JSONValue.object(["class_name": .string("InputLayer"), "config": .object(fields)])
            edits.append(
                JSONEdit(inserting: entry.text + (next == nil ? "" : ", "), at: first.node.range.lowerBound))
        }
    }

    // MARK: References

    private mutating func edit(
        references model: KerasModelNode, path: KerasPath, gone: [String: KerasLayer]
    ) throws(ModelError) {
        let insertions = changes.insertions.filter { $0.model == path }
        guard !gone.isEmpty || !insertions.isEmpty else { return }
        for layer in model.layers where gone[layer.name] == nil {
            for (number, call) in layer.calls.enumerated() {
                let references = call.references
                for place in call.places {
                    // A tensor that is handed over by name may be told several times.
                    let own =
                        references.firstIndex { $0.nameRange == place.nameRange }
                        ?? references.firstIndex {
                            ($0.layer, $0.node, $0.tensor) == (place.layer, place.node, place.tensor)
                        }
                    let reading = own.map { KerasReading(layer: layer.name, call: number, place: $0) }
                    let insertion = reading.flatMap { reading in insertions.first { $0.readings.contains(reading) } }
                    try redirect(place, isOutput: false, in: model, gone: gone, to: insertion)
                }
            }
        }
        for (index, place) in model.outputs.enumerated() {
            let insertion = insertions.first { $0.outputs.contains(index) }
            try redirect(place, isOutput: true, in: model, gone: gone, to: insertion)
        }
    }

    private mutating func redirect(
        _ place: KerasReference, isOutput: Bool, in model: KerasModelNode, gone: [String: KerasLayer],
        to insertion: KerasInsertion?
    ) throws(ModelError) {
        var (name, call, tensor) = (place.layer, model.call(of: place, isOutput: isOutput), place.tensor)
        // Layers that go may read one another; nothing reads itself, which was made sure of before.
        while let layer = gone[name] {
            guard layer.calls.indices.contains(call), layer.calls[call].inputs.count == 1,
                let source = layer.calls[call].inputs.first
            else {
                throw ModelError(
                    .internalFault, "\(file): layer '\(name)' goes, but its call \(call) does not read one tensor")
            }
            (name, call, tensor) = (source.layer, model.call(of: source), source.tensor)
        }
        if let insertion { (name, call, tensor) = (insertion.name, 0, 0) }
        guard name != place.layer || gone[place.layer] != nil else { return }
        let first = model.firstNodes[name]
        let node = call + (first.map { isOutput ? $0.inOutputs : $0.inCalls } ?? 0)
        edits.append(JSONEdit(replacing: place.nameRange, with: .string(name)))
        if node != place.node { edits.append(JSONEdit(replacing: place.nodeRange, with: .integer(node))) }
        if tensor != place.tensor { edits.append(JSONEdit(replacing: place.tensorRange, with: .integer(tensor))) }
    }

    // MARK: New layers

    /// Adds a normalisation behind its source, made of the entry of another one.
    private mutating func insert(
        _ insertion: KerasInsertion, into model: KerasModelNode, path: KerasPath
    ) throws(ModelError) {
        guard let pattern = config.model.layer(at: insertion.pattern), let source = model.layer(named: insertion.source)
        else {
            throw ModelError(.internalFault, "\(file): there is no pattern for the new layer '\(insertion.name)'")
        }
        let before = edits
        edits = []
        if let name = pattern.node["name"] {
            edits.append(JSONEdit(replacing: name.range, with: .string(insertion.name)))
        } else if model.form == .functional {
            set(pattern.node, "name", to: .string(insertion.name))
        }
        set(pattern.config, "name", to: .string(insertion.name))
        let axis = JSONValue.integer(insertion.isChannelsFirst ? 1 : -1)
        set(pattern.config, "axis", to: pattern.config["axis"]?.elements == nil ? axis : .array([axis]))
        setNumbers(of: pattern, to: insertion.numbers)
        // What a layer that stands first tells of the input.
        remove(["batch_input_shape", "batch_shape", "input_dtype"], from: pattern.config)
        // It tells the shape of what the pattern reads; a layer finds out by itself.
        var foreign = ["build_config"]
        if model.form == .sequential { foreign.append("inbound_nodes") }
        remove(foreign, from: pattern.node)
        if model.form == .functional {
            let first = model.firstNodes[insertion.source]?.inCalls ?? 0
            set(pattern.node, "inbound_nodes", to: call(insertion, node: insertion.call + first, pattern: pattern))
        }
        let text: String
        do throws(JSONEditConflict) {
            text = String(
                decoding: try config.document.applying(edits, to: pattern.node.range), as: UTF8.self)
        } catch {
            throw ModelError(.internalFault, "changes of the model's JSON overlap at byte \(error.range.lowerBound)")
        }
        edits = before
        edits.append(JSONEdit(inserting: ", " + text, at: source.node.range.upperBound))
    }

    /// `inbound_nodes` of a layer that reads one tensor.
    private func call(_ insertion: KerasInsertion, node: Int, pattern: KerasLayer) -> JSONValue {
        let place: [JSONValue] = [.string(insertion.source), .integer(node), .integer(insertion.tensor)]
        guard config.dialect == .three else { return .array([.array([.array(place + [.object([])])])]) }
        let type = pattern.config["dtype"]?.string ?? "float32"
        let shape = insertion.shape.map { $0.map(JSONValue.integer) ?? .null }
        let tensor = JSONValue.object([
            "class_name": .string("__keras_tensor__"),
            "config": .object([
                "shape": .array(shape), "dtype": .string(type), "keras_history": .array(place),
            ]),
        ])
        return .array([.object(["args": .array([tensor]), "kwargs": .object([])])])
    }

    private mutating func remove(_ keys: [String], from object: JSONNode) {
        let places = (object.members ?? []).indices.filter { keys.contains(object.members?[$0].key ?? "") }
        edits += config.document.removals(ofMembers: Set(places), from: object)
    }

    // MARK: Fields

    private mutating func editFields(of layer: KerasLayer, path: KerasPath) {
        if changes.biased.contains(path) {
            let isOld = layer.config["use_bias"] == nil && layer.config["bias"]?.boolean != nil
            set(layer.config, isOld ? "bias" : "use_bias", to: .boolean(true))
        }
        if let renormalized = changes.renormalized[path] { setNumbers(of: layer, to: renormalized) }
    }

    /// Of a normalisation that has all four of its numbers.
    private mutating func setNumbers(of layer: KerasLayer, to numbers: KerasChanges.Renormalized) {
        set(layer.config, "center", to: .boolean(true))
        set(layer.config, "scale", to: .boolean(true))
        let told = layer.config["epsilon"]?.number?.double
        if numbers.isDouble, told != numbers.epsilon {
            set(layer.config, "epsilon", to: .decimal(numbers.epsilon))
        } else if !numbers.isDouble, told.map({ Double(Float($0)) }) != numbers.epsilon {
            // Floats are written as short as they can be: 0.001.
            set(layer.config, "epsilon", to: .decimal(Double("\(Float(numbers.epsilon))") ?? numbers.epsilon))
        }
        if layer.config["renorm"]?.boolean == true { set(layer.config, "renorm", to: .boolean(false)) }
    }

    private mutating func set(_ object: JSONNode, _ key: String, to value: JSONNode) {
        if let old = object[key] {
            edits.append(JSONEdit(replacing: old.range, with: JSONValue(value)))
        } else if let members = object.members {
            let text = String(decoding: config.document.bytes[value.range], as: UTF8.self)
            edits.append(
                JSONEdit(
                    inserting: "\"\(key)\": \(text)\(members.isEmpty ? "" : ", ")", at: object.range.lowerBound + 1))
        }
    }

    private mutating func set(_ object: JSONNode, _ key: String, to value: JSONValue) {
        if let old = object[key] {
            if JSONValue(old) != value { edits.append(JSONEdit(replacing: old.range, with: value)) }
        } else if let members = object.members {
            edits.append(
                JSONEdit(
                    inserting: "\"\(key)\": \(value.text)\(members.isEmpty ? "" : ", ")",
                    at: object.range.lowerBound + 1))
        }
    }
}

extension KerasModelConfig {
    /// What takes `compile_config` out of the JSON of an archive.
    var editsWithoutTraining: [JSONEdit] {
        let root = document.root
        let members = root.members ?? []
        return document.removals(
            ofMembers: Set(members.indices.filter { members[$0].key == "compile_config" }), from: root)
    }
}
