import NetGraph
import ProtobufWire

// Weights that are stored as whole numbers and scales.

extension ONNXGraphBuilder {
    /// What DequantizeLinear makes of constants, where one layer alone reads it as weight or bias; `nil` otherwise.
    mutating func dequantized(_ node: ONNXNode) throws(ONNXObstacle) -> ONNXConstant? {
        guard let output = node.namedOutputs.first, let integers = constant(node, 0), let scale = constant(node, 1)
        else { return nil }
        func refuse(_ cause: String) -> ONNXConstant? {
            dequantizationCauses[output] = cause
            return nil
        }
        guard let (reader, order) = try reader(of: output, rank: integers.dimensions.count, scope: node.scope) else {
            return refuse("which others read as well")
        }
        guard [.int8, .uint8, .int16, .uint16, .int32].contains(integers.type), integers.elementCount > 0 else {
            return refuse("whose elements of \(integers.type) are not read")
        }
        guard [.float32, .float16].contains(scale.type), scale.elementCount > 0,
            let scales = try read({ () throws(WireError) in try scale.doubles(of: file) }),
            scales.allSatisfy(\.isFinite)
        else { return refuse("whose scales of \(scale.type) are not read") }
        let told = integer(node, "output_dtype") ?? 0
        guard integer(node, "block_size") ?? 0 == 0, scale.dimensions.count <= 1,
            told == 0 || told == scale.type.rawValue
        else { return refuse("whose scales are those of blocks, or of another type than what it gives") }
        let rank = integers.dimensions.count
        var axis: Int?
        if scale.elementCount > 1 {
            let place = integer(node, "axis") ?? 1
            axis = place < 0 ? place + rank : place
            guard file.opset >= 13, let axis, integers.dimensions.indices.contains(axis),
                integers.dimensions[axis] == scale.elementCount
            else { return refuse("whose \(scale.elementCount) scales do not fit its elements") }
        }
        var zeroPoints = [Int64](repeating: 0, count: scales.count)
        if let name = node.input(2) {
            guard let constant = constants[name], constant.elementCount == scales.count,
                let points = try read({ () throws(WireError) in try constant.integers(of: file) })
            else { return refuse("whose zero points are not read") }
            zeroPoints = points.map(Int64.init)
        }
        guard let factors = factors(of: file.nodes[reader.node], input: reader.input, rank: rank) else {
            return refuse("and is not read as the weight or the bias of a layer")
        }
        var result = ONNXDequantization(
            node: node.index, integers: integers, dimensions: integers.dimensions,
            storedAxes: Array(integers.dimensions.indices), zeroPoints: zeroPoints, scales: scales,
            scaleType: scale.type, scaleDimensions: scale.dimensions, axis: axis, foldedAxis: nil,
            factors: .any)
        if case .weight(let turned) = factors {
            let outputs = turned.map { order[$0] }
            let mayGrow = axis == nil && file.opset >= 13 && zeroPoints == [0]
            result.foldedAxis = mayGrow ? outputs : nil
            result.factors = outputs != nil && (axis == outputs || mayGrow) ? .ofOutputs : .ofAll
        }
        return ONNXConstant(dimensions: integers.dimensions, type: scale.type, numbers: .dequantized(result))
    }

    /// The node that alone reads a value, perhaps behind Transposes, and for each axis that it sees the one of the value; `nil` where there are several.
    private func reader(
        of output: String, rank: Int, scope: Int
    ) throws(ONNXObstacle) -> (reader: (node: Int, input: Int), order: [Int])? {
        var (name, order) = (output, Array(0..<rank))
        while true {
            guard readerCounts[name] == 1, let reader = lastReaders[name], file.nodes[reader.node].scope == scope else {
                return nil
            }
            let node = file.nodes[reader.node]
            guard ["Transpose", "Identity"].contains(node.type), node.domain.isEmpty,
                !file.redefinedOperators.contains(node.type), let next = node.namedOutputs.first
            else { return (reader, order) }
            if node.type == "Transpose" {
                let turn = integers(node, "perm") ?? Array((0..<rank).reversed())
                guard turn.sorted() == Array(0..<rank) else { return nil }
                order = turn.map { order[$0] }
            }
            name = next
        }
    }

    private enum Role {
        case bias
        /// With the axis of the output channels; `nil` where they run along several.
        case weight(Int?)
    }

    /// What an input of a node is for; `nil` for neither weight nor bias.
    private func factors(of node: ONNXNode, input: Int, rank: Int) -> Role? {
        guard node.domain.isEmpty, !file.redefinedOperators.contains(node.type) else { return nil }
        switch (node.type, input) {
        case ("Conv", 2), ("ConvTranspose", 2), ("Gemm", 2): return .bias
        case ("Conv", 1) where rank >= 3: return .weight(0)
        case ("ConvTranspose", 1) where rank >= 3: return .weight(integer(node, "group") ?? 1 == 1 ? 1 : nil)
        case ("Gemm", 1) where rank == 2: return .weight(integer(node, "transB") ?? 0 != 0 ? 0 : 1)
        case ("MatMul", 1) where rank == 2: return .weight(1)
        case ("MatMul", 0) where rank == 2: return .weight(0)
        default: return nil
        }
    }

    /// What QuantizeLinear makes of a constant of floating point: exporters of nets that were trained for whole numbers leave the weights so.
    func quantized(_ node: ONNXNode, _ first: ONNXConstant) throws(ONNXObstacle) -> ONNXConstant? {
        guard first.type == .float32, let elements = try elements(first), let scale = constant(node, 1),
            scale.type == .float32, scale.elementCount > 0, scale.dimensions.count <= 1,
            let scales = try read({ () throws(WireError) in try scale.doubles(of: file) }),
            integer(node, "block_size") ?? 0 == 0, integer(node, "output_dtype") ?? 0 == 0
        else { return nil }
        var (points, type) = ([Int](repeating: 0, count: scales.count), ONNXElementType.uint8)
        if let name = node.input(2) {
            guard let constant = constants[name], constant.elementCount == scales.count,
                let numbers = try read({ () throws(WireError) in try constant.integers(of: file) })
            else { return nil }
            (points, type) = (numbers, constant.type)
        }
        guard [.int8, .uint8, .int16, .uint16].contains(type), let range = type.range else { return nil }
        var step = elements.numbers.count
        if scales.count > 1 {
            guard file.opset >= 13, let axis = TensorShape(first.dimensions).canonicalAxis(integer(node, "axis") ?? 1),
                first.dimensions[axis] == scales.count
            else { return nil }
            step = first.dimensions[(axis + 1)...].reduce(1, *)
        }
        var result: [Int64] = []
        for (index, number) in elements.numbers.enumerated() {
            let place = index / step % scales.count
            let rounded = (Float(number) / Float(scales[place])).rounded(.toNearestOrEven)
            guard rounded.isFinite else { return nil }
            let whole = Double(rounded) + Double(points[place])
            result.append(Int64(min(max(whole, Double(range.lowerBound)), Double(range.upperBound))))
        }
        return ONNXConstant(dimensions: first.dimensions, type: type, numbers: .integers(result))
    }

    /// Throws for an input that comes out of a DequantizeLinear of constants which cannot be one.
    func requireNotQuantized(_ node: ONNXNode, _ position: Int, _ role: String) throws(ONNXObstacle) {
        guard let name = node.input(position), let cause = dequantizationCauses[name] else { return }
        throw .opaque("its \(role) '\(name.inMessages)' comes out of a DequantizeLinear, \(cause)")
    }
}
