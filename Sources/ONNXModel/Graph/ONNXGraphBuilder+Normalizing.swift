import NetGraph

// Normalisations by what the input holds, and Einstein sums: nothing passes them, but they run.

extension ONNXGraphBuilder {
    /// Of each channel of each image. Inputs: X, scale, B.
    mutating func instanceNormalization(_ node: ONNXNode) throws(ONNXObstacle) -> ONNXTranslation {
        try requireFloat(node, 0)
        guard try rank(node, 0) > 2 else { throw .opaque("its input has no axes behind the channel") }
        return ONNXTranslation(
            .standardization(
                Standardization(
                    .eachChannel, scale: try numbers(node, 1, rank: 1), shift: try numbers(node, 2, rank: 1),
                    epsilon: epsilon(node))))
    }

    /// Of all axes from one on. Inputs: X, scale, perhaps B.
    mutating func layerNormalization(_ node: ONNXNode) throws(ONNXObstacle) -> ONNXTranslation {
        try requireFloat(node, 0)
        guard node.namedOutputs.dropFirst().allSatisfy({ readerCounts[$0] == nil }) else {
            throw .opaque("it hands out its statistics")
        }
        let rank = try rank(node, 0)
        let axes = Array((try axis(integer(node, "axis") ?? -1, of: shape(node, 0)))..<rank)
        var standardization = Standardization(
            .axes(axes), scale: try numbers(node, 1, rank: axes.count),
            shift: node.input(2) == nil ? nil : try numbers(node, 2, rank: axes.count), parameterAxes: axes,
            epsilon: epsilon(node))
        if node.type == "RMSNormalization" {
            standardization.subtractsMean = false
            standardization.deviation = .zero
        }
        return ONNXTranslation(.standardization(standardization), outputCount: 1)
    }

    /// Of the channels of each group. Before version 21 scale and shift had one number for each group.
    mutating func groupNormalization(_ node: ONNXNode) throws(ONNXObstacle) -> ONNXTranslation {
        try requireFloat(node, 0)
        guard let groups = integer(node, "num_groups"), groups > 0, try rank(node, 0) > 2,
            let channels = shape(node, 0)?.length(ofAxis: 1), channels % groups == 0
        else { throw .opaque("its groups do not fit its input") }
        let isEachChannel = file.opset >= 21
        for position in 1...2 where constant(node, position)?.elementCount != (isEachChannel ? channels : groups) {
            throw .opaque("its scale or its shift does not fit its input")
        }
        return ONNXTranslation(
            .standardization(
                Standardization(
                    .groups(groups), scale: try numbers(node, 1, rank: 1), shift: try numbers(node, 2, rank: 1),
                    parameterAxes: isEachChannel ? [1] : nil, epsilon: epsilon(node))))
    }

    private func epsilon(_ node: ONNXNode) -> Double { number(node, "epsilon") ?? Double(Float(1e-5)) }

    private mutating func numbers(_ node: ONNXNode, _ position: Int, rank: Int) throws(ONNXObstacle) -> ParameterID {
        guard let name = node.input(position), let constant = constant(node, position), !constant.isLengths,
            constant.type.parameterType != nil, constant.dimensions.count == rank, constant.elementCount > 0
        else { throw .opaque("its input \(position) is known only when the model runs, or does not fit") }
        return parameter(constant, name: name, shape: constant.dimensions)
    }
}
