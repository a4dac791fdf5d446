import NetGraph

extension KernelCall {
    /// Product, weighted sum or maximum of inputs of one size (Caffe's `eltwise_layer.cpp`).
    func eltwise(_ eltwise: Eltwise) throws(ExecutionError) {
        let first = try input(0)
        let output = try sameSize(as: first)
        for other in inputs {
            try require(
                other.shape == first.shape,
                "its inputs have the different shapes \(BlobShape.describe(first.shape)) and \(BlobShape.describe(other.shape))"
            )
        }
        try require(
            eltwise.combination != .sum || eltwise.coefficients.count == inputs.count,
            "it has \(eltwise.coefficients.count) coefficients for \(inputs.count) inputs")
        let coefficients = eltwise.coefficients.map { Element($0) }
        let pointers = inputs.map(\.pointer)
        workers.forEachRange(of: first.count, length: Workers.elementsPerPiece) { range in
            for position in pointers.indices {
                let operand = pointers[position]
                let target = output.pointer
                switch eltwise.combination {
                case .sum:
                    let factor = coefficients[position]
                    if position == 0 {
                        for index in range { target[index] = factor * operand[index] }
                    } else {
                        for index in range { target[index] += factor * operand[index] }
                    }
                case .product:
                    if position == 0 {
                        for index in range { target[index] = operand[index] }
                    } else {
                        for index in range { target[index] *= operand[index] }
                    }
                case .maximum:
                    if position == 0 {
                        for index in range { target[index] = operand[index] }
                    } else {
                        // Caffe keeps the earlier one unless the other is larger.
                        for index in range {
                            target[index] = operand[index] > target[index] ? operand[index] : target[index]
                        }
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
