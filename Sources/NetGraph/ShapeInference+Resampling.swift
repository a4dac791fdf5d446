// Shapes of the operations that give planes another size.

extension SpatialPyramid {
    func outputShape(of input: TensorShape?) throws(ShapeError) -> TensorShape? {
        guard let input else { return nil }
        guard input.rank == 4, levels > 0 else {
            throw ShapeError(
                "it needs an input of four axes and at least one level, but its input has the shape \(input)")
        }
        guard let height = input.dimensions[2], let width = input.dimensions[3] else {
            return levels == 1 ? input : TensorShape([input.dimensions[0], nil])
        }
        var bins = 0
        for level in 0..<levels {
            let pooled = try pooling(level: level, height: height, width: width).outputShape(of: input)
            guard let pooled, let count = pooled.elementCount(in: 2..<4) else { return nil }
            // A single level is handed on as it was pooled.
            if levels == 1 { return pooled }
            bins = try Checked.sum(bins, count)
        }
        let total = try input.dimensions[1].map { channels throws(ShapeError) in try Checked.product(channels, bins) }
        return TensorShape([input.dimensions[0], total])
    }
}

extension Im2col {
    func outputShape(of input: TensorShape?) throws(ShapeError) -> TensorShape? {
        guard let input, input.rank > channelAxis else { return nil }
        var channels = input.dimensions[channelAxis]
        for extent in kernel {
            channels = try channels.map { channels throws(ShapeError) in try Checked.product(channels, extent) }
        }
        let window = Convolution(
            weight: ParameterID(0), bias: nil, outputChannels: 1, kernel: kernel, stride: stride, padBefore: pad,
            padAfter: pad, dilation: dilation, channelAxis: channelAxis)
        var shape = try window.outputShape(of: input, transposed: false)
        shape?.dimensions[channelAxis] = channels
        return shape
    }
}

extension Upsample {
    func outputShape(of input: TensorShape?) throws(ShapeError) -> TensorShape? {
        guard var shape = input else { return nil }
        guard shape.rank == 4 else {
            throw ShapeError("it needs an input of four axes, but its input has the shape \(shape)")
        }
        switch size {
        case .lengths(let height, let width):
            shape.dimensions[2] = height
            shape.dimensions[3] = width
        case .factors(let height, let width, let lessHeight, let lessWidth):
            for (axis, factor, less) in [(2, height, lessHeight), (3, width, lessWidth)] {
                guard let length = shape.dimensions[axis] else { continue }
                shape.dimensions[axis] = try Checked.sum(Checked.product(length, factor), -less)
            }
        }
        guard shape.dimensions[2...].allSatisfy({ $0 ?? 1 > 0 }) else {
            throw ShapeError("its output would be empty for an input of shape \(input ?? shape)")
        }
        return shape
    }
}

extension Interpolation {
    func outputShape(of input: TensorShape?, like reference: TensorShape?) throws(ShapeError) -> TensorShape? {
        guard var shape = input else { return nil }
        guard shape.rank == 4, reference.map({ $0.rank == 4 }) ?? true else {
            throw ShapeError("it needs inputs of four axes, but its input has the shape \(shape)")
        }
        for axis in 2..<4 {
            let effective = try shape.dimensions[axis].map { length throws(ShapeError) in
                let rest = try Checked.sum(length, -Checked.sum(cropBefore, cropAfter))
                guard rest > 0 else { throw ShapeError("nothing is left of its input of shape \(shape)") }
                return rest
            }
            switch size {
            case .lengths(let height, let width): shape.dimensions[axis] = axis == 2 ? height : width
            case .secondInput: shape.dimensions[axis] = reference?.dimensions[axis]
            case .factors(let shrink, let zoom):
                guard shrink > 0, zoom > 0 else {
                    throw ShapeError("its factors \(shrink) and \(zoom) are not positive")
                }
                shape.dimensions[axis] = try effective.map { length throws(ShapeError) in
                    let shrunk = (length - 1) / shrink + 1
                    return try Checked.sum(shrunk, Checked.product(shrunk - 1, zoom - 1))
                }
            }
        }
        return shape
    }
}

extension Reorg {
    func outputShape(of input: TensorShape?) throws(ShapeError) -> TensorShape? {
        guard var shape = input else { return nil }
        guard shape.rank == 4 else {
            throw ShapeError("it needs an input of four axes, but its input has the shape \(shape)")
        }
        guard stride > 0 else { throw ShapeError("its stride \(stride) is not positive") }
        let area = try Checked.product(stride, stride)
        for axis in 1..<4 {
            guard let length = shape.dimensions[axis] else { continue }
            let factor = axis == 1 ? area : stride
            if (axis == 1) == isReversed {
                guard length % factor == 0 else {
                    throw ShapeError("its stride \(stride) does not divide its input of shape \(input ?? shape)")
                }
                shape.dimensions[axis] = length / factor
            } else {
                shape.dimensions[axis] = try Checked.product(length, factor)
            }
        }
        // The order of darknet cuts the channels by the area of a stride in either direction.
        if let channels = input?.dimensions[1], channels % area != 0 {
            throw ShapeError("its stride \(stride) needs a multiple of \(area) channels, but its input has \(channels)")
        }
        return shape
    }
}

extension PriorBox {
    func outputShape(of input: TensorShape?) throws(ShapeError) -> TensorShape? {
        guard let input else { return TensorShape([1, 2, nil]) }
        guard input.rank == 4 else {
            throw ShapeError("it needs an input of four axes, but its input has the shape \(input)")
        }
        guard let pixels = input.elementCount(in: 2..<4) else { return TensorShape([1, 2, nil]) }
        return TensorShape([1, 2, try Checked.product(pixels, Checked.product(boxCount, 4))])
    }
}

extension RegionPooling {
    func outputShape(of input: TensorShape?, regions: TensorShape?) -> TensorShape? {
        TensorShape([regions?.length(ofAxis: 0), input?.length(ofAxis: 1), height, width])
    }
}
