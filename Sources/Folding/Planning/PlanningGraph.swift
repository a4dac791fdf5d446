import NetGraph

/// A network as the planner sees it: layers that are no affines, the values that they write, and who reads those through which affine.
///
/// A value that an affine layer writes is none of its own: its reader reads the root of that affine, and the affine lies on the way to it. Where it has
/// several readers the last layer of the affine is a junction, which reads the root through the affine and hands it on to all of them.
struct PlanningGraph {
    /// One reader of a value.
    struct Edge {
        enum Reader: Hashable {
            case layer(Int, input: Int)
            /// The caller of the network.
            case output
        }

        var root: ValueID
        var reader: Reader
        /// What it reads in the network as it was.
        var original: ValueID
        /// The affine layer that wrote that.
        var node: Int?
        /// Outputs of the network cannot become one value: 0 for the first one of those that are affines of one another, and for readers that
        /// are layers.
        var outputRank = 0
    }

    let network: Network
    let connections: Connections
    /// Of every value, inferred where the network does not tell.
    let shapes: [TensorShape?]
    let forest: AffineForest
    private(set) var edges: [Edge] = []
    /// The edges of each root, by the index of the value.
    private(set) var edgesOfRoot: [[Int]]
    /// For each layer the edge of each of its inputs; `nil` for one that gives only its shape, and for affine layers.
    private(set) var edgesOfInputs: [[Int?]]
    /// Whether a layer is an affine of the forest.
    let isAffine: [Bool]
    /// Layers that affines may pass: those that are no affines, and junctions.
    private(set) var passable: [Int] = []
    /// For each layer the number of those that read what it writes, each as often as it does.
    private(set) var readerCounts: [Int] = []
    /// Of each layer, whether inputs or outputs get a part of the channels each, rather than all of them.
    private(set) var handsOutParts: [Bool] = []
    /// The number of outputs of the network that are affines of a root.
    private(set) var outputCounts: [ValueID: Int] = [:]

    init(_ network: Network, connections: Connections, shapes: [TensorShape?], forest: AffineForest) {
        self.network = network
        self.shapes = shapes
        self.forest = forest
        self.connections = connections
        edgesOfRoot = [[Int]](repeating: [], count: network.values.count)
        var isAffine = [Bool](repeating: false, count: network.layers.count)
        for node in forest.nodes { isAffine[node.position] = true }
        self.isAffine = isAffine
        edgesOfInputs = [[Int?]](repeating: [], count: network.layers.count)
        for (position, layer) in network.layers.enumerated() {
            if isAffine[position] {
                guard let node = forest.junction(writing: layer.outputs[0]) else { continue }
                edgesOfInputs[position] = [edges.count]
                append(
                    Edge(
                        root: forest.nodes[node].root, reader: .layer(position, input: 0), original: layer.outputs[0],
                        node: node))
            } else {
                for (index, input) in layer.inputs.enumerated() {
                    let edge = makeEdge(input, .layer(position, input: index))
                    if layer.operation.readsOnlyShape(ofInput: index) {
                        edgesOfInputs[position].append(nil)
                    } else {
                        edgesOfInputs[position].append(edges.count)
                        append(edge)
                    }
                }
            }
            passable.append(position)
        }
        addOutputs()
        readerCounts = network.layers.map { layer in
            layer.outputs.reduce(0) { $0 + edgesOfRoot[$1.index].count }
        }
        handsOutParts = network.layers.map { layer in
            switch layer.operation {
            case .concat, .slice: true
            default: false
            }
        }
    }

