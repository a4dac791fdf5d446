import NetGraph

// Layers that several nodes become.

extension ONNXGraphBuilder {
    /// Where in the layers the one is that writes a value and nothing else.
    mutating func producer(of value: ValueID) -> Int? {
        while indexedLayerCount < network.layers.count {
            for output in network.layers[indexedLayerCount].outputs { producerPlaces[output] = indexedLayerCount }
            indexedLayerCount += 1
        }
        return producerPlaces[value].flatMap { network.layers[$0].outputs == [value] ? $0 : nil }
    }

    /// Whether a node may become one layer with the product before it.
    func mayJoin(_ node: ONNXNode) -> Bool { joins?.contains(node.outputs[0]) ?? true }

    /// Makes one layer of a MatMul and the Add of its bias that only reads it.
    mutating func joinSum(_ node: ONNXNode, _ origin: ONNXNetwork.Origin, matrix: Layer, operation: Operation) {
        replaced.insert(matrix.id)
        let output = node.namedOutputs[0]
        let shape = network[matrix.outputs[0]].shape
        let value = addValue(output, shape: told(shape, of: output), type: types[matrix.outputs[0].index])
        // Its place is that of the Add: its identifier must not be that of the layer that goes.
        let id = LayerID(node.index)
        let matrixNode = file.nodes[origin.node]
        network.layers.append(
            Layer(
                id: id, name: Self.name(of: matrixNode, outputs: [output]), type: matrix.type, operation: operation,
                inputs: matrix.inputs, outputs: [value]))
        origins[id] = origin
        origins[matrix.id] = nil
    }

    /// Makes one layer of a MatMul and the Transpose or Reshape that only reads it.
    mutating func joinTurn(
        _ node: ONNXNode, _ origin: ONNXNetwork.Origin, matrix: Layer, operation: Operation, input: ValueID,
        shape: TensorShape?
    ) {
        replaced.insert(matrix.id)
        origins[matrix.id] = nil
        let output = node.namedOutputs[0]
        let value = addValue(output, shape: told(shape, of: output), type: types[matrix.outputs[0].index])
        let id = LayerID(node.index)
        network.layers.append(
            Layer(
                id: id, name: Self.name(of: file.nodes[origin.node], outputs: [output]), type: matrix.type,
                operation: operation, inputs: [input], outputs: [value]))
        origins[id] = origin
    }
}

extension ONNXNetwork {
    /// Outputs of the nodes that are to become one layer with the product before them when a folded network is read again: where what stood between two of them
    /// is gone, others could.
    func joins(of folded: Network, in file: ONNXFile) -> Set<String> {
        var result: Set<String> = []
        for layer in folded.layers where layer.isPlainProduct {
            guard let origin = origins[layer.id] else { continue }
            let isBiased =
                switch layer.operation {
                case .innerProduct(let product): product.bias != nil
                case .convolution(let convolution): convolution.bias != nil
                default: false
                }
            guard isBiased || origin.turn != nil else { continue }
            result.formUnion(layer.outputs.map { folded[$0].name })
            for node in [origin.node, origin.sum].compactMap(\.self) { result.insert(file.nodes[node].outputs[0]) }
        }
        return result
    }
}
