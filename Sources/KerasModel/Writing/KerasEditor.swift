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
    private var edits: [JSONEdit] = []

    /// - Parameter file: for messages.
    init(_ config: KerasModelConfig, changes: KerasChanges, file: String) {
        self.config = config
        self.changes = changes
        self.file = file
    }

    /// The text after the changes.
    ///
    /// - Throws: where they cannot be told in JSON, which is a fault of the plan.
    mutating func text() throws(ModelError) -> [UInt8] {
        guard !isGone(config.model, path: KerasPath([])) else {
            throw ModelError(.internalFault, "nothing is left of the model")
        }
        try edit(config.model, path: KerasPath([]))
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
        let gone = Set(
            model.layers.indices.filter { isGone(model.layers[$0], path: path.appending(model.layers[$0].name)) })
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
        for (position, layer) in model.layers.enumerated() where !gone.contains(position) {
            try edit(layer, path: path.appending(layer.name))
        }
    }

    private mutating func edit(_ layer: KerasLayer, path: KerasPath) throws(ModelError) {
        switch layer.content {
        case .leaf: editFields(of: layer, path: path)
        case .wrapper(let inner): try edit(inner, path: path.appending(inner.name))
        case .model(let model): try edit(model, path: path)
        case .merge: break
        }
    }

    /// The first layer of a Sequential without an InputLayer tells the shape of what it reads: so does the next one when it goes.
    private mutating func keepInputShape(of model: KerasModelNode, gone: Set<Int>) throws(ModelError) {
        guard gone.contains(0), let first = model.layers.first else { return }
        guard let next = model.layers.indices.first(where: { !gone.contains($0) }) else { return }
        for key in ["batch_input_shape", "input_dtype"] {
            guard let told = first.config.members?.first(where: { $0.key == key }) else { continue }
            var layer = model.layers[next]
            while case .wrapper(let inner) = layer.content, layer.config.members == nil { layer = inner }
            guard layer.config.members != nil, case .model = layer.content else {
                set(layer.config, key, to: told.value)
                continue
            }
            throw ModelError(
                .internalFault,
                "\(file): '\(first.name)' tells the shape of the input and goes, but the model '\(layer.name)' behind it cannot tell it"
            )
        }
    }

    // MARK: References

    private mutating func edit(
        references model: KerasModelNode, path: KerasPath, gone: [String: KerasLayer]
    ) throws(ModelError) {
        let insertions = changes.insertions.filter { $0.model == path }
        guard !gone.isEmpty || !insertions.isEmpty else { return }
        for layer in model.layers where gone[layer.name] == nil {
            let own = insertions.filter { $0.readers.contains(layer.name) }
            for place in layer.calls.flatMap(\.places) {
                try redirect(place, isOutput: false, in: model, gone: gone, insertions: own)
            }
        }
        let own = insertions.filter(\.isOutput)
        for place in model.outputs { try redirect(place, isOutput: true, in: model, gone: gone, insertions: own) }
    }

    private mutating func redirect(
        _ place: KerasReference, isOutput: Bool, in model: KerasModelNode, gone: [String: KerasLayer],
        insertions: [KerasInsertion]
    ) throws(ModelError) {
        var (name, call, tensor) = (place.layer, model.call(of: place, isOutput: isOutput), place.tensor)
        // Layers that go may read one another; nothing reads itself, which was made sure of before.
        while let layer = gone[name] {
            guard layer.calls.indices.contains(call), layer.calls[call].references.count == 1,
                let source = layer.calls[call].references.first
            else {
                throw ModelError(
                    .internalFault, "\(file): layer '\(name)' goes, but its call \(call) does not read one tensor")
            }
            (name, call, tensor) = (source.layer, model.call(of: source), source.tensor)
        }
        // Of several in a row the last one is read.
        while let insertion = insertions.first(where: { $0.source == name && $0.call == call && $0.tensor == tensor }) {
            (name, call, tensor) = (insertion.name, 0, 0)
        }
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
        guard let pattern = model.layer(named: insertion.pattern.names.last ?? ""),
            // One that is new stands behind its own source.
            let source = model.layer(named: insertion.source)
                ?? changes.insertions.first(where: { $0.model == path && $0.name == insertion.source }).flatMap({
                    model.layer(named: $0.source)
                })
        else {
            throw ModelError(.internalFault, "\(file): there is no pattern for the new layer '\(insertion.name)'")
        }
        let before = edits
        edits = []
        if let name = pattern.node["name"] {
            edits.append(JSONEdit(replacing: name.range, with: .string(insertion.name)))
        }
        set(pattern.config, "name", to: .string(insertion.name))
        let axis = JSONValue.integer(insertion.isChannelsFirst ? 1 : -1)
        set(pattern.config, "axis", to: pattern.config["axis"]?.elements == nil ? axis : .array([axis]))
        setNumbers(of: pattern, epsilon: insertion.epsilon)
        // It tells the shape of what the pattern reads; a layer finds out by itself.
        if let members = pattern.node.members, let place = members.firstIndex(where: { $0.key == "build_config" }) {
            edits += config.document.removals(ofMembers: [place], from: pattern.node)
        }
        if let calls = pattern.node["inbound_nodes"]?.elements, let node = pattern.node["inbound_nodes"] {
            edits += config.document.removals(ofElements: Set(calls.indices.dropFirst()), from: node)
            guard let call = pattern.calls.first, call.places.count == 1, let place = call.places.first else {
                throw ModelError(.internalFault, "\(file): layer '\(pattern.name)' does not read one tensor")
            }
            let first = model.firstNodes[insertion.source]?.inCalls ?? 0
            edits.append(JSONEdit(replacing: place.nameRange, with: .string(insertion.source)))
            edits.append(JSONEdit(replacing: place.nodeRange, with: .integer(insertion.call + first)))
            edits.append(JSONEdit(replacing: place.tensorRange, with: .integer(insertion.tensor)))
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

    // MARK: Fields

    private mutating func editFields(of layer: KerasLayer, path: KerasPath) {
        if changes.biased.contains(path) {
            let isOld = layer.config["use_bias"] == nil && layer.config["bias"]?.boolean != nil
            set(layer.config, isOld ? "bias" : "use_bias", to: .boolean(true))
        }
        if let renormalized = changes.renormalized[path] { setNumbers(of: layer, epsilon: renormalized.epsilon) }
    }

    /// Of a normalisation that has all four of its numbers.
    private mutating func setNumbers(of layer: KerasLayer, epsilon: Double) {
        set(layer.config, "center", to: .boolean(true))
        set(layer.config, "scale", to: .boolean(true))
        // Floats are written as short as they can be: 0.001.
        if layer.config["epsilon"]?.number.map({ Double(Float($0.double)) }) != epsilon {
            set(layer.config, "epsilon", to: .decimal(Double("\(Float(epsilon))") ?? epsilon))
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
