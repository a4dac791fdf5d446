import Frontend
import NetGraph

// Values, parts of nodes, what inner graphs read from outside, and what is told of nodes that are left.

extension ONNXGraphBuilder {
    mutating func addValue(_ name: String, shape: TensorShape?, type: ONNXElementType) -> ValueID {
        let value = network.addValue(Value(name: name, shape: shape))
        types.append(type)
        valueScopes.append(scope)
        if values[name] == nil { values[name] = value }
        return value
    }

    /// A value of an inner graph that comes from elsewhere: nothing passes it.
    mutating func addSource(
        _ name: String, type: String, cause: String, shape: TensorShape?, _ elements: ONNXElementType,
        from inputs: [ValueID] = []
    ) {
        let value = addValue(name, shape: shape, type: elements)
        network.layers.append(
            Layer(
                id: LayerID(nextHelper), name: name, type: type,
                operation: .opaque(Opaque(type: type, cause: cause)), inputs: inputs, outputs: [value]))
        nextHelper += 1
    }

    /// What a layer of an inner graph reads in place of a value of the graphs around it, which stays as it is.
    mutating func capturing(_ name: String) -> String {
        guard scope > 0, let value = values[name], valueScopes[value.index] != scope else { return name }
        let capture = Capture(name: name, scope: scope)
        if let known = captures[capture] { return known }
        let inner = file.scopes[scope].prefix + network[value].name
        addSource(
            inner, type: "Captured", cause: "it comes from the graph around it", shape: network[value].shape,
            types[value.index], from: [value])
        captures[capture] = inner
        capturedValues.insert(value)
        return inner
    }

    /// Takes back parts of a node that cannot be told by layers after all.
    mutating func removeParts(from count: Int) {
        for layer in network.layers[count...] where origins[layer.id]?.part != nil {
            origins[layer.id] = nil
            replaced.insert(layer.id)
        }
    }

    /// Adds a layer that is only a part of what a node computes.
    ///
    /// - Parameters:
    ///   - part: what its output is called behind the name of the node's.
    ///   - positions: for each input those of the node.
    mutating func addPart(
        _ part: String, of node: ONNXNode, _ operation: Operation, _ inputs: [ValueID], positions: [[Int]],
        weightInput: Int? = nil, tag: String = ""
    ) throws(ONNXObstacle) -> ValueID {
        let shapes: [TensorShape?]
        do throws(ShapeError) {
            shapes = try operation.outputShapes(of: inputs.map { network[$0].shape }, outputCount: 1)
        } catch {
            throw .opaque(error.message)
        }
        let name = Self.name(ofPart: part + tag, of: node, output: node.outputs[0])
        let value = network.addValue(Value(name: "\(node.outputs[0]) \(part)\(tag)", shape: shapes[0]))
        types.append((try? weightedType(node, weight: 1)) ?? type(node, 0))
        valueScopes.append(scope)
        let id = LayerID(nextHelper)
        nextHelper += 1
        network.layers.append(
            Layer(id: id, name: name, type: node.type, operation: operation, inputs: inputs, outputs: [value]))
        origins[id] = ONNXNetwork.Origin(
            node: node.index, inputs: positions, weightInput: weightInput, part: part, tag: tag)
        return value
    }

    static func name(ofPart part: String, of node: ONNXNode, output: String) -> String {
        "\(node.name.isEmpty ? output : node.name) \(part)"
    }

    /// Tells which normalisations are no affine, and which constants run along other axes, each cause once.
    mutating func tellLeftNodes() {
        for (cause, names) in leftNodes.sorted(by: { $0.key < $1.key }) {
            let list = names.prefix(3).map { "'\($0.inMessages)'" }.joined(separator: ", ")
            let more = names.count > 3 ? " and \(names.count - 3) more" : ""
            remarks.append(
                ReadingRemark(
                    kind: .init(rawValue: "left-nodes"), severity: .note, layers: names,
                    message:
                        "\(file.path): \(list)\(more): left as \(names.count == 1 ? "it is" : "they are"); \(cause)"))
        }
    }

    /// Tells which normalisations in training mode are taken with the stored statistics.
    mutating func tellAssumed() {
        guard !assumed.isEmpty else { return }
        let names = assumed.map { Self.name(of: $0, outputs: $0.namedOutputs) }
        let list = names.prefix(3).map { "'\($0.inMessages)'" }.joined(separator: ", ")
        let more = names.count > 3 ? " and \(names.count - 3) more" : ""
        remarks.append(
            ReadingRemark(
                kind: .init(rawValue: "assumed-statistics"), severity: .note, layers: names,
                message:
                    "\(file.path): \(list)\(more) in training mode: taken with the stored statistics, as --assume-global-stats asks, and written so"
            ))
    }

    mutating func noteLeft(_ node: ONNXNode, _ cause: String) {
        leftNodes[cause, default: []].append(Self.name(of: node, outputs: node.namedOutputs))
    }
}
