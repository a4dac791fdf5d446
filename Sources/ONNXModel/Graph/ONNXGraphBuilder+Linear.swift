import NetGraph

// Layers with weights.

extension ONNXGraphBuilder {
    /// A constant of floating point that a linear layer may have as weight or bias.
    private func weight(_ node: ONNXNode, _ position: Int, _ role: String) throws(ONNXObstacle) -> ONNXConstant {
        guard let constant = constant(node, position), !constant.isLengths else {
            if let name = node.input(position), file.sparseNames.contains(name) {
                throw .opaque("its \(role) '\(name.inMessages)' is a sparse tensor, which is not read")
            }
            try requireNotQuantized(node, position, role)
            throw .opaque("its \(role) is known only when the model runs")
        }
        guard constant.type.parameterType != nil else {
            throw .opaque("its \(role) is of type \(constant.type), which is not folded")
        }
        guard constant.elementCount > 0 else { throw .opaque("its \(role) is empty") }
        return constant
    }

    private mutating func bias(_ node: ONNXNode, count: Int) throws(ONNXObstacle) -> ParameterID? {
        guard let name = node.input(2) else { return nil }
        let constant = try weight(node, 2, "bias")
        guard constant.dimensions == [count] else {
            throw .opaque(
                "its bias has the shape \(TensorShape.describe(constant.dimensions)), but it has \(count) output channels"
            )
        }
        return parameter(constant, name: name, shape: constant.dimensions)
    }

    /// Strides, dilations and padding, one entry for each axis.
    private func window(
        _ node: ONNXNode, axes: Int
    ) throws(ONNXObstacle) -> (strides: [Int], dilations: [Int], before: [Int], after: [Int], padding: String) {
        func list(_ name: String, _ missing: Int, _ count: Int) throws(ONNXObstacle) -> [Int] {
            guard let numbers = integers(node, name) else { return [Int](repeating: missing, count: count) }
            guard numbers.count == count, numbers.allSatisfy({ (0..<1 << 31).contains($0) }) else {
                throw .opaque("its '\(name)' has \(numbers.count) numbers, or such as make no sense; expected \(count)")
            }
            return numbers
        }
        let padding = text(node, "auto_pad") ?? "NOTSET"
        guard ["", "NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER"].contains(padding) else {
            throw .opaque("its auto_pad '\(padding.inMessages)' is not known")
        }
        let pads =
            ["", "NOTSET"].contains(padding) ? try list("pads", 0, 2 * axes) : [Int](repeating: 0, count: 2 * axes)
        let strides = try list("strides", 1, axes)
        let dilations = try list("dilations", 1, axes)
        guard strides.allSatisfy({ $0 > 0 }), dilations.allSatisfy({ $0 > 0 }) else {
            throw .opaque("its strides or dilations are 0")
        }
        return (strides, dilations, Array(pads[..<axes]), Array(pads[axes...]), padding)
    }

    private func groups(_ node: ONNXNode) throws(ONNXObstacle) -> Int {
        let groups = integer(node, "group") ?? 1
        guard groups > 0, groups < 1 << 31 else { throw .opaque("its 'group' is \(groups)") }
        return groups
    }

    private func checkKernel(_ node: ONNXNode, _ constant: ONNXConstant) throws(ONNXObstacle) -> [Int] {
        guard constant.dimensions.count >= 3 else {
            throw .opaque("its weight has the shape \(TensorShape.describe(constant.dimensions))")
        }
        let kernel = Array(constant.dimensions[2...])
        guard integers(node, "kernel_shape") ?? kernel == kernel else {
            throw .opaque(
                "its kernel_shape is not that of its weight of shape \(TensorShape.describe(constant.dimensions))")
        }
        return kernel
    }

    private func checkChannels(_ node: ONNXNode, _ channels: Int, rank: Int) throws(ONNXObstacle) {
        guard let shape = shape(node, 0) else { return }
        guard shape.rank == rank, shape.dimensions[1] ?? channels == channels else {
            throw .opaque(
                "its weight is for \(channels) channels and \(rank) axes, but its input has the shape \(shape)")
        }
    }

    /// Weight (outputs, inputs / groups, kernel ...).
    mutating func convolution(_ node: ONNXNode) throws(ONNXObstacle) -> ONNXTranslation {
        let type = try weightedType(node, weight: 1)
        let constant = try weight(node, 1, "weight")
        let kernel = try checkKernel(node, constant)
        let groups = try groups(node)
        let outputs = constant.dimensions[0]
        guard outputs % groups == 0 else { throw .opaque("its \(outputs) outputs make no \(groups) groups") }
        try checkChannels(node, constant.dimensions[1] * groups, rank: constant.dimensions.count)
        let window = try window(node, axes: kernel.count)
        let covers = window.padding.hasPrefix("SAME")
        let convolution = Convolution(
            weight: parameter(constant, name: node.inputs[1], shape: constant.dimensions),
            bias: try bias(node, count: outputs), outputChannels: outputs, groups: groups, kernel: kernel,
            stride: window.strides, padBefore: window.before, padAfter: window.after, padsToCover: covers,
            coversFromBefore: window.padding == "SAME_LOWER", dilation: window.dilations)
        return ONNXTranslation(.convolution(convolution), weightInput: 1, biasInput: 2, type: type)
    }