    /// The caller of the network reads its outputs. The one that comes first of a family needs no layer of its own, unless others read that family, be
    /// they layers or those that write further outputs, and not the output: a framework may take for outputs only what no layer reads.
    private mutating func addOutputs() {
        var ranks: [ValueID: Int] = [:]
        var familiesRead = ValueSet(capacity: network.values.count)
        for (position, layer) in network.layers.enumerated() where !isAffine[position] {
            for input in layer.inputs { familiesRead.insert(family(of: input)) }
        }
        let outputs = network.outputs.uniqued.map { ($0, forest.node(writing: $0) ?? -1) }.sorted { $0.1 < $1.1 }
        var outputsOfFamily: [ValueID: Int] = [:]
        for (output, _) in outputs { outputsOfFamily[family(of: output), default: 0] += 1 }
        for (output, _) in outputs {
            var edge = makeEdge(output, .output)
            let top = family(of: output)
            // An input keeps its name, so that an output of another name is a value of its own.
            let isUnread = connections.consumers(of: output).isEmpty
            let isApart =
                isInput(top) && output != top
                || isUnread && (familiesRead.contains(top) || outputsOfFamily[top] != 1)
            let rank = ranks[top] ?? (isApart ? 1 : 0)
            edge.outputRank = rank
            ranks[top] = rank + 1
            outputCounts[edge.root, default: 0] += 1
            append(edge)
        }
    }

    /// The value that all affines of a family start from, through junctions.
    private func family(of value: ValueID) -> ValueID {
        var top = forest.root(of: value)
        while let junction = forest.junction(writing: top) { top = forest.nodes[junction].root }
        return top
    }

    private func makeEdge(_ value: ValueID, _ reader: Edge.Reader) -> Edge {
        let root = forest.root(of: value)
        return Edge(
            root: root, reader: reader, original: value, node: root == value ? nil : forest.node(writing: value))
    }

    private mutating func append(_ edge: Edge) {
        edgesOfRoot[edge.root.index].append(edges.count)
        edges.append(edge)
    }

    /// The layer that writes a root.
    func producer(of root: ValueID) -> Int? { connections.producer(of: root) }

    /// A layer as it is passed: a junction hands on what it reads.
    func layer(_ position: Int) -> Layer {
        var layer = network.layers[position]
        if isAffine[position] { layer.operation = .identity(type: layer.type) }
        return layer
    }

    /// Whether no affine may come to lie behind a value that did not lie there before.
    func isSealed(_ root: Int) -> Bool { network.values[root].isSealed }

    /// Whether a reader has an affine layer before it that may become another one.
    func mayChange(_ edge: Int) -> Bool {
        edges[edge].node.map { network.layers[forest.nodes[$0].position].unit == nil } ?? false
    }

    /// Whether a value comes from outside.
    func isInput(_ value: ValueID) -> Bool {
        guard let producer = producer(of: value) else { return true }
        switch network.layers[producer].operation {
        case .input, .dataSource: return true
        default: return false
        }
    }

    /// Whether a layer takes affines itself, or is one of them.
    func isAdjacentTaker(_ position: Int) -> Bool {
        isAffine[position] || LinearLayer(network.layers[position].operation) != nil
    }

    /// The numbers that a pass over the network has to touch to apply an affine to a value: one image's.
    func elementCount(of root: ValueID) -> Int {
        guard let shape = shapes[root.index] else { return 1 }
        var count = 1
        for length in shape.dimensions.dropFirst() {
            let (product, overflows) = count.multipliedReportingOverflow(by: max(length ?? 1, 1))
            count = overflows ? Self.largestElementCount : min(product, Self.largestElementCount)
        }
        return count
    }

    /// So large that sums over all values of a network stay in the range of `Int`.
    private static let largestElementCount = 1 << 36

    /// The shapes of all values, inferred where the network does not tell them.
    static func shapes(of network: Network) -> [TensorShape?] {
        var shapes = network.values.map(\.shape)
        for layer in network.layers where layer.outputs.contains(where: { shapes[$0.index] == nil }) {
            do throws(ShapeError) {
                let inferred = try layer.operation.outputShapes(
                    of: layer.inputs.map { shapes[$0.index] }, outputCount: layer.outputs.count)
                for (output, shape) in zip(layer.outputs, inferred) where shapes[output.index] == nil {
                    shapes[output.index] = shape
                }
            } catch {
                // Inputs that do not fit leave the shape unknown, and what depends on it alone.
                continue
            }
        }
        return shapes
    }
}
