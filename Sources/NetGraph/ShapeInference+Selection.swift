// Shapes of the operations that move, pick, repeat or sum up elements.

extension Operation {
    static func shuffledPixels(of input: TensorShape?, factor: Int) throws(ShapeError) -> TensorShape? {
        guard var shape = input else { return nil }
        guard factor > 0, shape.rank == 4 else {
            throw ShapeError("it needs an input of four axes, but its input has the shape \(shape)")
        }
        let area = try Checked.product(factor, factor)
        if let channels = shape.dimensions[1] {
            guard channels % area == 0 else {
                throw ShapeError("its \(channels) channels do not divide into groups of \(area)")
            }
            shape.dimensions[1] = channels / area
        }
        for axis in 2..<4 {
            if let length = shape.dimensions[axis] { shape.dimensions[axis] = try Checked.product(length, factor) }
        }
        return shape
    }

    static func halvedShape(of input: TensorShape?, axis: Int) throws(ShapeError) -> TensorShape? {
        guard var shape = input else { return nil }
        guard let axis = shape.canonicalAxis(axis) else {
            throw ShapeError("axis \(axis) is not an axis of its input of shape \(shape)")
        }
        if let length = shape.dimensions[axis] {
            guard length % 2 == 0 else { throw ShapeError("axis \(axis) of length \(length) has no halves") }
            shape.dimensions[axis] = length / 2
        }
        return shape
    }

    static func tiledShape(of input: TensorShape?, axis: Int, count: Int) throws(ShapeError) -> TensorShape? {
        guard var shape = input else { return nil }
        guard let axis = shape.canonicalAxis(axis) else {
            throw ShapeError("axis \(axis) is not an axis of its input of shape \(shape)")
        }
        if let length = shape.dimensions[axis] { shape.dimensions[axis] = try Checked.product(length, count) }
        return shape
    }

    /// The inputs with another number of images; there are as many outputs as inputs that are selected from.
    static func selectedShapes(of inputs: [TensorShape?], outputCount: Int, count: Int?) -> [TensorShape?] {
        (0..<outputCount).map { index in
            guard inputs.indices.contains(index), var shape = inputs[index], shape.rank > 0 else { return nil }
            shape.dimensions[0] = count
            return shape
        }
    }
}

extension ArgMax {
    /// Without an axis: (images, 1 or 2, count), filled up with ones to the rank of the input (Caffe's `argmax_layer.cpp`).
    func outputShape(of input: TensorShape?) throws(ShapeError) -> TensorShape? {
        guard let input else { return nil }
        guard let axis else {
            guard input.rank > 0 else { throw ShapeError("its input has no axes") }
            var shape = TensorShape([Int?](repeating: 1, count: max(input.rank, 3)))
            shape.dimensions[0] = input.dimensions[0]
            if givesValues { shape.dimensions[1] = 2 }
            shape.dimensions[2] = topCount
            if let count = input.elementCount(in: 1..<input.rank) { try check(count) }
            return shape
        }
        guard let canonical = input.canonicalAxis(axis) else {
            throw ShapeError("axis \(axis) is not an axis of its input of shape \(input)")
        }
        if let length = input.dimensions[canonical] { try check(length) }
        var shape = input
        shape.dimensions[canonical] = topCount
        return shape
    }

    private func check(_ candidates: Int) throws(ShapeError) {
        guard (1...max(candidates, 1)).contains(topCount) else {
            throw ShapeError("it cannot take the largest \(topCount) of \(candidates) elements")
        }
    }
}

extension Reduction {
    func outputShape(of input: TensorShape?) throws(ShapeError) -> TensorShape? {
        guard let input else { return nil }
        // A scalar has no axes, and axis 0 of it is everything.
        guard let first = input.rank == 0 && axis == 0 ? 0 : input.canonicalAxis(axis) else {
            throw ShapeError("axis \(axis) is not an axis of its input of shape \(input)")
        }
        return TensorShape(Array(input.dimensions[..<first]))
    }
}