    /// Weight (inputs, outputs / groups, kernel ...).
    mutating func transposedConvolution(_ node: ONNXNode) throws(ONNXObstacle) -> ONNXTranslation {
        let type = try weightedType(node, weight: 1)
        let constant = try weight(node, 1, "weight")
        let kernel = try checkKernel(node, constant)
        let groups = try groups(node)
        let (outputs, overflows) = constant.dimensions[1].multipliedReportingOverflow(by: groups)
        guard !overflows, constant.dimensions[0] % groups == 0 else {
            throw .opaque("its \(constant.dimensions[0]) inputs make no \(groups) groups")
        }
        try checkChannels(node, constant.dimensions[0], rank: constant.dimensions.count)
        let window = try window(node, axes: kernel.count)
        let added = integers(node, "output_padding") ?? kernel.map { _ in 0 }
        guard added.count == kernel.count, added.allSatisfy({ (0..<1 << 31).contains($0) }) else {
            throw .opaque("its output_padding has \(added.count) numbers, expected \(kernel.count)")
        }
        let pads = try transposedPads(node, kernel: kernel, window, added: added)
        let convolution = Convolution(
            weight: parameter(constant, name: node.inputs[1], shape: constant.dimensions),
            bias: try bias(node, count: outputs), outputChannels: outputs, groups: groups, kernel: kernel,
            stride: window.strides, padBefore: pads.before, padAfter: pads.after, dilation: window.dilations,
            outputPadding: added)
        return ONNXTranslation(.deconvolution(convolution), weightInput: 1, biasInput: 2, type: type)
    }

    /// The padding of a transposed convolution, which may follow from the shape that it is to give.
    private func transposedPads(
        _ node: ONNXNode, kernel: [Int],
        _ window: (strides: [Int], dilations: [Int], before: [Int], after: [Int], padding: String), added: [Int]
    ) throws(ONNXObstacle) -> (before: [Int], after: [Int]) {
        let isCovering = window.padding.hasPrefix("SAME")
        var wanted = integers(node, "output_shape").flatMap { $0.isEmpty ? nil : $0 }
        guard isCovering || wanted != nil else { return (window.before, window.after) }
        if let told = wanted, told.count == kernel.count + 2 { wanted = Array(told[2...]) }
        var before: [Int] = []
        var after: [Int] = []
        for axis in kernel.indices {
            let extent = (kernel[axis] - 1) * window.dilations[axis] + 1 + added[axis]
            let total: Int
            if let wanted {
                guard wanted.count == kernel.count, let length = shape(node, 0)?.length(ofAxis: axis + 2) else {
                    throw .opaque(
                        "its padding follows from the shape that it is to give, and that of its input is not known")
                }
                total = (length - 1) * window.strides[axis] + extent - wanted[axis]
            } else {
                total = extent - window.strides[axis]
            }
            guard total >= 0 else { throw .opaque("the shape that it is to give is larger than what it computes") }
            let smaller = total / 2
            before.append(window.padding == "SAME_UPPER" ? smaller : total - smaller)
            after.append(total - (before.last ?? 0))
        }
        return (before, after)
    }

