import NetGraph

extension KernelCall {
    /// Takes off the mean and divides by the deviation of a part of the elements, then scales and shifts. Sums are double.
    func standardize(_ operation: Standardization) throws(ExecutionError) {
        let input = try input(0)
        let output = try sameSize(as: input)
        try require(input, rank: 1...Int.max)
        // A group of channels is an axis of its own.
        var shape = input.shape
        let normalized: [Int]
        switch operation.extent {
        case .axes(let axes): normalized = try self.axes(axes, of: input)
        case .groups, .eachChannel:
            try require(input, rank: 2...Int.max)
            var groups = input.shape[1]
            if case .groups(let count) = operation.extent { groups = count }
            try require(
                groups > 0 && input.shape[1] % groups == 0,
                "its \(groups) groups do not divide \(input.shape[1]) channels")
            shape = [input.shape[0], groups, input.shape[1] / groups] + input.shape[2...]
            normalized = Array(2..<shape.count)
        }
        let isGrouped = shape.count != input.shape.count
        let scale = try operation.scale.map { (id) throws(ExecutionError) in
            try affineTerm(id, operation, input, shape, isGrouped: isGrouped)
        }
        let shift = try operation.shift.map { (id) throws(ExecutionError) in
            try affineTerm(id, operation, input, shape, isGrouped: isGrouped)
        }
        let strides = Self.strides(of: shape)
        let rest = shape.indices.filter { !normalized.contains($0) }
        let fiber = Fiber(normalized, of: shape, strides: strides)
        let zeros = [Int](repeating: 0, count: shape.count)
        let (factors, terms) = (scale?.strides ?? zeros, shift?.strides ?? zeros)
        let whole = fiber.merged
        let count = Double(fiber.count)
        let outer = rest.map { shape[$0] }
        let outerStrides = [strides, factors, terms].map { all in rest.map { all[$0] } }
        let inner = [factors, terms].map { all in normalized.map { all[$0] } }
        workers.forEachRange(
            of: outer.reduce(1, *), length: max(1, Workers.elementsPerPiece / max(fiber.count, 1))
        ) { places in
            for place in places {
                let starts = Self.offsets(ofPlace: place, in: outer, strides: outerStrides)
                var (sum, squares) = (0.0, 0.0)
                whole.forEachRun(from: starts[0]) { start, count, step in
                    for index in 0..<count { sum += Double(input.pointer[start + index * step]) }
                }
                let mean = sum / count
                let center = operation.deviation == .mean ? mean : 0
                whole.forEachRun(from: starts[0]) { start, count, step in
                    for index in 0..<count {
                        let difference = Double(input.pointer[start + index * step]) - center
                        squares += difference * difference
                    }
                }
                let factor = 1 / (squares / count + operation.epsilon).squareRoot()
                let taken = operation.subtractsMean ? mean : 0
                var row = 0
                fiber.forEachRun(from: starts[0]) { start, count, step in
                    let offsets = Self.offsets(ofPlace: row, in: fiber.lengths.dropLast(), strides: inner)
                    let steps = inner.map { $0.last ?? 0 }
                    row += 1
                    for index in 0..<count {
                        var y = (Double(input.pointer[start + index * step]) - taken) * factor
                        if let scale { y *= Double(scale.numbers[starts[1] + offsets[0] + index * steps[0]]) }
                        if let shift { y += Double(shift.numbers[starts[2] + offsets[1] + index * steps[1]]) }
                        output.pointer[start + index * step] = Element(y)
                    }
                }
            }
        }
    }

