import NetGraph
import ProtobufWire

// Operators that move, cut and join elements.

extension ONNXGraphBuilder {
    /// Identity, and Dropout as models that are deployed run it.
    func identity(_ node: ONNXNode) throws(ONNXObstacle) -> ONNXTranslation {
        guard node.namedOutputs.dropFirst().allSatisfy({ readerCounts[$0] == nil }) else {
            throw .opaque("it hands out a mask")
        }
        if node.type == "Dropout" {
            let drops: Bool
            if file.opset >= 12 {
                drops = try integers(node, "training_mode", orInput: 2).map { $0.first ?? 0 != 0 } ?? false
            } else {
                drops = file.opset < 7 && integer(node, "is_test") ?? 0 == 0
            }
            if drops { return ONNXTranslation(.stochastic(type: node.type), outputCount: 1) }
        }
        return ONNXTranslation(.identity(type: node.type), outputCount: 1)
    }

    /// Only to the type that the value has already: anything else rounds.
    func cast(_ node: ONNXNode) throws(ONNXObstacle) -> ONNXTranslation {
        let type = type(node, 0)
        let target = integer(node, "to").map { ONNXElementType(rawValue: $0) } ?? .unknown
        if type == .boolean, target.parameterType != nil {
            // 0 and 1 stay what they are, but nothing passes.
            var translation = ONNXTranslation(.activation(.function(.sign)))
            translation.type = target
            return translation
        }
        if options.tellsHalfPrecision, type.parameterType != nil, target.parameterType != nil {
            // Whoever asks is told of weights; what values lose on their way is not part of it.
            var translation = ONNXTranslation(.identity(type: node.type))
            translation.type = target
            return translation
        }
        guard type != .unknown, integer(node, "to") == type.rawValue else { throw .opaque("it may round its input") }
        return ONNXTranslation(.identity(type: node.type))
    }

    /// Parts of equal length, or of lengths that are an attribute before version 13 and an input since.
    func split(_ node: ONNXNode) throws(ONNXObstacle) -> ONNXTranslation {
        let shape = shape(node, 0)
        let axis = try axis(integer(node, "axis") ?? 0, of: shape)
        let count = node.outputs.count
        guard node.namedOutputs.count == count else { throw .opaque("some of its outputs have no names") }
        guard let lengths = try integers(node, "split", orInput: 1) else {
            if let length = shape?.length(ofAxis: axis), length % count != 0 {
                throw .opaque("its parts differ in length, which is not modelled")
            }
            guard shape?.length(ofAxis: axis) != nil else {
                throw .opaque("the length of its axis \(axis) is not known")
            }
            return ONNXTranslation(.slice(axis: axis, points: []))
        }
        guard lengths.count == count, lengths.allSatisfy({ $0 > 0 && $0 < 1 << 31 }) else {
            throw .opaque("its parts are \(lengths.count), its outputs \(count)")
        }
        if let length = shape?.length(ofAxis: axis), lengths.reduce(0, +) != length {
            throw .opaque("its parts do not make up its axis \(axis) of length \(length)")
        }
        var points: [Int] = []
        for length in lengths.dropLast() { points.append((points.last ?? 0) + length) }
        return ONNXTranslation(.slice(axis: axis, points: points))
    }

    /// Starts, ends, axes and steps are attributes before version 10 and inputs since.
    func slice(_ node: ONNXNode) throws(ONNXObstacle) -> ONNXTranslation {
        guard let starts = try integers(node, "starts", orInput: 1), let ends = try integers(node, "ends", orInput: 2)
        else {
            throw .opaque("its starts or ends are missing")
        }
        let axes = try integers(node, "axes", orInput: 3) ?? Array(starts.indices)
        let steps = try integers(node, "steps", orInput: 4) ?? starts.map { _ in 1 }
        guard starts.count == ends.count, starts.count == axes.count, starts.count == steps.count,
            steps.allSatisfy({ $0 != 0 })
        else { throw .opaque("its starts, ends, axes and steps differ in number") }
        var ranges: [StridedSlice.Range] = []
        for place in starts.indices {
            ranges.append(
                StridedSlice.Range(
                    axis: try axis(axes[place], of: shape(node, 0)), start: starts[place], end: ends[place],
                    step: steps[place]))
        }
        return ONNXTranslation(.stridedSlice(StridedSlice(ranges)))
    }

