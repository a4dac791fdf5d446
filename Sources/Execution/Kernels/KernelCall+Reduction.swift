import NetGraph

extension KernelCall {
    /// One number for everything from an axis on (Caffe's `reduction_layer.cpp`). Sums are double.
    func reduction(_ reduction: Reduction) throws(ExecutionError) {
        let input = try input(0)
        let output = try output()
        let axis = input.shape.isEmpty ? 0 : try self.axis(reduction.axis, of: input)
        let inner = input.count(axis..<input.shape.count)
        try require(output.count == input.count(0..<axis), "its output has a wrong size")
        let coefficient = reduction.method == .mean ? reduction.coefficient / Double(inner) : reduction.coefficient
        workers.forEach(output.count) { row, _ in
            let source = input.pointer + row * inner
            var sum = 0.0
            for index in 0..<inner {
                let x = Double(source[index])
                switch reduction.method {
                case .sum, .mean: sum += x
                case .sumOfMagnitudes: sum += abs(x)
                case .sumOfSquares: sum += x * x
                }
            }
            output.pointer[row] = Element(coefficient * sum)
        }
    }

    /// The largest elements along an axis or of an image (Caffe's `argmax_layer.cpp`). Of equal ones the last comes first, as there.
    func argMax(_ argMax: ArgMax) throws(ExecutionError) {
        let input = try input(0)
        let output = try output()
        let axis = try argMax.axis.map { (axis) throws(ExecutionError) in try self.axis(axis, of: input) }
        let outer = axis.map { input.count(0..<$0) } ?? input.shape.first ?? 1
        let length = axis.map { input.shape[$0] } ?? (outer > 0 ? input.count / outer : 0)
        let inner = axis.map { input.count($0 + 1..<input.shape.count) } ?? 1
        let kept = argMax.topCount
        let rows = axis == nil && argMax.givesValues ? 2 : 1
        try require(
            (1...max(length, 1)).contains(kept) && output.count == outer * rows * kept * inner,
            "it cannot take the largest \(kept) of \(length) elements")
        workers.forEach(outer * inner) { piece, _ in
            let (image, position) = (piece / inner, piece % inner)
            let source = input.pointer + image * length * inner + position
            func isBefore(_ left: Int, _ right: Int) -> Bool {
                let (x, y) = (source[left * inner], source[right * inner])
                return x > y || x == y && left > right
            }
            let best = Self.first(kept, of: length, by: isBefore)
            let target = output.pointer + image * rows * kept * inner + position
            for (rank, index) in best.enumerated() {
                let value = source[index * inner]
                if axis != nil {
                    target[rank * inner] = argMax.givesValues ? value : Element(index)
                } else {
                    target[rank] = Element(index)
                    if argMax.givesValues { target[kept + rank] = value }
                }
            }
        }
    }

    /// The first `kept` of the numbers below `count` in an order.
    private static func first(_ kept: Int, of count: Int, by isBefore: (Int, Int) -> Bool) -> [Int] {
        guard kept == 1 else { return Array((0..<count).sorted(by: isBefore).prefix(kept)) }
        var best = 0
        for index in 0..<count where isBefore(index, best) { best = index }
        return count > 0 ? [best] : []
    }
}
