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

    /// Makes one layer of a MatMul and the Transpose that only reads it.
    mutating func joinTurn(
        _ node: ONNXNode, _ origin: ONNXNetwork.Origin, matrix: Layer, operation: Operation, input: ValueID
    ) {
        replaced.insert(matrix.id)
        origins[matrix.id] = nil
        let output = node.namedOutputs[0]
        let shape = network[matrix.outputs[0]].shape.map {
            TensorShape([$0.dimensions[0], $0.dimensions[2], $0.dimensions[1]])
        }
        let value = addValue(output, shape: told(shape, of: output), type: types[matrix.outputs[0].index])
        let id = LayerID(node.index)
        network.layers.append(
            Layer(
                id: id, name: Self.name(of: file.nodes[origin.node], outputs: [output]), type: matrix.type,
                operation: operation, inputs: [input], outputs: [value]))
        origins[id] = origin
    }
}