    mutating func gather(_ node: ONNXNode) throws(ONNXObstacle) -> ONNXTranslation {
        guard let indices = constant(node, 1), indices.dimensions.count <= 1,
            let places = try integers(node, "indices", orInput: 1), let given = value(node, 0)
        else { throw .opaque("its indices are no constant list") }
        let axis = try axis(integer(node, "axis") ?? 0, of: shape(node, 0))
        if indices.dimensions.isEmpty {
            // One entry, whose axis goes: the mean over the one that is left.
            try requireFloat(node, 0)
            let entry = try addPart(
                "entry", of: node, .gathering(Gathering(axis: axis, indices: places)), [given], positions: [[0]])
            var translation = ONNXTranslation(
                .axisReduction(AxisReduction(.mean, axes: [axis], keepsAxes: false)), inputs: [[]])
            translation.values = [entry]
            return translation
        }
        return ONNXTranslation(.gathering(Gathering(axis: axis, indices: places)))
    }

    func reshape(_ node: ONNXNode) throws(ONNXObstacle) -> ONNXTranslation {
        var lengths: [ONNXConstant.Length]
        if let numbers = integers(node, "shape") {
            lengths = numbers.map { .known($0) }
        } else {
            guard let constant = constant(node, 1),
                let told = try read({ () throws(WireError) in
                    try constant.lengths(of: file)
                })
            else { throw .opaque("its shape is known only when the model runs") }
            lengths = told
        }
        guard lengths.count <= 32 else { throw .opaque("its shape has \(lengths.count) axes") }
        let allowsZero = integer(node, "allowzero") ?? 0 != 0
        guard !allowsZero || !lengths.contains(.known(0)) else { throw .opaque("its output is empty") }
        // An axis of the input that stays at its place is a 0; one more length that is not known follows from the rest.
        for place in lengths.indices {
            if case .axis(let axis, let name) = lengths[place], axis == place, name == node.inputs[0] {
                lengths[place] = .known(0)
            }
        }
        let unknown = lengths.indices.filter { if case .axis = lengths[$0] { true } else { false } }
        guard unknown.count <= 1, unknown.isEmpty || !lengths.contains(.known(-1)) else {
            throw .opaque("its shape is known only when the model runs")
        }
        let dimensions = lengths.map { if case .known(let length) = $0 { length } else { -1 } }
        guard dimensions.allSatisfy({ $0 >= -1 }), dimensions.filter({ $0 == -1 }).count <= 1 else {
            throw .opaque("its shape \(dimensions) makes no sense")
        }
        return ONNXTranslation(.reshape(Reshape(dimensions: dimensions)))
    }

    func flatten(_ node: ONNXNode) throws(ONNXObstacle) -> ONNXTranslation {
        let shape = shape(node, 0)
        let told = integer(node, "axis") ?? 1
        let axis = told < 0 ? told + (try rank(node, 0)) : told
        if axis == 1, shape?.rank != 1 {
            guard let rank = shape?.rank else { throw .opaque("the number of axes of its input is not known") }
            return rank == 2
                ? ONNXTranslation(.identity(type: node.type))
                : ONNXTranslation(.flatten(first: 1, last: -1))
        }
        guard let shape, (0...shape.rank).contains(axis), let before = shape.elementCount(in: 0..<axis),
            let behind = shape.elementCount(in: axis..<shape.rank), before > 0, behind > 0
        else { throw .opaque("the shape of its input is not known") }
        return ONNXTranslation(.reshape(Reshape(dimensions: [before, behind])))
    }