    /// alpha A B + beta C, with a constant B and, for C, one number for each column.
    mutating func generalProduct(_ node: ONNXNode) throws(ONNXObstacle) -> ONNXTranslation {
        let type = try weightedType(node, weight: 1)
        guard let given = value(node, 0) else { return try turnedProduct(node) }
        guard shape(node, 0)?.rank ?? 2 == 2 else { throw .opaque("its input has other than two axes") }
        let turns = integer(node, "transA") ?? 0 != 0
        var matrix = try weight(node, 1, "weight")
        guard matrix.dimensions.count == 2 else {
            throw .opaque("its weight has the shape \(TensorShape.describe(matrix.dimensions)), expected two axes")
        }
        let isTransposed = integer(node, "transB") ?? 0 != 0
        let outputs = matrix.dimensions[isTransposed ? 0 : 1]
        let inputs = matrix.dimensions[isTransposed ? 1 : 0]
        guard shape(node, 0)?.dimensions[turns ? 0 : 1] ?? inputs == inputs else {
            throw .opaque("its weight is for \(inputs) numbers, but its input has the shape \(shape(node, 0)!)")
        }
        matrix.factor = number(node, "alpha") ?? 1
        let beta = number(node, "beta") ?? 1
        var bias: ParameterID?
        guard matrix.factor != 0, matrix.factor.isFinite, beta.isFinite else {
            throw .opaque("its alpha is \(matrix.factor), its beta \(beta)")
        }
        let terms = beta == 0 ? nil : try rowTerms(node, outputs: outputs, factor: beta)
        if terms == nil, let name = node.input(2), beta != 0 {
            var constant = try weight(node, 2, "C")
            let shape = constant.dimensions
            guard shape.count <= 2, shape.count < 2 || shape[0] == 1, [1, outputs].contains(shape.last ?? 1) else {
                throw .opaque("its C of shape \(TensorShape.describe(shape)) differs from row to row")
            }
            if constant.elementCount != outputs {
                guard let number = try elements(constant)?.numbers.first else { throw .opaque("its C is not read") }
                constant.numbers = .doubles([Double](repeating: number, count: outputs))
            }
            constant.factor = beta
            bias = parameter(constant, name: name, shape: [outputs])
        }
        let product = InnerProduct(
            weight: parameter(matrix, name: node.inputs[1], shape: matrix.dimensions), bias: bias, outputCount: outputs,
            axis: 1, transposed: !isTransposed)
        var translation = ONNXTranslation(.innerProduct(product), weightInput: 1, biasInput: 2, type: type)
        if !turns, terms == nil { return translation }
        var input = given
        if turns { input = try addPart("turned", of: node, .permute(order: [1, 0]), [given], positions: [[0]]) }
        let positions = turns ? [[Int]]([[]]) : [[0]]
        guard let terms else {
            (translation.values, translation.inputs) = ([input], positions)
            return translation
        }
        let products = try addPart(
            "product", of: node, .innerProduct(product), [input], positions: positions, weightInput: 1,
            tag: " for \(node.inputs[2])")
        let added = try addTerms(terms, of: node, outputs: outputs)
        translation = ONNXTranslation(.arithmetic(Arithmetic(.sum)), inputs: [[], []])
        translation.values = [products, added]
        return translation
    }

    /// A B with a constant A: its columns are those of B, so that no factor of a column goes into A.
    private func turnedProduct(_ node: ONNXNode) throws(ONNXObstacle) -> ONNXTranslation {
        guard value(node, 1) != nil, number(node, "alpha") ?? 1 == 1, node.input(2) == nil,
            let contraction = Contraction.matrixProduct(
                ranks: 2, 2, transposesFirst: integer(node, "transA") ?? 0 != 0,
                transposesSecond: integer(node, "transB") ?? 0 != 0)
        else { throw .opaque("its first factor is the constant one, beside an alpha or a C") }
        return ONNXTranslation(.contraction(contraction), inputs: [[0], [1]])
    }

    /// C of a Gemm that differs from row to row, repeated where it has one column; `nil` for any other.
    private func rowTerms(_ node: ONNXNode, outputs: Int, factor: Double) throws(ONNXObstacle) -> ONNXConstant? {
        guard let constant = constant(node, 2), constant.dimensions.count == 2, constant.dimensions[0] > 1 else {
            return nil
        }
        let (rows, columns) = (constant.dimensions[0], constant.dimensions[1])
        let given = shape(node, 0)?.dimensions[integer(node, "transA") ?? 0 != 0 ? 1 : 0]
        guard columns == 1 || columns == outputs, given ?? rows == rows, rows <= Self.mostRows,
            let elements = try elements(try weight(node, 2, "C"))
        else {
            throw .opaque("its C of shape \(TensorShape.describe(constant.dimensions)) differs from row to row")
        }
        var result = constant
        if columns != outputs {
            result.dimensions = [rows, outputs]
            result.numbers = .doubles(elements.broadcast(to: [rows, outputs]).numbers)
        }
        result.factor = factor
        return result
    }

    /// More rows would make a large matrix for them.
    private static let mostRows = 512

    /// Terms that differ from row to row, as the product of the unit matrix with them: a layer that takes affines.
    private mutating func addTerms(
        _ terms: ONNXConstant, of node: ONNXNode, outputs: Int
    ) throws(ONNXObstacle) -> ValueID {
        let rows = terms.dimensions[0]
        let unit = ONNXConstant(
            dimensions: [rows, rows], type: terms.type,
            numbers: .doubles((0..<rows * rows).map { $0 % (rows + 1) == 0 ? 1 : 0 }))
        let matrix = parameter(unit, name: "\(node.outputs[0]) rows", role: "unit", shape: [rows, rows])
        let unitRows = try addPart(
            "rows", of: node, .parameter(matrix, shape: [rows, rows]), [], positions: [],
            tag: " for \(node.inputs[2])")
        let product = InnerProduct(
            weight: parameter(terms, name: node.inputs[2], role: "terms", shape: terms.dimensions), bias: nil,
            outputCount: outputs, axis: 1, transposed: true)
        return try addPart(
            "terms", of: node, .innerProduct(product), [unitRows], positions: [[]], weightInput: 2,
            tag: " for \(node.inputs[2])")
    }

