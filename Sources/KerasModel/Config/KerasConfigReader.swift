import Frontend
import JSON

/// Reads layers, and models made of them, from the JSON of a model.
struct KerasConfigReader {
    let document: JSONDocument
    /// For messages.
    let file: String
    let dialect: KerasDialect

    func error(_ node: JSONNode, _ message: String) -> ModelError {
        let (line, column) = document.position(at: node.range.lowerBound)
        return ModelError(.malformed, "\(file):\(line):\(column): \(message)")
    }

    // MARK: Models

    /// - Parameters:
    ///   - config: the object of the model, or the list that old Sequential models have in its place.
    ///   - className: `nil` for a bare `get_config()`.
    ///   - name: the one that the list of layers around it gives.
    ///   - place: for messages.
    func model(
        _ config: JSONNode, className: String?, name: String?, place: JSONNode
    ) throws(ModelError) -> KerasModelNode {
        guard let list = config.elements == nil ? config["layers"] : config, let entries = list.elements else {
            throw error(place, "expected a model with a list of layers, found \(config.kind)")
        }
        let isFunctional = config["input_layers"] != nil || config["output_layers"] != nil
        if !isFunctional, let className, className != "Sequential" {
            throw error(
                place,
                "the model of class '\(className)' tells no 'input_layers' and 'output_layers', so how its layers are connected is not known; only Sequential and Functional models can be read, and subclassed ones have no graph"
            )
        }
        var layers: [KerasLayer] = []
        for (position, entry) in entries.enumerated() {
            layers.append(try layer(entry, position: position))
        }
        var names: Set<String> = []
        for layer in layers where !names.insert(layer.name).inserted {
            throw error(layer.node, "two layers have the name '\(layer.name)'")
        }
        let name = name ?? config["name"]?.string ?? "model"
        guard isFunctional else {
            let order = layers.indices.filter { layers[$0].className != "InputLayer" }
            return KerasModelNode(
                name: name, form: .sequential, layers: layers, list: list, inputs: [], outputs: [], layerOrder: order,
                callOrder: [], firstNodes: [:])
        }
        var model = KerasModelNode(
            name: name, form: .functional, layers: layers, list: list,
            inputs: try references(config["input_layers"], of: place, key: "input_layers"),
            outputs: try references(config["output_layers"], of: place, key: "output_layers"), layerOrder: [],
            callOrder: [], firstNodes: [:])
        model.firstNodes = firstNodes(of: model)
        (model.layerOrder, model.callOrder) = try KerasConnections(model, reader: self).orders(reader: self)
        return model
    }

    /// `[["in", 0, 0]]`, one of them without the outer list, or an object of them in the order of its keys.
    private func references(
        _ node: JSONNode?, of place: JSONNode, key: String
    ) throws(ModelError) -> [KerasReference] {
        guard let node else { throw error(place, "the model has no '\(key)'") }
        let found = places(in: node)
        guard !found.isEmpty else { throw error(node, "'\(key)' names no layer") }
        return found
    }

    private func places(in node: JSONNode) -> [KerasReference] {
        if let reference = Self.reference(node) { return [reference] }
        if let elements = node.elements { return elements.flatMap(places) }
        return Self.sorted(node).flatMap { places(in: $0.value) }
    }

    private func firstNodes(of model: KerasModelNode) -> [String: KerasModelNode.FirstNode] {
        var inCalls: [String: Set<Int>] = [:]
        for reference in model.layers.flatMap({ $0.calls.flatMap(\.references) }) {
            inCalls[reference.layer, default: []].insert(reference.node)
        }
        var inOutputs: [String: Set<Int>] = [:]
        for reference in model.outputs { inOutputs[reference.layer, default: []].insert(reference.node) }
        var firstNodes: [String: KerasModelNode.FirstNode] = [:]
        for layer in model.layers {
            guard case .model(let inner) = layer.content else { continue }
            func first(_ nodes: Set<Int>?) -> Int? {
                guard let nodes else { return nil }
                return nodes.contains(layer.calls.count) ? 1 : nodes.contains(0) ? 0 : nil
            }
            let calls = first(inCalls[layer.name])
            let outputs = first(inOutputs[layer.name])
            firstNodes[layer.name] =
                dialect == .three
                ? .init(inCalls: calls ?? 0, inOutputs: outputs ?? (inner.form == .functional ? 1 : 0))
                : .init(inCalls: calls ?? outputs ?? 1, inOutputs: outputs ?? calls ?? 1)
        }
        return firstNodes
    }

    // MARK: Layers

