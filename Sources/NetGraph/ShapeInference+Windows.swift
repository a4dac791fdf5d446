// Shapes of the operations that move a window over the axes behind the channel, and of the ones that regroup elements.

extension Convolution {
    /// The shape of the output for one input: the channel becomes `outputChannels`, each spatial axis shrinks (or grows, transposed).
    func outputShape(of input: TensorShape?, transposed: Bool) throws(ShapeError) -> TensorShape? {
        let ownRank = channelAxis + 1 + kernel.count
        var shape = input ?? TensorShape([Int?](repeating: nil, count: ownRank))
        // A number of axes that was only assumed gives way to the kernel's.
        if shape.mayHaveRank(ownRank) { shape = shape.withRank(ownRank) }
        guard shape.rank == channelAxis + 1 + kernel.count else {
            throw ShapeError(
                "its kernel has \(kernel.count) spatial axes, but its input has the shape \(shape) (channel axis \(channelAxis))"
            )
        }
        guard channelAxis >= 0, [stride, padBefore, padAfter, dilation].allSatisfy({ $0.count == kernel.count }),
            (kernel + stride + dilation).allSatisfy({ $0 > 0 }), (padBefore + padAfter).allSatisfy({ $0 >= 0 }),
            outputPadding.count == kernel.count, outputPadding.allSatisfy({ $0 >= 0 })
        else {
            throw ShapeError(
                "its kernel \(kernel), stride \(stride), pad \(padBefore) and dilation \(dilation) make no sense")
        }
        shape.dimensions[channelAxis] = outputChannels
        for (index, axis) in ((channelAxis + 1)..<shape.rank).enumerated() {
            guard let length = shape.dimensions[axis] else { continue }
            let extent = try Checked.sum(Checked.product(dilation[index], kernel[index] - 1), 1)
            let pads = try Checked.sum(padBefore[index], padAfter[index])
            let result: Int
            if padsToCover, !transposed {
                result = CoveringPadding.windowCount(length: length, stride: stride[index])
            } else if transposed {
                result = try Checked.sum(
                    Checked.product(stride[index], length - 1), Checked.sum(extent - pads, outputPadding[index]))
            } else {
                let room = try Checked.sum(length, pads) - extent
                guard room >= 0 else {
                    throw ShapeError(
                        "its kernel of \(extent) pixels is larger than its input of shape \(input ?? shape) with \(pads) pixels of padding"
                    )
                }
                result = room / stride[index] + 1
            }
            guard result > 0 else {
                throw ShapeError("its output would be empty for an input of shape \(input ?? shape)")
            }
            shape.dimensions[axis] = result
        }
        return shape
    }
}

extension Pooling {
    /// The size rule of Caffe: rounds up, then drops a last window that would start in the padding behind the input.
    func outputShape(of input: TensorShape?) throws(ShapeError) -> TensorShape? {
        if let kernel {
            guard [stride, padBefore, padAfter, dilation].allSatisfy({ $0.count == kernel.count }),
                (kernel + stride + dilation).allSatisfy({ $0 > 0 }), padAfter.allSatisfy({ $0 >= 0 }),
                zip(extents, padBefore).allSatisfy({ $1 >= 0 && $1 < $0 })
            else {
                throw ShapeError(
                    "its kernel \(kernel), stride \(stride) and pad \(padBefore) make no sense: the pad must be smaller than the kernel"
                )
            }
        }
        guard var shape = input else { return nil }
        guard shape.rank > 2 else { return shape }
        guard let kernel else {
            for axis in 2..<shape.rank { shape.dimensions[axis] = 1 }
            return shape
        }
        if shape.mayHaveRank(kernel.count + 2) { shape = shape.withRank(kernel.count + 2) }
        guard kernel.count == shape.rank - 2 else {
            return shape.withRank(shape.rank)
        }
        for (index, axis) in (2..<shape.rank).enumerated() {
            guard let length = shape.dimensions[axis] else { continue }
            if padsToCover {
                shape.dimensions[axis] = CoveringPadding.windowCount(length: length, stride: stride[index])
                continue
            }
            let padded = try Checked.sum(length, Checked.sum(padBefore[index], padAfter[index]))
            let room = padded - extents[index]
            guard room >= 0 || roundsUp && room > -stride[index] else {
                throw ShapeError(
                    "its kernel of \(extents[index]) pixels is larger than its input of shape \(input ?? shape)")
            }
            var windows = (roundsUp && room > 0 ? (room - 1) / stride[index] + 1 : max(room, 0) / stride[index]) + 1
            let end = length + padBefore[index]
            let mustStartInside = isPadded || startsInsideInput
            if mustStartInside, try Checked.product(windows - 1, stride[index]) >= end { windows -= 1 }
            // Caffe aborts where one window less does not help.
            guard !mustStartInside || (windows - 1) * stride[index] < end else {
                throw ShapeError("its last window would lie in the padding behind its input of shape \(input ?? shape)")
            }
            shape.dimensions[axis] = windows
        }
        return shape
    }
}

