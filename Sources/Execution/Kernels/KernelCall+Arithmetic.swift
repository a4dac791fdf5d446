import NetGraph

extension KernelCall {
    /// Combines values element by element, as NumPy aligns them.
    func arithmetic(_ arithmetic: Arithmetic) throws(ExecutionError) {
        let output = try output()
        let outputStrides = Self.strides(of: output.shape)
        _ = try input(0)
        var strides = [outputStrides]
        for input in inputs {
            try require(input.shape.count <= output.shape.count, "its output has too few axes")
            let own = Self.strides(of: input.shape)
            var aligned = [Int](repeating: 0, count: output.shape.count)
            for (axis, source) in arithmetic.axes(ofInput: input.shape.count, output: output.shape.count).enumerated() {
                guard let source, input.shape[source] != 1 else { continue }
                try require(
                    input.shape[source] == output.shape[axis],
                    "an input of shape \(TensorShape.describe(input.shape)) does not fit its output of shape \(TensorShape.describe(output.shape))"
                )
                aligned[axis] = own[source]
            }
            strides.append(aligned)
        }
        let pointers = inputs.map(\.pointer)
        if let count = arithmetic.function.inputCount {
            try require(pointers.count == count, "it has \(pointers.count) inputs, expected \(count)")
        }
        if arithmetic.function == .choice {
            return forEachRow(of: output.shape, strides: strides) { starts, count, steps in
                for index in 0..<count {
                    let chosen = pointers[0][starts[1] + index * steps[1]] != 0 ? 1 : 2
                    output.pointer[starts[0] + index] = pointers[chosen][starts[chosen + 1] + index * steps[chosen + 1]]
                }
            }
        }
        let divisor = Element(Double(inputs.count))
        forEachRow(of: output.shape, strides: strides) { starts, count, steps in
            let target = output.pointer + starts[0]
            Self.combine(
                arithmetic.function, pointers[0] + starts[1], steps[1], into: target, count, isFirst: true)
            for (position, pointer) in pointers.enumerated().dropFirst() {
                Self.combine(
                    arithmetic.function, pointer + starts[position + 1], steps[position + 1], into: target, count,
                    isFirst: false)
            }
            if arithmetic.function == .mean { for index in 0..<count { target[index] /= divisor } }
        }
    }

    private static func combine(
        _ function: Arithmetic.Function, _ source: UnsafeMutablePointer<Element>, _ step: Int,
        into target: UnsafeMutablePointer<Element>, _ count: Int, isFirst: Bool
    ) {
        if isFirst {
            // In place it is there already.
            if source != target || step != 1 { each(source, step, target, count) { _, x in x } }
            return
        }
        switch function {
        case .sum, .mean: each(source, step, target, count) { $0 + $1 }
        case .difference: each(source, step, target, count) { $0 - $1 }
        case .product: each(source, step, target, count) { $0 * $1 }
        case .quotient: each(source, step, target, count) { $0 / $1 }
        // What is not a number stays one, as in NumPy.
        case .maximum: each(source, step, target, count) { $1 > $0 || $1.isNaN ? $1 : $0 }
        case .minimum: each(source, step, target, count) { $1 < $0 || $1.isNaN ? $1 : $0 }
        case .power: each(source, step, target, count) { Element.power($0, $1) }
        case .greater: each(source, step, target, count) { $0 > $1 ? 1 : 0 }
        case .greaterOrEqual: each(source, step, target, count) { $0 >= $1 ? 1 : 0 }
        case .less: each(source, step, target, count) { $0 < $1 ? 1 : 0 }
        case .lessOrEqual: each(source, step, target, count) { $0 <= $1 ? 1 : 0 }
        case .equal: each(source, step, target, count) { $0 == $1 ? 1 : 0 }
        case .notEqual: each(source, step, target, count) { $0 == $1 ? 0 : 1 }
        // Taken before, for it needs all its values at once.
        case .choice: break
        }
    }

    /// A function of what is there and of another value, which goes on as the target does, stays where it is, or goes on in steps.
    @inline(__always)
    private static func each(
        _ source: UnsafeMutablePointer<Element>, _ step: Int, _ target: UnsafeMutablePointer<Element>, _ count: Int,
        _ function: (Element, Element) -> Element
    ) {
        switch step {
        case 0:
            let x = source[0]
            for index in 0..<count { target[index] = function(target[index], x) }
        case 1: for index in 0..<count { target[index] = function(target[index], source[index]) }
        default: for index in 0..<count { target[index] = function(target[index], source[index * step]) }
        }
    }

    /// Sums of products along axes that both inputs have. Sums are double.
    func contract(_ contraction: Contraction) throws(ExecutionError) {
        let first = try input(0)
        let second = try input(1)
        let output = try output()
        try require(
            contraction.first.count == first.shape.count && contraction.second.count == second.shape.count
                && contraction.output.count == output.shape.count, "its inputs have other numbers of axes than it takes"
        )
        func strides(_ labels: [Int], _ own: [Int], _ block: Block<Element>) -> [Int] {
            let all = Self.strides(of: block.shape)
            return labels.map { label in
                own.firstIndex(of: label).map { block.shape[$0] == 1 ? 0 : all[$0] } ?? 0
            }
        }
        var lengths: [Int: Int] = [:]
        for (label, length) in zip(contraction.first + contraction.second, first.shape + second.shape) {
            try require(
                lengths[label] ?? 1 == 1 || length == 1 || length == lengths[label], "its inputs do not fit each other")
            lengths[label] = max(lengths[label] ?? 0, length)
            if length == 0 { lengths[label] = 0 }
        }
        try require(
            zip(contraction.output, output.shape).allSatisfy { lengths[$0] ?? 1 == $1 }, "its output has a wrong size")
        // The longest axis innermost.
        let summed = lengths.keys.filter { !contraction.output.contains($0) }.sorted {
            (lengths[$0] ?? 0, $0) < (lengths[$1] ?? 0, $1)
        }
        let shape = summed.map { lengths[$0] ?? 1 }
        let all = Array(summed.indices)
        let left = Fiber(all, of: shape, strides: strides(summed, contraction.first, first))
        let right = strides(summed, contraction.second, second)
        let innerRows = shape.dropLast().reduce(1, *)
        let outputStrides = Self.strides(of: output.shape)
        forEachRow(
            of: output.shape,
            strides: [
                outputStrides, strides(contraction.output, contraction.first, first),
                strides(contraction.output, contraction.second, second),
            ]
        ) { starts, count, steps in
            for index in 0..<count {
                var sum = 0.0
                var row = 0
                left.forEachRun(from: starts[1] + index * steps[1]) { start, length, step in
                    let other =
                        starts[2] + index * steps[2]
                        + (innerRows > 1 ? Self.offsets(ofPlace: row, in: shape.dropLast(), strides: [right])[0] : 0)
                    let otherStep = right.last ?? 0
                    row += 1
                    for term in 0..<length {
                        sum +=
                            Double(first.pointer[start + term * step])
                            * Double(second.pointer[other + term * otherStep])
                    }
                }
                output.pointer[starts[0] + index] = Element(sum)
            }
        }
    }
}
