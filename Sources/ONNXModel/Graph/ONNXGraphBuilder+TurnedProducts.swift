import NetGraph

// Products with a constant matrix along the last axis, whose columns a node behind makes channels.

extension ONNXGraphBuilder {
    /// Makes one layer of a product with a constant matrix along the last axis and of the node that alone reads it and makes channels of its columns.
    ///
    ///     Before:  x (n, l, k) - MatMul(W) - (n, l, m) - Transpose(0, 2, 1) - (n, m, l)
    ///     After:   x - permute(0, 2, 1) - (n, k, l) - convolution(W) - (n, m, l)
    ///
    ///     Before:  x (n, l, k) - MatMul(W) - (n, l, m) - Reshape(-1, m) - (n l, m)
    ///     After:   x - reshape(-1, k) - (n l, k) - inner product(W) - (n l, m)
    ///
    /// - Returns: whether the node was one.
    mutating func addTurnedProduct(_ node: ONNXNode) throws(ONNXObstacle) -> Bool {
        guard ["Transpose", "Reshape"].contains(node.type), node.domain.isEmpty,
            !file.redefinedOperators.contains(node.type), node.namedOutputs.count == 1, mayJoin(node),
            let name = node.input(0),
            let value = values[name], isReadOnce(name, value), valueScopes[value.index] == scope,
            let place = producer(of: value), case let matrix = network.layers[place], matrix.type == "MatMul",
            case .innerProduct(let product) = matrix.operation, let rank = network[value].shape?.rank, rank > 2,
            product.axis == rank - 1, var origin = origins[matrix.id], origin.weightInput == 1,
            let input = matrix.inputs.first, let shape = network[product.weight].shape, shape.count == 2,
            let constant = parameterConstants[product.weight], let weightName = parameterNames[product.weight]
        else { return false }
        var turned = file.nodes[origin.node]
        turned.outputs = node.outputs
        let operation: Operation
        let given: ValueID
        if node.type == "Transpose" {
            let order = [0, rank - 1] + Array(1..<rank - 1)
            guard integers(node, "perm") == order else { return false }
            given = try addPart("turned", of: turned, .permute(order: order), [input], positions: [[0]])
            let kernel = [Int](repeating: 1, count: rank - 2)
            operation = .convolution(
                Convolution(
                    weight: parameter(constant, name: weightName, shape: kernel + shape), weightOrder: .outputsLast,
                    bias: product.bias, outputChannels: product.outputCount, kernel: kernel))
        } else {
            guard case .reshape(let reshape) = try self.reshape(node).operation, reshape.dimensions.count == 2,
                reshape.dimensions[0] != 0, reshape.dimensions[1] == product.outputCount
            else { return false }
            let rows = Reshape(dimensions: [reshape.dimensions[0], shape[0]])
            given = try addPart("rows", of: turned, .reshape(rows), [input], positions: [[0]])
            operation = .innerProduct(
                InnerProduct(
                    weight: product.weight, bias: product.bias, outputCount: product.outputCount, axis: 1,
                    transposed: true))
        }
        let written: TensorShape?
        do throws(ShapeError) {
            written = try operation.outputShapes(of: [network[given].shape], outputCount: 1)[0]
        } catch {
            throw .opaque(error.message)
        }
        origin.turn = node.index
        origin.inputs = [[]]
        joinTurn(node, origin, matrix: matrix, operation: operation, input: given, shape: written)
        return true
    }
}