    func squeeze(_ node: ONNXNode) throws(ONNXObstacle) -> ONNXTranslation {
        guard let shape = shape(node, 0) else { throw .opaque("the shape of its input is not known") }
        let axes = try integers(node, "axes", orInput: 1)
        /// The axis of the input that each axis of the output is; `nil` for a new one.
        var sources: [Int?]
        if node.type == "Squeeze" {
            var gone: Set<Int> = []
            if let axes {
                for axis in axes { gone.insert(try self.axis(axis, of: shape)) }
            } else {
                guard shape.known != nil else { throw .opaque("which of its axes have length 1 is not known") }
                gone = Set(shape.dimensions.indices.filter { shape.dimensions[$0] == 1 })
            }
            guard gone.allSatisfy({ shape.dimensions[$0] ?? 1 == 1 }) else {
                throw .opaque("it takes away an axis that is longer than 1")
            }
            sources = shape.dimensions.indices.filter { !gone.contains($0) }
        } else {
            guard let axes else { throw .opaque("its axes are missing") }
            let rank = shape.rank + axes.count
            let new = Set(axes.map { $0 < 0 ? $0 + rank : $0 })
            guard new.count == axes.count, new.allSatisfy((0..<rank).contains) else {
                throw .opaque("its axes make no sense")
            }
            var rest = Array(shape.dimensions.indices)[...]
            sources = (0..<rank).map { new.contains($0) ? nil : rest.popFirst() }
        }
        var dimensions: [Int] = []
        for (place, source) in sources.enumerated() {
            if let source {
                // A 0 leaves the length at its place.
                dimensions.append(source == place ? 0 : shape.dimensions[source] ?? -1)
            } else {
                dimensions.append(1)
            }
        }
        guard dimensions.filter({ $0 == -1 }).count <= 1 else { throw .opaque("the shape of its input is not known") }
        return ONNXTranslation(.reshape(Reshape(dimensions: dimensions)))
    }

    /// Repeats elements along axes of length 1, and adds such axes before the others.
    mutating func expand(_ node: ONNXNode) throws(ONNXObstacle) -> ONNXTranslation {
        guard let given = value(node, 0), var shape = shape(node, 0), let target = constant(node, 1),
            let lengths = try read({ () throws(WireError) in try target.integers(of: file) })
        else { throw .opaque("its shape is known only when the model runs") }
        guard lengths.count <= 32, lengths.allSatisfy({ $0 > 0 }) else { throw .opaque("its output is empty") }
        var steps: [(name: String, operation: Operation)] = []
        if lengths.count > shape.rank {
            guard let known = shape.known else { throw .opaque("it adds axes to a value of an unknown shape") }
            shape = TensorShape([Int](repeating: 1, count: lengths.count - shape.rank) + known)
            steps.append(("unsqueezed", .reshape(Reshape(dimensions: shape.dimensions.map { $0 ?? -1 }))))
        }
        let wanted = [Int](repeating: 1, count: shape.rank - lengths.count) + lengths
        var sizes: [Int] = []
        for (axis, length) in wanted.enumerated() {
            guard let own = shape.dimensions[axis] ?? (length == 1 ? -1 : nil) else {
                throw .opaque("the shape of its input is not known")
            }
            guard own == length || own == 1 || length == 1 else { throw .opaque("its shape does not fit its input") }
            sizes.append(own == -1 ? -1 : max(own, length))
            guard own == 1, length > 1, axis < 2 || shape.rank <= 2 else { continue }
            steps.append(("repeated\(axis)", .tile(axis: axis, count: length)))
        }
        if shape.rank > 2, zip(shape.dimensions[2...], sizes[2...]).contains(where: { $0 != nil && $0 != $1 }) {
            guard !sizes[2...].contains(-1) else { throw .opaque("the shape of its input is not known") }
            steps.append(
                ("stretched", .resize(Resize(.nearest(.floor), .asymmetric, size: .lengths(Array(sizes[2...]))))))
        }
        guard let last = steps.popLast() else { return ONNXTranslation(.identity(type: node.type)) }
        guard !steps.isEmpty else { return ONNXTranslation(last.operation) }
        try requireFloat(node, 0)
        var value = given
        for (place, step) in steps.enumerated() {
            value = try addPart(step.name, of: node, step.operation, [value], positions: [place == 0 ? [0] : []])
        }
        var translation = ONNXTranslation(last.operation, inputs: [[]])
        translation.values = [value]
        return translation
    }

