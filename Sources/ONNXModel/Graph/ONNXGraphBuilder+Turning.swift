import Frontend
import NetGraph

extension ONNXGraphBuilder {
    /// Tells an affine behind a Transpose, whose numbers run along the axis that was the channels' before, as one before the Transpose.
    ///
    ///     Before:  x (n, c, h, w) - Transpose(0, 2, 3, 1) - (n, h, w, c) - Mul (c)
    ///     Told as: x (n, c, h, w) - Mul (c, 1, 1) - Transpose(0, 2, 3, 1)
    ///
    /// Only where nothing else reads what the Transpose writes. In the file both stay where they are unless the fold changes one of them.
    ///
    /// - Returns: whether the node was one.
    mutating func addTurnedAffine(_ node: ONNXNode) throws(ONNXObstacle) -> Bool {
        guard ["Add", "Sub", "Mul", "Div"].contains(node.type), node.domain.isEmpty, file.opset >= 7,
            !file.redefinedOperators.contains(node.type), node.inputs.count == 2, node.namedOutputs.count == 1
        else { return false }
        for (position, other) in [(0, 1), (1, 0)] {
            guard let name = node.input(position), let value = values[name], readerCounts[name] == 1,
                valueScopes[value.index] == scope,
                let place = producer(of: value),
                case .permute(let order) = network.layers[place].operation, order.first == 0,
                let origin = origins[network.layers[place].id], origin.part == nil,
                let constant = constant(node, other), let constantName = node.input(other),
                constant.type.parameterType != nil, !constant.isLengths,
                types[value.index] == constant.type,
                let input = network.layers[place].inputs.first, let shape = network[input].shape,
                shape.rank == order.count, let vector = vector(constant, shape: shape, order: order),
                let operation = try affine(node.type, vector, name: constantName, isFirst: other == 0),
                operation.parameters.count == 1
            else { continue }
            return addTurnedAffine(node, operation, behind: place, origin: origin)
        }
        return false
    }

    /// The numbers of a constant that run along the axis of a transposed value that was axis 1 before, and along no other.
    private func vector(_ constant: ONNXConstant, shape: TensorShape, order: [Int]) -> ONNXConstant? {
        let offset = order.count - constant.dimensions.count
        let long = constant.dimensions.indices.filter { constant.dimensions[$0] != 1 }
        guard offset >= 0, long.count == 1, let place = long.first, order[place + offset] == 1, place + offset != 1,
            shape.dimensions[1] == constant.dimensions[place]
        else { return nil }
        return constant.reshaped([constant.elementCount])
    }

    private mutating func addTurnedAffine(
        _ node: ONNXNode, _ operation: Operation, behind place: Int, origin: ONNXNetwork.Origin
    ) -> Bool {
        var transpose = network.layers[place]
        let (input, old, output) = (transpose.inputs[0], transpose.outputs[0], node.namedOutputs[0])
        let name = "\(output)_turned"
        guard !file.allNames.contains(name) else { return false }
        replacedPlaces.insert(place)
        let between = network.addValue(Value(name: name, shape: network[input].shape))
        types.append(types[input.index])
        valueScopes.append(scope)
        turnedValues.insert(between)
        let written = addValue(output, shape: network[old].shape, type: types[old.index])
        var turn = turns[transpose.id] ?? ONNXNetwork.Turn(nodes: [origin.node])
        turn.nodes.append(node.index)
        let id = LayerID(node.index)
        turn.affines.append(id)
        turns[transpose.id] = turn
        network.layers.append(
            Layer(
                id: id, name: Self.name(of: node, outputs: [name]), type: node.type, operation: operation,
                inputs: [input], outputs: [between]))
        origins[id] = ONNXNetwork.Origin(
            node: node.index, inputs: turn.affines.count == 1 ? [[0]] : [[]], reader: turn.nodes[0])
        transpose.inputs = [between]
        transpose.outputs = [written]
        transpose.name = Self.name(of: file.nodes[turn.nodes[0]], outputs: [output])
        network.layers.append(transpose)
        origins[transpose.id] = ONNXNetwork.Origin(node: turn.nodes[0], inputs: [[]], writer: node.index)
        return true
    }
}
