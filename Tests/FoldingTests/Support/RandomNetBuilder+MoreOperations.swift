import NetGraph

/// Operations that Keras and ONNX have and Caffe has not.
extension RandomNetBuilder {
    /// The number of kinds that `addMore` knows.
    static let moreKinds = 7

    mutating func addMore(_ kind: Int, _ input: ValueID) {
        switch kind {
        case 0: addFunction(input)
        case 1...3: addArithmetic(input)
        case 4: if Bool.random(using: &random) { addResize(input) } else { addBlocks(input) }
        case 5: addReduction(input)
        default:
            // Some that nothing passes.
            switch Int.random(in: 0..<6, using: &random) {
            case 0: addStandardization(input)
            case 1: addContraction(input)
            default: addSelection(input)
            }
        }
    }

    private mutating func addFunction(_ input: ValueID) {
        switch Int.random(in: 0..<9, using: &random) {
        case 0:
            addLayer("act", .activation(.clip(minimum: 0, maximum: .infinity)), [input], mayBeInPlace: true)
        case 1:
            let slopes = parameter("slopes", numbers(shape(input)[1...].reduce(1, *)), shape: Array(shape(input)[1...]))
            let axes = Array(1..<shape(input).count)
            addLayer("act", .activation(.prelu(slope: slopes, axes: axes)), [input], mayBeInPlace: true)
        case 2:
            let functions: [ElementFunction] = [.gelu, .mish, .hardSwish, .softplus, .sparsePlus, .celu(alpha: 0.5)]
            addLayer(
                "act", .activation(.function(functions.randomElement(using: &random) ?? .gelu)), [input],
                mayBeInPlace: true)
        case 3:
            let pooling = Pooling(
                method: .norm(p: Int.random(in: 1...2, using: &random)), kernel: [2, 2], stride: [2, 1], pad: [0, 1])
            if shape(input).count == 4 { addLayer("pool", .pooling(pooling), [input]) }
        default:
            addLayer(
                "act",
                .activation(
                    .function(
                        .rectifier(
                            negativeSlope: [0, 0.25, -1].randomElement(using: &random) ?? 0, maximum: nil, threshold: 0)
                    )), [input], mayBeInPlace: true)
        }
    }

    /// With a value that fits, of the same shape or of another one, and sometimes a third.
    private mutating func addArithmetic(_ input: ValueID) {
        let functions: [Arithmetic.Function] = [
            .sum, .sum, .sum, .product, .product, .difference, .mean, .maximum, .minimum, .quotient,
        ]
        let function = functions.randomElement(using: &random) ?? .sum
        let arithmetic = Arithmetic(
            function, order: Bool.random(using: &random) ? .channelsFirst : .channelsLast,
            missingAxes: Bool.random(using: &random) ? .first : .behindImages)
        let other = fitting(input, arithmetic)
        if function == .quotient {
            // Nothing is divided by less than 1.
            addLayer("abs", .activation(.absolute), [other])
            guard let magnitudes = open.last else { return }
            addLayer("one", .bias(Bias(beta: parameter("one", [1], shape: []), axes: .axes(0..<0))), [magnitudes])
            guard let divisor = open.last, shape(divisor) == shape(other) else { return }
            addLayer("divide", .arithmetic(arithmetic), [input, divisor])
            return
        }
        var inputs = [input, other]
        if Int.random(in: 0..<3, using: &random) == 0 { inputs.append(fitting(input, arithmetic)) }
        if Bool.random(using: &random) { inputs.swapAt(0, 1) }
        addLayer("combine", .arithmetic(arithmetic), inputs)
    }

    /// A value that goes together with another one: mostly one of another shape, where there is one.
    private mutating func fitting(_ input: ValueID, _ arithmetic: Arithmetic) -> ValueID {
        let own = sketch.network[input].shape
        let candidates = open.filter { value in
            let shapes = [own, sketch.network[value].shape]
            guard let result = try? Operation.arithmetic(arithmetic).outputShapes(of: shapes, outputCount: 1) else {
                return false
            }
            return (result[0]?.known ?? []).reduce(1, *) <= 1000
        }
        let others = candidates.filter { sketch.network[$0].shape != own }
        if Bool.random(using: &random), let other = others.randomElement(using: &random) { return other }
        return candidates.randomElement(using: &random) ?? input
    }

