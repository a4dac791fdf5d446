import NetGraph

extension ONNXGraphBuilder {
    /// Two factors, whose axes have letters.
    mutating func einsum(_ node: ONNXNode) throws(ONNXObstacle) -> ONNXTranslation {
        for position in node.inputs.indices { try requireFloat(node, position) }
        let equation = (text(node, "equation") ?? "").filter { $0 != " " }
        let sides = equation.split(separator: ">", maxSplits: 1, omittingEmptySubsequences: false)
        let factors = sides[0].filter { $0 != "-" }.split(separator: ",", omittingEmptySubsequences: false)
        func labels(_ text: Substring) -> [Int]? {
            let letters = text.unicodeScalars.map { Int($0.value) }
            let isPlain = text.unicodeScalars.allSatisfy { $0.isASCII && $0.properties.isAlphabetic }
            return isPlain && Set(letters).count == letters.count ? letters : nil
        }
        guard factors.count == 2, node.inputs.count == 2, let first = labels(factors[0]),
            let second = labels(factors[1]),
            case let implied = Set(first).symmetricDifference(second).sorted(),
            let output = sides.count == 2 ? labels(sides[1]) : implied, Set(first + second).isSuperset(of: output)
        else { throw .opaque("its equation '\(equation.inMessages)' is not modelled") }
        if let product = linear(node, given: (0, first), matrix: (1, second), output)
            ?? linear(node, given: (1, second), matrix: (0, first), output)
        {
            return product
        }
        return ONNXTranslation(
            .contraction(Contraction(first: first, second: second, output: output)), inputs: [[0], [1]])
    }

    /// A constant matrix that replaces one axis of a value by another one, as a linear layer; `nil` for any other equation.
    ///
    ///     nc,oc->no      an inner product
    ///     nchw,co->nohw  a convolution with a kernel of one element
    private mutating func linear(
        _ node: ONNXNode, given: (input: Int, labels: [Int]), matrix: (input: Int, labels: [Int]), _ output: [Int]
    ) -> ONNXTranslation? {
        guard value(node, given.input) != nil, let name = node.input(matrix.input),
            let constant = constant(node, matrix.input), !constant.isLengths, constant.elementCount > 0,
            constant.dimensions.count == 2, matrix.labels.count == 2, output.count == given.labels.count,
            let axis = output.firstIndex(where: { !given.labels.contains($0) }), matrix.labels.contains(output[axis]),
            matrix.labels.contains(given.labels[axis]),
            output.indices.allSatisfy({ $0 == axis || output[$0] == given.labels[$0] }),
            let shape = shape(node, given.input), shape.rank == output.count
        else { return nil }
        let isOutputFirst = matrix.labels[0] == output[axis]
        let (outputs, inputs) =
            isOutputFirst
            ? (constant.dimensions[0], constant.dimensions[1]) : (constant.dimensions[1], constant.dimensions[0])
        // An axis of length 1 would be repeated.
        guard shape.dimensions[axis] == inputs else { return nil }
        let operation: Operation
        if axis == output.count - 1, axis > 0 {
            operation = .innerProduct(
                InnerProduct(
                    weight: parameter(constant, name: name, shape: constant.dimensions), bias: nil,
                    outputCount: outputs, axis: axis, transposed: !isOutputFirst))
        } else if axis == 1 {
            let kernel = [Int](repeating: 1, count: output.count - 2)
            let dimensions = isOutputFirst ? constant.dimensions + kernel : kernel + constant.dimensions
            operation = .convolution(
                Convolution(
                    weight: parameter(constant, name: name, shape: dimensions),
                    weightOrder: isOutputFirst ? .outputsFirst : .outputsLast, bias: nil, outputChannels: outputs,
                    kernel: kernel))
        } else {
            return nil
        }
        return ONNXTranslation(operation, inputs: [[given.input]], weightInput: matrix.input)
    }
}

extension Layer {
    /// Whether it is a product with a constant matrix that has no bias of its own: that is an Add behind it.
    var isPlainProduct: Bool { type == "MatMul" || type == "Einsum" }
}
