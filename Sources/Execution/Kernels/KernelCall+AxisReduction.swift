import NetGraph

extension KernelCall {
    /// One number for all elements along some axes. Sums are double.
    func reduce(_ reduction: AxisReduction) throws(ExecutionError) {
        let input = try input(0)
        let output = try output()
        let (reduced, kept): (Set<Int>, [Int])
        do throws(ShapeError) {
            (reduced, kept) = try reduction.networkAxes(rank: input.shape.count)
        } catch {
            throw layer.error("\(error)")
        }
        try require(
            output.shape == kept.map { reduced.contains($0) ? 1 : input.shape[$0] }, "its output has a wrong size")
        let strides = Self.strides(of: input.shape)
        let fiber = Fiber(reduced.sorted(), of: input.shape, strides: strides).merged
        let outputStrides = Self.strides(of: output.shape)
        let inputStrides = kept.map { reduced.contains($0) ? 0 : strides[$0] }
        let count = Double(fiber.count)
        forEachRow(of: output.shape, strides: [outputStrides, inputStrides]) { starts, length, steps in
            for index in 0..<length {
                let number = Self.reduce(
                    reduction.method, fiber, of: input.pointer, from: starts[1] + index * steps[1], count: count)
                output.pointer[starts[0] + index] = Element(number)
            }
        }
    }

    private static func reduce(
        _ method: AxisReduction.Method, _ fiber: Fiber, of source: UnsafeMutablePointer<Element>, from start: Int,
        count: Double
    ) -> Double {
        func fold(_ initial: Double, _ next: (Double, Double) -> Double) -> Double {
            var result = initial
            fiber.forEachRun(from: start) { start, count, step in
                for index in 0..<count { result = next(result, Double(source[start + index * step])) }
            }
            return result
        }
        // What is not a number stays one, as in NumPy.
        func largest() -> Double { fold(-.infinity) { $1 > $0 || $1.isNaN ? $1 : $0 } }
        switch method {
        case .sum: return fold(0, +)
        case .mean: return fold(0, +) / count
        case .maximum: return largest()
        case .minimum: return fold(.infinity) { $1 < $0 || $1.isNaN ? $1 : $0 }
        case .product: return fold(1, *)
        case .sumOfMagnitudes: return fold(0) { $0 + abs($1) }
        case .sumOfSquares: return fold(0) { $0 + $1 * $1 }
        case .norm: return fold(0) { $0 + $1 * $1 }.squareRoot()
        case .logarithmOfSum: return Double.logarithm(fold(0, +))
        case .logarithmOfExponentials:
            let most = largest()
            // Of infinities only the largest counts.
            guard most.isFinite else { return most }
            return most + Double.logarithm(fold(0) { $0 + Double.exponential($1 - most) })
        }
    }
}