    /// Copies behind one another along one axis.
    func tile(_ node: ONNXNode) throws(ONNXObstacle) -> ONNXTranslation {
        guard file.opset >= 6, let repeats = try integers(node, "repeats", orInput: 1),
            shape(node, 0)?.rank ?? repeats.count == repeats.count, repeats.allSatisfy({ (1..<1 << 31).contains($0) })
        else { throw .opaque("its repeats do not fit its input") }
        let axes = repeats.indices.filter { repeats[$0] != 1 }
        guard let axis = axes.first else { return ONNXTranslation(.identity(type: node.type)) }
        guard axes.count == 1 else { throw .opaque("it repeats along several axes") }
        return ONNXTranslation(.tile(axis: axis, count: repeats[axis]))
    }

    func transpose(_ node: ONNXNode) throws(ONNXObstacle) -> ONNXTranslation {
        let order: [Int]
        if let told = integers(node, "perm") {
            order = told
        } else {
            order = Array((0..<(try rank(node, 0))).reversed())
        }
        guard order.sorted() == Array(order.indices), shape(node, 0)?.rank ?? order.count == order.count else {
            throw .opaque("its perm \(order) is no order of the axes of its input")
        }
        return ONNXTranslation(.permute(order: order))
    }

    func pixelBlocks(_ node: ONNXNode) throws(ONNXObstacle) -> ONNXTranslation {
        guard let length = integer(node, "blocksize"), length > 0, length < 1 << 15, try rank(node, 0) == 4 else {
            throw .opaque("its blocksize is missing, or its input has other than four axes")
        }
        let order: PixelBlocks.ChannelOrder
        switch text(node, "mode") ?? "DCR" {
        case "DCR": order = .placesFirst
        case "CRD" where node.type == "DepthToSpace": order = .channelsFirst
        case let mode: throw .opaque("its mode '\(mode.inMessages)' is not known")
        }
        return ONNXTranslation(
            .pixelBlocks(
                PixelBlocks(
                    node.type == "DepthToSpace" ? .channelsToPixels : .pixelsToChannels, length: length,
                    channelOrder: order)))
    }

    /// Reductions along axes; `nil` for any other operator.
    func reduction(_ node: ONNXNode) throws(ONNXObstacle) -> ONNXTranslation? {
        let methods: [String: AxisReduction.Method] = [
            "ReduceSum": .sum, "ReduceMean": .mean, "ReduceMax": .maximum, "ReduceMin": .minimum,
            "ReduceProd": .product,
            "ReduceL1": .sumOfMagnitudes, "ReduceL2": .norm, "ReduceSumSquare": .sumOfSquares,
            "ReduceLogSum": .logarithmOfSum, "ReduceLogSumExp": .logarithmOfExponentials,
        ]
        guard let method = methods[node.type] else { return nil }
        try requireFloat(node, 0)
        let axes = try integers(node, "axes", orInput: 1)
        if axes ?? [] == [], integer(node, "noop_with_empty_axes") ?? 0 != 0 {
            throw .opaque("it reduces no axis, which is not modelled")
        }
        return ONNXTranslation(
            .axisReduction(
                AxisReduction(
                    method, axes: axes ?? [] == [] ? nil : axes, keepsAxes: integer(node, "keepdims") ?? 1 != 0)))
    }
}