    /// The numbers of a scale or a shift, and their strides along the axes of a shape in which groups of channels may be an axis.
    private func affineTerm(
        _ id: ParameterID, _ operation: Standardization, _ input: Block<Element>, _ shape: [Int], isGrouped: Bool
    ) throws(ExecutionError) -> (numbers: UnsafePointer<Element>, strides: [Int]) {
        let numbers = try parameter(id, count: nil)
        var strides: [Int]
        if let axes = operation.parameterAxes {
            strides = try parameterStrides(id, along: axes, of: input)
            // Along the channels of a group, and from one group to the next.
            if isGrouped { strides.insert(strides[1] * shape[2], at: 1) }
            return (numbers, strides)
        }
        strides = [Int](repeating: 0, count: shape.count)
        let count = parameterCount(id)
        if count == 1 { return (numbers, strides) }
        try require(input, rank: 2...Int.max)
        if isGrouped, count == shape[1] {
            strides[1] = 1
        } else {
            try require(
                count == input.shape[1],
                "a parameter of \(count) numbers does not fit its input of shape \(TensorShape.describe(input.shape))")
            if isGrouped {
                strides[1] = shape[2]
                strides[2] = 1
            } else {
                strides[1] = 1
            }
        }
        return (numbers, strides)
    }

    /// Divides by the norm along some axes. Sums are double.
    func divideByNorm(_ operation: NormDivision) throws(ExecutionError) {
        let input = try input(0)
        let output = try sameSize(as: input)
        let axes = try self.axes(operation.axes, of: input)
        try require(operation.order > 0, "there is no norm of order \(operation.order)")
        let strides = Self.strides(of: input.shape)
        let fiber = Fiber(axes, of: input.shape, strides: strides).merged
        let rest = input.shape.indices.filter { !axes.contains($0) }
        let outer = rest.map { input.shape[$0] }
        let outerStrides = [rest.map { strides[$0] }]
        workers.forEachRange(
            of: outer.reduce(1, *), length: max(1, Workers.elementsPerPiece / max(fiber.count, 1))
        ) { places in
            for place in places {
                let from = Self.offsets(ofPlace: place, in: outer, strides: outerStrides)[0]
                var sum = 0.0
                fiber.forEachRun(from: from) { start, count, step in
                    for index in 0..<count {
                        let x = abs(Double(input.pointer[start + index * step]))
                        switch operation.order {
                        case 1: sum += x
                        case 2: sum += x * x
                        case .infinity: sum = max(sum, x)
                        default: sum += Double.power(x, operation.order)
                        }
                    }
                }
                switch operation.order {
                case 1, .infinity: break
                case 2: sum = sum.squareRoot()
                default: sum = Double.power(sum, 1 / operation.order)
                }
                let norm = max(sum, operation.least)
                fiber.forEachRun(from: from) { start, count, step in
                    for index in 0..<count {
                        let x = Double(input.pointer[start + index * step])
                        output.pointer[start + index * step] = Element(norm == 0 ? x : x / norm)
                    }
                }
            }
        }
    }

    /// x - log(sum of exp(x)) along an axis. Sums are double.
    func logSoftmax(axis: Int) throws(ExecutionError) {
        let input = try input(0)
        let output = try sameSize(as: input)
        let axis = try self.axis(axis, of: input)
        let length = input.shape[axis]
        let inner = input.count(axis + 1..<input.shape.count)
        guard length > 0 else { return }
        workers.forEach(input.count(0..<axis)) { image, _ in
            for position in 0..<inner {
                let source = input.pointer + image * length * inner + position
                let target = output.pointer + image * length * inner + position
                var largest = Double(source[0])
                for index in 1..<length { largest = max(largest, Double(source[index * inner])) }
                var sum = 0.0
                for index in 0..<length { sum += Double.exponential(Double(source[index * inner]) - largest) }
                let offset = largest + Double.logarithm(sum)
                for index in 0..<length { target[index * inner] = Element(Double(source[index * inner]) - offset) }
            }
        }
    }

    /// The first half along an axis times the sigmoid of the second.
    func gatedHalves(axis: Int) throws(ExecutionError) {
        let input = try input(0)
        let output = try output()
        let axis = try self.axis(axis, of: input)
        let half = input.count(axis..<input.shape.count) / 2
        try require(input.shape[axis] % 2 == 0 && output.count * 2 == input.count, "its output has a wrong size")
        forEachPlane(outer: input.count(0..<axis), inner: half) { plane, range in
            // The range counts in the output; each plane of the input is twice as long.
            let shift = plane * half
            for index in range {
                let x = input.pointer[index + shift]
                output.pointer[index] = x * Self.sigmoid(input.pointer[index + shift + half])
            }
        }
    }
}