    /// - Parameter position: in its list, for the name of a layer that has none.
    func layer(_ entry: JSONNode, position: Int) throws(ModelError) -> KerasLayer {
        guard let className = entry["class_name"]?.string else {
            throw error(entry, "expected a layer with a 'class_name', found \(entry.kind) without one")
        }
        guard let config = entry["config"], config.members != nil || config.elements != nil else {
            throw error(entry, "the layer of class '\(className)' has no 'config'")
        }
        guard
            let name = entry["name"]?.string ?? config["name"]?.string
                ?? (config.elements != nil ? "sequential_\(position + 1)" : nil), !name.isEmpty
        else { throw error(entry, "the layer of class '\(className)' has no name") }
        var layer = KerasLayer(
            className: className, module: entry["module"]?.string, registeredName: entry["registered_name"]?.string,
            name: name, node: entry, config: config, calls: [], content: .leaf)
        for node in entry["inbound_nodes"]?.elements ?? [] { layer.calls.append(try call(node)) }
        guard !layer.isOperator, !layer.isForeign else { return layer }
        switch className {
        case "Sequential", "Functional", "Model":
            layer.content = .model(try model(config, className: className, name: name, place: entry))
        case "TimeDistributed":
            guard let inner = config["layer"] else { throw error(entry, "the wrapper '\(name)' has no 'layer'") }
            layer.content = .wrapper(try self.layer(inner, position: 0))
        case "Merge":
            guard let models = config["layers"]?.elements else { break }
            var parts: [KerasLayer] = []
            for (index, model) in models.enumerated() { parts.append(try self.layer(model, position: index)) }
            layer.content = .merge(parts)
        default: try checkFields(of: layer)
        }
        return layer
    }

    // MARK: Calls

    func call(_ node: JSONNode) throws(ModelError) -> KerasCall {
        if node.members != nil {
            let arguments = (node["args"]?.elements ?? []).map(argumentOfThree)
            let keywords = Self.sorted(node["kwargs"]).map { (name: $0.key, value: argumentOfThree($0.value)) }
            let all = arguments + keywords.map(\.value)
            return KerasCall(
                arguments: arguments, keywords: keywords, node: node, places: all.flatMap(\.references))
        }
        guard node.elements != nil else { throw error(node, "expected a call of a layer, found \(node.kind)") }
        var keywords: JSONNode?
        var places: [KerasReference] = []
        var inputs = argument(node, keywords: &keywords, places: &places)
        // A list of one stands for what is in it.
        if case .list(let parts) = inputs, parts.count == 1 { inputs = parts[0] }
        return KerasCall(
            arguments: [inputs],
            keywords: Self.sorted(keywords).map { (name: $0.key, value: keywordArgument($0.value)) }, node: node,
            places: places)
    }

    /// Keras 1 and 2: `["c1", 0, 0, {}]`, or lists and objects of those.
    private func argument(
        _ node: JSONNode, keywords: inout JSONNode?, places: inout [KerasReference]
    ) -> KerasArgument {
        if let elements = node.elements, elements.count >= 3, elements[0].string != nil, elements[1].number != nil {
            if elements.count > 3, let members = elements[3].members, !members.isEmpty {
                keywords = elements[3]
                places += keywordArgument(elements[3]).references
            }
            if elements[0].string == "_CONSTANT_VALUE" { return .constant(elements[2]) }
            guard let reference = Self.reference(node) else { return .constant(node) }
            places.append(reference)
            return .tensor(reference)
        }
        var parts: [KerasArgument] = []
        if let elements = node.elements {
            for element in elements { parts.append(argument(element, keywords: &keywords, places: &places)) }
        } else if node.members != nil {
            for member in Self.sorted(node) {
                parts.append(argument(member.value, keywords: &keywords, places: &places))
            }
        } else {
            return .constant(node)
        }
        return .list(parts)
    }

    /// Keras 2, by name: `["c1", 0, 0]` somewhere in it is a tensor.
    private func keywordArgument(_ node: JSONNode) -> KerasArgument {
        if let reference = Self.reference(node), node.elements?.count == 3 { return .tensor(reference) }
        return gathered(node, keywordArgument)
    }

    /// Keras 3: an object of the class `__keras_tensor__` is a tensor.
    private func argumentOfThree(_ node: JSONNode) -> KerasArgument {
        if node["class_name"]?.string == "__keras_tensor__", let history = node["config"]?["keras_history"],
            var reference = Self.reference(history)
        {
            reference.shape = node["config"]?["shape"]?.lengths
            return .tensor(reference)
        }
        return gathered(node, argumentOfThree)
    }

    private func gathered(_ node: JSONNode, _ read: (JSONNode) -> KerasArgument) -> KerasArgument {
        let parts = node.elements?.map(read) ?? Self.sorted(node).map { read($0.value) }
        return parts.contains { !$0.references.isEmpty } ? .list(parts) : .constant(node)
    }

    /// `["c1", 0, 0]`, whatever follows.
    private static func reference(_ node: JSONNode) -> KerasReference? {
        guard let elements = node.elements, elements.count >= 3, let layer = elements[0].string,
            let index = elements[1].number?.integer, let tensor = elements[2].number?.integer
        else { return nil }
        return KerasReference(
            layer: layer, node: index, tensor: tensor, nameRange: elements[0].range, nodeRange: elements[1].range,
            tensorRange: elements[2].range)
    }

    /// The members of an object in the order of their keys, as Keras goes through them.
    private static func sorted(_ node: JSONNode?) -> [JSONMember] {
        (node?.members ?? []).sorted { $0.key.unicodeScalars.lexicographicallyPrecedes($1.key.unicodeScalars) }
    }
}