extension InnerProduct {
    func outputShape(of input: TensorShape?) throws(ShapeError) -> TensorShape? {
        guard let input else { return axis == 1 ? TensorShape([nil, outputCount]) : nil }
        guard let axis = input.canonicalAxis(axis) else {
            throw ShapeError("axis \(axis) is not an axis of its input of shape \(input)")
        }
        return TensorShape(Array(input.dimensions[..<axis]) + [outputCount])
    }
}

extension Reshape {
    func outputShape(of input: TensorShape?) throws(ShapeError) -> TensorShape? {
        try input.map { (input) throws(ShapeError) in order.networkShape(of: try replaced(order.shape(of: input))) }
    }

    /// The shape in the order of the operation, from one in that order.
    private func replaced(_ input: TensorShape) throws(ShapeError) -> TensorShape {
        let start = axis < 0 ? axis + input.rank + 1 : axis
        guard (0...input.rank).contains(start) else {
            throw ShapeError("axis \(axis) is not an axis of its input of shape \(input)")
        }
        let end = axisCount < 0 ? input.rank : try Checked.sum(start, axisCount)
        guard start <= end, end <= input.rank else {
            throw ShapeError("it cannot replace \(axisCount) axes from \(start) on of its input of shape \(input)")
        }
        var lengths: [Int?] = []
        var inferred: Int?
        for (index, dimension) in dimensions.enumerated() {
            switch dimension {
            case 0:
                guard start + index < input.rank else {
                    throw ShapeError("it cannot copy axis \(start + index) of its input of shape \(input)")
                }
                lengths.append(input.dimensions[start + index])
            case -1:
                guard inferred == nil else { throw ShapeError("more than one of its dimensions is -1") }
                inferred = index
                lengths.append(nil)
            default:
                guard dimension > 0 else { throw ShapeError("\(dimension) is no length of an axis") }
                lengths.append(dimension)
            }
        }
        if let inferred {
            let others = TensorShape(lengths.enumerated().filter { $0.offset != inferred }.map(\.element))
            if let total = input.elementCount(in: start..<end), let product = others.elementCount(in: 0..<others.rank) {
                guard product > 0, total % product == 0 else {
                    throw ShapeError(
                        "its input of shape \(input) does not divide into \(TensorShape(dimensions.map { $0 }))")
                }
                lengths[inferred] = total / product
            }
        }
        let result = TensorShape(lengths)
        if let before = input.elementCount(in: start..<end), let after = result.elementCount(in: 0..<result.rank),
            before != after
        {
            throw ShapeError("its input of shape \(input) has another number of elements than \(result)")
        }
        return TensorShape(Array(input.dimensions[..<start]) + lengths + Array(input.dimensions[end...]))
    }
}

/// Integer arithmetic on sizes that come from a file: too large is an error, never a trap.
enum Checked {
    static func sum(_ left: Int, _ right: Int) throws(ShapeError) -> Int {
        let (result, overflows) = left.addingReportingOverflow(right)
        guard !overflows, abs(result) < 1 << 48 else { throw ShapeError("its sizes are too large") }
        return result
    }

    static func product(_ left: Int, _ right: Int) throws(ShapeError) -> Int {
        let (result, overflows) = left.multipliedReportingOverflow(by: right)
        guard !overflows, abs(result) < 1 << 48 else { throw ShapeError("its sizes are too large") }
        return result
    }
}
