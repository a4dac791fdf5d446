/// Why an operation cannot work on its inputs.
public struct ShapeError: Error, Hashable, Sendable, CustomStringConvertible {
    public var message: String
    public init(_ message: String) { self.message = message }
    public var description: String { message }
}

extension Operation {
    /// The shapes of the outputs, as far as they follow from what is known of the inputs.
    ///
    /// - Parameters:
    ///   - inputs: one shape for each input, `nil` where nothing is known.
    ///   - outputCount: the number of outputs of the layer.
    /// - Returns: one shape for each output; `nil` for operations that are not modelled and for those whose shape a frontend sets.
    /// - Throws: `ShapeError` when the inputs do not fit the operation.
    public func outputShapes(of inputs: [TensorShape?], outputCount: Int) throws(ShapeError) -> [TensorShape?] {
        let first = inputs.first ?? nil
        switch self {
        case .input, .dataSource, .opaque, .objective, .sink:
            return [TensorShape?](repeating: nil, count: outputCount)
        case .batchNorm, .scale, .bias, .power, .activation, .stochastic, .softmax, .identity, .localResponse,
            .meanVariance, .normalize, .shuffleChannel, .logSoftmax, .standardization, .normDivision:
            return [first]
        case .gatedHalves(let axis):
            return [try Self.halvedShape(of: first, axis: axis)]
        case .arithmetic(let arithmetic):
            return [try arithmetic.outputShape(of: inputs)]
        case .contraction(let contraction):
            return [try contraction.outputShape(of: first, inputs.count > 1 ? inputs[1] : nil)]
        case .axisReduction(let reduction):
            return [try reduction.outputShape(of: first)]
        case .gathering(let gathering):
            return [try gathering.outputShape(of: first)]
        case .stridedSlice(let slice):
            return [try slice.outputShape(of: first)]
        case .pixelBlocks(let blocks):
            return [try blocks.outputShape(of: first)]
        case .resize(let resize):
            return [try resize.outputShape(of: first)]
        case .split:
            return [TensorShape?](repeating: first, count: outputCount)
        case .eltwise:
            return [try Self.commonShape(of: inputs)]
        case .convolution(let convolution):
            // A convolution with several inputs applies the same weights to each of them.
            return try inputs.map { (input) throws(ShapeError) in
                try convolution.outputShape(of: input, transposed: false)
            }
        case .deconvolution(let convolution):
            return try inputs.map { (input) throws(ShapeError) in
                try convolution.outputShape(of: input, transposed: true)
            }
        case .pooling(let pooling):
            let shape = try pooling.outputShape(of: first)
            return [TensorShape?](repeating: shape, count: outputCount)
        case .innerProduct(let product):
            return [try product.outputShape(of: first)]
        case .concat(let axis):
            return [try Self.concatenatedShape(of: inputs, axis: axis)]
        case .slice(let axis, let points):
            return try Self.slicedShapes(of: first, axis: axis, points: points, outputCount: outputCount)
        case .flatten(let firstAxis, let lastAxis, let order):
            let shape = try Self.flattenedShape(
                of: first.map(order.shape), from: firstAxis, through: lastAxis)
            return [shape.map(order.networkShape)]
        case .reshape(let reshape):
            return [try reshape.outputShape(of: first)]
        case .padding(let padding):
            return [try padding.outputShape(of: first)]
        case .crop(let axis, _):
            return [try Self.croppedShape(of: first, like: inputs.count > 1 ? inputs[1] : nil, axis: axis)]
        case .permute(let order):
            return [Self.permutedShape(of: first, order: order)]
        case .pixelShuffle(let factor):
            return [try Self.shuffledPixels(of: first, factor: factor)]
        case .tile(let axis, let count):
            return [try Self.tiledShape(of: first, axis: axis, count: count)]
        case .argMax(let argMax):
            return [try argMax.outputShape(of: first)]
        case .reduction(let reduction):
            return [try reduction.outputShape(of: first)]
        case .spatialPyramid(let pyramid):
            return [try pyramid.outputShape(of: first)]
        case .im2col(let columns):
            return try inputs.map { (input) throws(ShapeError) in try columns.outputShape(of: input) }
        case .upsample(let upsample):
            return [try upsample.outputShape(of: first)]
        case .interpolation(let interpolation):
            return [try interpolation.outputShape(of: first, like: inputs.count > 1 ? inputs[1] : nil)]
        case .reorg(let reorg):
            return [try reorg.outputShape(of: first)]
        case .axpy:
            return [try Self.commonShape(of: Array(inputs.dropFirst()))]
        case .batchReindex, .filter:
            return Self.selectedShapes(of: inputs, outputCount: outputCount, count: selectedCount(of: inputs))
        case .embed(let embed):
            return [first.map { embed.order.networkShape(of: TensorShape($0.dimensions + [embed.outputCount])) }]
        case .recurrent(let recurrent):
            return [first.map { TensorShape($0.dimensions.prefix(2) + [recurrent.outputCount]) }]
        case .fill(let fill):
            return fill.shapes.map { TensorShape($0) }
        case .parameter(_, let shape):
            return [TensorShape(shape)]
        case .priorBox(let priorBox):
            return [try priorBox.outputShape(of: first)]
        case .detectionOutput:
            return [TensorShape([1, 1, nil, 7])]
        case .regionPooling(let pooling):
            return [pooling.outputShape(of: first, regions: inputs.count > 1 ? inputs[1] : nil)]
        }
    }

    /// The number of images that a selection leaves; `nil` when only the numbers of its last input tell.
    private func selectedCount(of inputs: [TensorShape?]) -> Int? {
        if case .batchReindex = self, inputs.count > 1 {
            return inputs[1]?.elementCount(in: 0..<(inputs[1]?.rank ?? 0))
        }
        return nil
    }

