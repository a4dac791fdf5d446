import NetGraph

extension KernelCall {
    /// Functions of each element by itself, as Caffe's layers of these names compute them.
    func activation(_ activation: Activation) throws(ExecutionError) {
        switch activation {
        case .relu(let slope):
            let slope = Element(slope)
            // As in Caffe, minus infinity times a slope of 0 is NaN.
            try forEachRun { source, target, range in
                Self.map(range, of: source, into: target) { x in x > 0 ? x : slope * x }
            }
        case .relu6:
            try forEachRun { source, target, range in
                Self.map(range, of: source, into: target) { x in x < 0 ? 0 : x > 6 ? 6 : x }
            }
        case .prelu(let slope, nil): try prelu(slope)
        case .prelu(let slope, .some(let axes)): try prelu(slope, along: axes)
        case .elu(let alpha, let scale):
            let alpha = Element(scale * alpha)
            let scale = Element(scale)
            try forEachElement { x in x > 0 ? scale * x : alpha * (Element.exponential(x) - 1) }
        case .sigmoid: try forEachElement { x in Self.sigmoid(x) }
        case .tanh: try forEachElement { x in Element.hyperbolicTangent(x) }
        case .absolute: try forEachElement { x in abs(x) }
        case .bnll:
            try forEachElement { x in
                x > 0
                    ? x + Element.logarithm(1 + Element.exponential(-x)) : Element.logarithm(1 + Element.exponential(x))
            }
        case .exponential(let base, let scale, let shift):
            // base ^ (shift + scale x) = exp(log(base) shift) exp(log(base) scale x)
            let logarithm = base.map { Double.logarithm($0) } ?? 1
            let inner = Element(logarithm * scale)
            let outer = Element(Double.exponential(logarithm * shift))
            try forEachElement { x in outer * Element.exponential(inner * x) }
        case .logarithm(let base, let scale, let shift):
            let factor = Element(base.map { 1 / Double.logarithm($0) } ?? 1)
            let scale = Element(scale)
            let shift = Element(shift)
            try forEachElement { x in factor * Element.logarithm(scale * x + shift) }
        case .clip(let minimum, let maximum):
            let minimum = Element(minimum)
            let maximum = Element(maximum)
            try forEachElement { x in x < minimum ? minimum : x > maximum ? maximum : x }
        case .swish(let beta):
            let beta = Element(beta)
            try forEachElement { x in x * Self.sigmoid(beta * x) }
        case .threshold(let threshold):
            let threshold = Element(threshold)
            try forEachElement { x in x > threshold ? 1 : 0 }
        case .function(let function):
            // In double precision whatever the network runs in, so that one formula serves both.
            let formula = function.definition.formula
            try forEachElement { x in Element(formula(Double(x))) }
        }
    }

    /// (shift + scale x) ^ power (Caffe's `power_layer.cpp`).
    func power(_ power: Power) throws(ExecutionError) {
        let scale = Element(power.scale)
        let shift = Element(power.shift)
        let exponent = Element(power.power)
        switch power.power {
        // Caffe does not look at x when the exponent or the factor is 0.
        case _ where power.power * power.scale == 0:
            let value = power.power == 0 ? 1 : Element.power(shift, exponent)
            try forEachElement { _ in value }
        case 1:
            try forEachRun { source, target, range in
                Self.map(range, of: source, into: target) { x in scale * x + shift }
            }
        case 2:
            try forEachElement { x in
                let base = scale * x + shift
                return base * base
            }
        default: try forEachElement { x in Element.power(scale * x + shift, exponent) }
        }
    }

    /// A slope for each channel below 0 (Caffe's `prelu_layer.cpp`).
    private func prelu(_ slope: ParameterID) throws(ExecutionError) {
        let input = try input(0)
        let output = try sameSize(as: input)
        let isShared = parameterCount(slope) == 1
        try require(isShared || input.shape.count > 1, "it needs a channel axis")
        let channels = isShared ? 1 : input.shape[1]
        let slopes = try parameter(slope, count: channels)
        let inner = isShared ? input.count : input.count(2..<input.shape.count)
        forEachPlane(outer: isShared ? 1 : input.shape[0] * channels, inner: inner) { plane, range in
            let factor = slopes[plane % channels]
            Self.map(range, of: input.pointer, into: output.pointer) { x in x > 0 ? x : factor * x }
        }
    }

    /// A slope below 0 for each place along some axes.
    private func prelu(_ slope: ParameterID, along axes: [Int]) throws(ExecutionError) {
        let input = try input(0)
        let output = try sameSize(as: input)
        let strides = try parameterStrides(slope, along: axes, of: input)
        let slopes = try parameter(slope, count: nil)
        forEachRow(of: input.shape, strides: [Self.strides(of: input.shape), strides]) { starts, count, steps in
            let (source, target) = (input.pointer + starts[0], output.pointer + starts[0])
            for index in 0..<count {
                let x = source[index]
                target[index] = x > 0 ? x : slopes[starts[1] + index * steps[1]] * x
            }
        }
    }

    @inline(__always)
    static func sigmoid(_ x: Element) -> Element { 0.5 * Element.hyperbolicTangent(0.5 * x) + 0.5 }

    // MARK: Loops

    // The loops of all kernels run over pointers in local variables: through anything else a store could change the pointer itself, as far
    // as the compiler knows, and it would not vectorise.

    /// A function of each element of a range, which may be computed in place.
    ///
    /// In place the loop uses one pointer alone. Of two the compiler must assume that they overlap: it makes a vector loop for those that do not,
    /// and another, without vectors, which would be the one that runs.
    @inline(__always)
    static func map(
        _ range: Range<Int>, of source: UnsafeMutablePointer<Element>, into target: UnsafeMutablePointer<Element>,
        _ function: (Element) -> Element
    ) {
        if source == target {
            for index in range { target[index] = function(target[index]) }
        } else {
            for index in range { target[index] = function(source[index]) }
        }
    }

    /// One function for every element of the only input.
    func forEachElement(_ function: (Element) -> Element) throws(ExecutionError) {
        try forEachRun { source, target, range in
            for index in range { target[index] = function(source[index]) }
        }
    }

    /// Runs of elements of the only input and of the output, for functions so short that a call for each element would cost more than they do.
    private func forEachRun(
        _ body: (UnsafeMutablePointer<Element>, UnsafeMutablePointer<Element>, Range<Int>) -> Void
    ) throws(ExecutionError) {
        let input = try input(0)
        let output = try sameSize(as: input)
        workers.forEachRange(of: input.count, length: Workers.elementsPerPiece) { range in
            body(input.pointer, output.pointer, range)
        }
    }

    /// Runs over planes of consecutive elements: the number of the plane, and a range of elements that lies in it.
    ///
    /// Small planes go to a thread several at a time, large ones in parts.
    @inline(__always)
    func forEachPlane(outer: Int, inner: Int, _ body: (_ plane: Int, _ elements: Range<Int>) -> Void) {
        guard inner > 0 else { return }
        let planes = max(1, Workers.elementsPerPiece / inner)
        if inner <= Workers.elementsPerPiece {
            workers.forEachRange(of: outer, length: planes) { range in
                for plane in range { body(plane, plane * inner..<(plane + 1) * inner) }
            }
        } else {
            for plane in 0..<outer {
                workers.forEachRange(of: inner, length: Workers.elementsPerPiece) { range in
                    body(plane, plane * inner + range.lowerBound..<plane * inner + range.upperBound)
                }
            }
        }
    }
}
