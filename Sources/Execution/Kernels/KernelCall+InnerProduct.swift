import NetGraph

extension KernelCall {
    /// A fully connected layer (Caffe's `inner_product_layer.cpp`).
    func innerProduct(_ product: InnerProduct) throws(ExecutionError) {
        let input = try input(0)
        let output = try output()
        let axis = try axis(product.axis, of: input)
        let rows = input.count(0..<axis)
        let depth = input.count(axis..<input.shape.count)
        let columns = product.outputCount
        try require(columns > 0 && output.count == rows * columns, "its output has a wrong size")
        let (weightCount, overflows) = depth.multipliedReportingOverflow(by: columns)
        try require(!overflows, "its sizes are too large")
        let weight = try parameter(product.weight, count: weightCount)
        let bias = try product.bias.map { (bias) throws(ExecutionError) in try parameter(bias, count: columns) }
        try multiplyRows(
            rows, input.pointer, depth: depth, by: weight, isTransposed: product.transposed, columns: columns,
            bias: bias,
            into: output.pointer)
    }

    /// Each row of `input` times a weight of shape (columns, depth), or (depth, columns) when `isTransposed`, plus a bias.
    func multiplyRows(
        _ rows: Int, _ input: UnsafeMutablePointer<Element>, depth: Int, by weight: UnsafePointer<Element>,
        isTransposed: Bool, columns: Int, bias: UnsafePointer<Element>?, into output: UnsafeMutablePointer<Element>,
        accumulates: Bool = false
    ) throws(ExecutionError) {
        try requireSizesForBLAS(rows, depth, columns)
        guard rows > 0, columns > 0 else { return }
        if depth == 0, !accumulates { output.update(repeating: 0, count: rows * columns) }
        let step = max(64, (1 << 18) / max(depth, 1))
        workers.forEachRange(of: columns, length: step) { range in
            if depth > 0 {
                if rows == 1, !isTransposed, !accumulates {
                    Element.multiply(
                        rows: range.count, columns: depth, matrix: weight + range.lowerBound * depth,
                        isTransposed: false,
                        vector: UnsafePointer(input), into: output + range.lowerBound)
                } else {
                    Element.multiply(
                        MatrixProduct(
                            rows: rows, columns: range.count, depth: depth, left: UnsafePointer(input),
                            leftStride: depth,
                            right: weight + (isTransposed ? range.lowerBound : range.lowerBound * depth),
                            rightStride: isTransposed ? columns : depth, isRightTransposed: !isTransposed,
                            result: output + range.lowerBound, resultStride: columns, accumulates: accumulates))
                }
            }
            guard let bias else { return }
            for row in 0..<rows {
                let line = output + row * columns
                for column in range { line[column] += bias[column] }
            }
        }
    }
}