    private mutating func addResize(_ input: ValueID) {
        let axes = shape(input).count - 2
        guard axes > 0 else { return }
        let methods: [Resize.Method] = [.nearest(.floor), .nearest(.upFromHalf), .linear, .cubic(coefficient: -0.75)]
        let coordinates: [Resize.Coordinates] = [.halfPixel, .alignedCorners, .asymmetric, .pytorchHalfPixel]
        addLayer(
            "resize",
            .resize(
                Resize(
                    methods.randomElement(using: &random) ?? .linear,
                    coordinates.randomElement(using: &random) ?? .halfPixel,
                    size: .lengths((0..<axes).map { _ in Int.random(in: 1...6, using: &random) }),
                    excludesOutside: Bool.random(using: &random), isAntialiased: Bool.random(using: &random))),
            [input])
    }

    private mutating func addReduction(_ input: ValueID) {
        let rank = shape(input).count
        let methods: [AxisReduction.Method] = [.mean, .mean, .sum, .maximum, .minimum, .norm, .sumOfMagnitudes]
        let axes: [Int] =
            switch Int.random(in: 0..<4, using: &random) {
            case 0: [1]
            case 1: [rank - 1]
            default: Array(2..<rank)
            }
        let keepsAxes = Int.random(in: 0..<3, using: &random) > 0
        // What is left must have channels.
        guard keepsAxes || rank - axes.count >= 2 else { return }
        addLayer(
            "reduce",
            .axisReduction(
                AxisReduction(
                    methods.randomElement(using: &random) ?? .mean, axes: axes, keepsAxes: keepsAxes,
                    order: Int.random(in: 0..<4, using: &random) == 0 ? .channelsLast : .channelsFirst)), [input])
    }

    private mutating func addSelection(_ input: ValueID) {
        let shape = shape(input)
        let axis = Int.random(in: 0..<3, using: &random) == 0 ? shape.count - 1 : 1
        if Bool.random(using: &random) {
            let count = Int.random(in: 1...4, using: &random)
            let indices = (0..<count).map { _ in Int.random(in: -shape[axis]..<shape[axis], using: &random) }
            addLayer("gather", .gathering(Gathering(axis: axis, indices: indices)), [input])
        } else {
            let range = StridedSlice.Range(
                axis: axis, start: [nil, -1, 1].randomElement(using: &random) ?? nil,
                step: [-2, -1, 1, 2].randomElement(using: &random) ?? 1)
            addLayer("slice", .stridedSlice(StridedSlice([range])), [input])
        }
    }

    private mutating func addBlocks(_ input: ValueID) {
        addLayer(
            "blocks",
            .pixelBlocks(
                PixelBlocks(
                    Bool.random(using: &random) ? .channelsToPixels : .pixelsToChannels, length: 2,
                    channelOrder: Bool.random(using: &random) ? .placesFirst : .channelsFirst)), [input])
    }

    private mutating func addStandardization(_ input: ValueID) {
        let count = shape(input)[1]
        switch Int.random(in: 0..<4, using: &random) {
        case 0:
            addLayer(
                "layer",
                .standardization(
                    Standardization(
                        .axes([1]), scale: parameter("gamma", numbers(count)), parameterAxes: [1], epsilon: 0.1)),
                [input])
        case 1:
            guard count % 2 == 0, shape(input).count > 2 else { return }
            addLayer(
                "group",
                .standardization(
                    Standardization(.groups(2), scale: parameter("gamma", numbers(count)), epsilon: 0.1)), [input])
        case 2: addLayer("glu", .gatedHalves(axis: 1), [input])
        default: addLayer("log", .logSoftmax(axis: 1), [input])
        }
    }

    /// A value times itself, transposed.
    private mutating func addContraction(_ input: ValueID) {
        let rank = shape(input).count
        guard rank >= 3, let product = Contraction.matrixProduct(ranks: rank, rank, transposesSecond: true) else {
            return
        }
        addLayer("matmul", .contraction(product), [input, input])
    }
}