    /// The shape of inputs that have to be equal; axes unknown in one are taken from another.
    private static func commonShape(of inputs: [TensorShape?]) throws(ShapeError) -> TensorShape? {
        var common: TensorShape?
        for case .some(let shape) in inputs {
            guard var merged = common else {
                common = shape
                continue
            }
            var shape = shape
            if merged.mayHaveRank(shape.rank) {
                merged = merged.withRank(shape.rank)
            } else if shape.mayHaveRank(merged.rank) {
                shape = shape.withRank(merged.rank)
            }
            guard merged.rank == shape.rank else {
                throw ShapeError("its inputs have the different shapes \(merged) and \(shape)")
            }
            for axis in shape.dimensions.indices {
                guard let length = shape.dimensions[axis] else { continue }
                guard merged.dimensions[axis] ?? length == length else {
                    throw ShapeError("its inputs have the different shapes \(merged) and \(shape)")
                }
                merged.dimensions[axis] = length
            }
            common = merged
        }
        return common
    }

    private static func concatenatedShape(of inputs: [TensorShape?], axis: Int) throws(ShapeError) -> TensorShape? {
        let known = inputs.compactMap(\.self)
        guard let model = known.first(where: { !$0.hasOnlyChannels }) ?? known.first else { return nil }
        guard let axis = model.canonicalAxis(axis) else {
            throw ShapeError("axis \(axis) is not an axis of its input of shape \(model)")
        }
        var shape = model
        var total: Int? = 0
        for input in inputs {
            guard var input else {
                total = nil
                continue
            }
            if axis < 2, input.mayHaveRank(shape.rank) { input = input.withRank(shape.rank) }
            guard input.rank == shape.rank else {
                throw ShapeError("its inputs have the different shapes \(model) and \(input)")
            }
            for other in input.dimensions.indices where other != axis {
                guard let length = input.dimensions[other] else { continue }
                guard shape.dimensions[other] ?? length == length else {
                    throw ShapeError(
                        "its inputs have the shapes \(model) and \(input), which differ beside axis \(axis)")
                }
                shape.dimensions[other] = length
            }
            total = try sum(total, input.dimensions[axis], axis: axis)
        }
        shape.dimensions[axis] = total
        return shape
    }

    /// - Throws: for a length that Caffe, which counts in 32 bits, could not hold.
    private static func sum(_ left: Int?, _ right: Int?, axis: Int) throws(ShapeError) -> Int? {
        guard let left, let right else { return nil }
        let (sum, overflows) = left.addingReportingOverflow(right)
        guard !overflows, sum <= Int(Int32.max) else {
            throw ShapeError(
                "its inputs together are longer along axis \(axis) than the \(Int32.max) that Caffe counts to")
        }
        return sum
    }

    private static func slicedShapes(
        of input: TensorShape?, axis: Int, points: [Int], outputCount: Int
    ) throws(ShapeError) -> [TensorShape?] {
        guard let input else { return [TensorShape?](repeating: nil, count: outputCount) }
        guard let axis = input.canonicalAxis(axis) else {
            throw ShapeError("axis \(axis) is not an axis of its input of shape \(input)")
        }
        guard outputCount > 0 else { throw ShapeError("it has no top") }
        let length = input.dimensions[axis]
        let parts: [Int?]
        if points.isEmpty {
            if let length, length % outputCount != 0 {
                throw ShapeError("axis \(axis) of length \(length) cannot be cut into \(outputCount) equal parts")
            }
            parts = [Int?](repeating: length.map { $0 / outputCount }, count: outputCount)
        } else {
            guard points.count == outputCount - 1 else {
                throw ShapeError("\(points.count) slice points do not make \(outputCount) parts")
            }
            var starts = [0] + points
            if let length { starts.append(length) }
            guard zip(starts, starts.dropFirst()).allSatisfy({ $0 < $1 }) else {
                throw ShapeError("the slice points \(points) do not cut axis \(axis) of its input of shape \(input)")
            }
            parts = (0..<outputCount).map { $0 + 1 < starts.count ? starts[$0 + 1] - starts[$0] : nil }
        }
        return parts.map { part in
            var shape = input
            shape.dimensions[axis] = part
            return shape
        }
    }

    private static func flattenedShape(
        of input: TensorShape?, from first: Int, through last: Int
    ) throws(ShapeError) -> TensorShape? {
        guard let input else { return nil }
        guard let first = input.canonicalAxis(first), let last = input.canonicalAxis(last), first <= last else {
            throw ShapeError("it cannot flatten axes \(first) to \(last) of its input of shape \(input)")
        }
        let merged = input.elementCount(in: first..<last + 1)
        return TensorShape(Array(input.dimensions[..<first]) + [merged] + Array(input.dimensions[(last + 1)...]))
    }

    private static func croppedShape(
        of input: TensorShape?, like reference: TensorShape?, axis: Int
    ) throws(ShapeError) -> TensorShape? {
        guard let input else { return nil }
        guard let axis = input.canonicalAxis(axis) else {
            throw ShapeError("axis \(axis) is not an axis of its input of shape \(input)")
        }
        var shape = input
        for index in axis..<input.rank { shape.dimensions[index] = reference?.length(ofAxis: index) }
        return shape
    }

    private static func permutedShape(of input: TensorShape?, order: [Int]) -> TensorShape? {
        guard let input, Set(order).isSubset(of: Set(0..<input.rank)) else { return nil }
        let rest = (0..<input.rank).filter { !order.contains($0) }
        return TensorShape((order + rest).prefix(input.rank).map { input.dimensions[$0] })
    }
}
