import Frontend

/// Which call reads what in a functional model, and the order that follows from it.
///
/// Both loaders of Keras match weights to layers by the order of `model.layers`, which comes from the graph alone (`_map_graph_network` in Keras 2's
/// `functional.py`, `map_graph` in Keras 3's `function.py`): a layer that goes may change the places of others.
struct KerasConnections {
    typealias Node = KerasModelNode.CallPlace

    private let model: KerasModelNode
    private let positions: [String: Int]
    /// What each call of each layer reads, in the order in which Keras goes through it.
    private var reads: [[[Node]]] = []
    private var outputs: [Node] = []
    private var inputs: [Node] = []

    /// - Throws: for a reference to a layer or a call that is not there.
    init(_ model: KerasModelNode, reader: KerasConfigReader) throws(ModelError) {
        self.model = model
        positions = Dictionary(model.layers.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
        for layer in model.layers {
            var calls: [[Node]] = []
            for call in layer.calls {
                var nodes: [Node] = []
                for reference in call.references {
                    nodes.append(try node(reference, isOutput: false, of: layer, reader: reader))
                }
                calls.append(nodes)
            }
            reads.append(calls)
        }
        for reference in model.outputs {
            outputs.append(try node(reference, isOutput: true, of: nil, reader: reader))
        }
        for reference in model.inputs {
            inputs.append(try node(reference, isOutput: false, of: nil, reader: reader))
        }
    }

    private func node(
        _ reference: KerasReference, isOutput: Bool, of layer: KerasLayer?, reader: KerasConfigReader
    ) throws(ModelError) -> Node {
        let reading = layer.map { "layer '\($0.name)' reads" } ?? "the model names"
        // Lines are counted from the beginning of the text, which is too much for each reference.
        var place: String {
            let (line, column) = reader.document.position(at: reference.nameRange.lowerBound)
            return "\(reader.file):\(line):\(column)"
        }
        guard let position = positions[reference.layer] else {
            throw ModelError(
                .malformed, "\(place): \(reading) '\(reference.layer)', but there is no layer of this name")
        }
        // An input has one call, which is not listed.
        let count = max(model.layers[position].calls.count, 1)
        let call = model.call(of: reference, isOutput: isOutput)
        guard (0..<count).contains(call), reference.tensor >= 0 else {
            throw ModelError(
                .malformed,
                "\(place): \(reading) output \(reference.tensor) of call \(reference.node) of layer '\(reference.layer)', which has \(count) call\(count == 1 ? "" : "s")"
            )
        }
        return Node(layer: position, call: call)
    }

    private func parents(_ node: Node) -> [Node] {
        reads[node.layer].indices.contains(node.call) ? reads[node.layer][node.call] : []
    }

    /// The calls that lead to the outputs, each behind all that it reads, and the layers by the time at which they were met first.
    ///
    /// - Throws: for a call that reads what comes of itself.
    private func traversal(
        reader: KerasConfigReader
    ) throws(ModelError) -> (finished: [Node], firstMet: [Int: Int]) {
        var firstMet: [Int: Int] = [:]
        var finished: [Node] = []
        var isFinished: Set<Node> = []
        var inProgress: Set<Node> = []
        // By hand, for a net may have more layers in a row than the stack has room for.
        var stack: [(node: Node, next: Int)] = []
        func enter(_ node: Node) throws(ModelError) {
            guard !isFinished.contains(node) else { return }
            let layer = model.layers[node.layer]
            guard inProgress.insert(node).inserted else {
                throw reader.error(layer.node, "layer '\(layer.name)' reads, through others, its own output")
            }
            if firstMet[node.layer] == nil { firstMet[node.layer] = firstMet.count }
            stack.append((node, 0))
        }
        for output in outputs {
            try enter(output)
            while let (node, next) = stack.last {
                let parents = parents(node)
                guard next < parents.count else {
                    stack.removeLast()
                    inProgress.remove(node)
                    isFinished.insert(node)
                    finished.append(node)
                    continue
                }
                stack[stack.count - 1].next += 1
                try enter(parents[next])
            }
        }
        return (finished, firstMet)
    }

    /// The calls that lead to the outputs, in an order in which they can run, and positions of layers in the order of `model.layers`: those farthest from the outputs first, then those met first on the way back from the outputs.
    /// Layers that lead to no output are left out, and so are operators of Keras 3, which are no layers.
    func orders(reader: KerasConfigReader) throws(ModelError) -> (layers: [Int], calls: [Node]) {
        var (finished, firstMet) = try traversal(reader: reader)
        var depths: [Node: Int] = [:]
        var layerDepths: [Int: Int] = [:]
        for node in finished.reversed() {
            let depth = max(depths[node] ?? 0, layerDepths[node.layer] ?? 0)
            layerDepths[node.layer] = depth
            depths[node] = depth
            for parent in parents(node) { depths[parent] = max(depth + 1, depths[parent] ?? 0) }
        }
        for input in inputs where layerDepths[input.layer] == nil {
            layerDepths[input.layer] = 0
            firstMet[input.layer] = -1
        }
        let layers = layerDepths.keys.filter { !model.layers[$0].isOperator }.sorted {
            let (left, right) = (layerDepths[$0] ?? 0, layerDepths[$1] ?? 0)
            return left == right ? (firstMet[$0] ?? 0, $0) < (firstMet[$1] ?? 0, $1) : left > right
        }
        return (layers, finished)
    }
}
