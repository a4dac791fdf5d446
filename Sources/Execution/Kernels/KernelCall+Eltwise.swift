import NetGraph

extension KernelCall {
    /// Product, weighted sum or maximum of inputs of one size (Caffe's `eltwise_layer.cpp`).
    func eltwise(_ eltwise: Eltwise) throws(ExecutionError) {
        let first = try input(0)
        let output = try sameSize(as: first)
        for other in inputs {
            try require(
                other.shape == first.shape,
                "its inputs have the different shapes \(TensorShape.describe(first.shape)) and \(TensorShape.describe(other.shape))"
            )
        }
        try require(
            eltwise.combination != .sum || eltwise.coefficients.count == inputs.count,
            "it has \(eltwise.coefficients.count) coefficients for \(inputs.count) inputs")
        let coefficients = eltwise.coefficients.map { Element($0) }
        let pointers = inputs.map(\.pointer)
        workers.forEachRange(of: first.count, length: Workers.elementsPerPiece) { range in
            for (position, operand) in pointers.enumerated() {
                let target = output.pointer
                let factor = eltwise.combination == .sum ? coefficients[position] : 1
                if position == 0 {
                    // In place it is there already.
                    if operand == target, factor == 1 { continue }
                    Self.map(range, of: operand, into: target) { x in factor * x }
                    continue
                }
                switch eltwise.combination {
                case .sum: for index in range { target[index] += factor * operand[index] }
                case .product: for index in range { target[index] *= operand[index] }
                // Caffe keeps the earlier one unless the other is larger.
                case .maximum:
                    for index in range {
                        target[index] = operand[index] > target[index] ? operand[index] : target[index]
                    }
                }
            }
        }
    }

    /// a x + y with one a for each image and channel (`axpy_layer.cpp` of SENet).
    func axpy() throws(ExecutionError) {
        let factors = try input(0)
        let x = try input(1)
        let y = try input(2)
        let output = try sameSize(as: x)
        try require(x, rank: 2...Int.max)
        let planes = x.shape[0] * x.shape[1]
        try require(y.shape == x.shape && factors.count == planes, "its inputs do not fit each other")
        forEachPlane(outer: planes, inner: x.count(2..<x.shape.count)) { plane, range in
            let factor = factors.pointer[plane]
            let (scaled, added, target) = (x.pointer, y.pointer, output.pointer)
            for index in range { target[index] = factor * scaled[index] + added[index] }
        }
    }
}