    /// A product of matrices, of which one may be a constant.
    mutating func matrixProduct(_ node: ONNXNode) throws(ONNXObstacle) -> ONNXTranslation {
        try requireFloat(node, 0)
        try requireFloat(node, 1)
        for position in 0...1 { try requireNotQuantized(node, position, "weight") }
        let (first, second) = (try rank(node, 0), try rank(node, 1))
        if value(node, 0) != nil, let name = node.input(1), let matrix = constant(node, 1), matrix.elementCount > 0,
            matrix.dimensions.count == 2, first >= 2
        {
            let inputs = matrix.dimensions[0]
            guard shape(node, 0)?.dimensions[first - 1] ?? inputs == inputs else {
                throw .opaque("its weight is for \(inputs) numbers, but its input has the shape \(shape(node, 0)!)")
            }
            let product = InnerProduct(
                weight: parameter(matrix, name: name, shape: matrix.dimensions), bias: nil,
                outputCount: matrix.dimensions[1], axis: first - 1, transposed: true)
            return ONNXTranslation(.innerProduct(product), weightInput: 1)
        }
        if value(node, 1) != nil, let name = node.input(0), let matrix = constant(node, 0), matrix.elementCount > 0,
            matrix.dimensions.count == 2, second == 3
        {
            // For each sample the constant times a matrix whose rows are channels: a convolution with a kernel of one element.
            guard shape(node, 1)?.dimensions[1] ?? matrix.dimensions[1] == matrix.dimensions[1] else {
                throw .opaque("its weight does not fit its input")
            }
            let convolution = Convolution(
                weight: parameter(matrix, name: name, shape: matrix.dimensions + [1]), bias: nil,
                outputChannels: matrix.dimensions[0], kernel: [1])
            return ONNXTranslation(.convolution(convolution), inputs: [[1]], weightInput: 0)
        }
        guard let contraction = Contraction.matrixProduct(ranks: first, second) else {
            throw .opaque("one of its factors is a vector")
        }
        return ONNXTranslation(.contraction(contraction), inputs: [[0], [1]])
    }

    /// Whether one node alone reads the numbers of a value, and all else that reads it is known beforehand.
    func isReadOnce(_ name: String, _ value: ValueID) -> Bool {
        let shapeReaders = shapeReaderCounts[name] ?? 0
        guard readerCounts[name] == 1 + shapeReaders else { return false }
        return shapeReaders == 0 || network[value].shape?.known != nil && types[value.index] != .unknown
    }

    /// Makes the bias of a MatMul of an Add that alone reads it.
    ///
    /// - Returns: whether the node was one.
    mutating func addSum(_ node: ONNXNode) throws(ONNXObstacle) -> Bool {
        guard node.type == "Add", node.domain.isEmpty, file.opset >= 7, node.inputs.count == 2,
            node.namedOutputs.count == 1, !file.redefinedOperators.contains("Add"), mayJoin(node)
        else { return false }
        for (position, other) in [(0, 1), (1, 0)] {
            guard let name = node.input(position), let value = values[name], isReadOnce(name, value),
                let constant = constant(node, other), let constantName = node.input(other),
                constant.type.parameterType != nil, constant.elementCount > 0, !constant.isLengths,
                let place = producer(of: value), case let matrix = network.layers[place], matrix.isPlainProduct,
                var origin = origins[matrix.id], origin.sum == nil,
                let rank = network[value].shape?.rank, constant.dimensions.count <= rank
            else { continue }
            let outputs: Int
            let axis: Int
            switch matrix.operation {
            case .innerProduct(let product): (outputs, axis) = (product.outputCount, product.axis)
            case .convolution(let convolution): (outputs, axis) = (convolution.outputChannels, 1)
            default: continue
            }
            let offset = rank - constant.dimensions.count
            guard constant.dimensions.enumerated().allSatisfy({ $1 == 1 || $0 + offset == axis && $1 == outputs })
            else { continue }
            var numbers = constant
            if constant.elementCount != outputs {
                guard let number = try elements(constant)?.numbers.first else { continue }
                numbers.numbers = .doubles([Double](repeating: number, count: outputs))
            }
            let bias = parameter(numbers, name: constantName, shape: [outputs])
            origin.sum = node.index
            origin.sumInput = other
            var operation = matrix.operation
            switch operation {
            case .innerProduct(var product):
                product.bias = bias
                operation = .innerProduct(product)
            case .convolution(var convolution):
                convolution.bias = bias
                operation = .convolution(convolution)
            default: continue
            }
            joinSum(node, origin, matrix: matrix, operation: operation)
            return true
        }
        return false
    }
}
