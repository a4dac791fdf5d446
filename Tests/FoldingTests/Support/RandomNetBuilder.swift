import Folding
import NetGraph
import TestSupport

/// Adds layers to a net, each from a seed.
struct RandomNetBuilder {
    private(set) var sketch = NetworkSketch()
    private let isPlain: Bool
    /// Values that layers may read, the ones that nobody reads yet among them.
    var open: [ValueID] = []
    private var unread: Set<ValueID> = []
    var random = SeededNumbers(seed: 0)

    init(isPlain: Bool) {
        self.isPlain = isPlain
        for index in 0..<2 {
            let value = sketch.input("data\(index)", [2, 4, 5, 4])
            open.append(value)
            unread.insert(value)
        }
    }

    mutating func finished() -> NetworkSketch {
        let read = Set(sketch.network.layers.flatMap(\.inputs))
        sketch.network.outputs = sketch.network.layers.filter { $0.operation != .input }.flatMap(\.outputs).filter {
            !read.contains($0)
        }
        return sketch
    }

    mutating func add(seed: UInt64) {
        random = SeededNumbers(seed: seed)
        let input = pick()
        let kind = isPlain ? plainKind() : Int.random(in: 0..<44 + Self.moreKinds, using: &random)
        switch kind {
        case 0...3: addConvolution(input)
        case 4: addDeconvolution(input)
        case 5...6: addInnerProduct(input)
        case 7...10: addBatchNorm(input, hasScale: Bool.random(using: &random))
        case 11...12: addScale(input)
        case 13: addBias(input)
        case 14: addPower(input)
        case 15...16: addActivation(input)
        case 17...19: addPooling(input)
        case 20...21: addConcat(input)
        case 22: addSlice(input)
        case 23...25: addEltwise(input)
        case 26: addRegrouping(input)
        case 27: addCopying(input)
        case 28: addCrop(input)
        case 29: addResampling(input)
        case 30: addProduct(input)
        case 31: addBlocking(input)
        case 32: sketch.network.outputs.append(input)
        case 33: addSplit(input)
        case 34: addTwin(input)
        case 35...36: addPadding(input)
        case 37: addRegroupingChannelsLast(input)
        case 38: addBatchNormAlongAnotherAxis(input)
        case 39...40: addConvolution(input)
        case 41...42: addScale(input)
        case 43: addBatchNorm(input, hasScale: true)
        default: addMore(kind - 44, input)
        }
    }

    private mutating func plainKind() -> Int {
        [0, 0, 6, 7, 7, 11, 11, 13, 15, 17, 20, 23, 23].randomElement(using: &random) ?? 0
    }

    // MARK: Values

    /// A value to read: mostly one that nobody reads yet.
    private mutating func pick(like shape: [Int?]? = nil, except: ValueID? = nil) -> ValueID {
        let fitting = open.filter { value in
            (shape.map { sketch.network[value].shape?.dimensions == $0 } ?? true) && value != except
        }
        let fresh = fitting.filter(unread.contains).suffix(3)
        if !fresh.isEmpty, Int.random(in: 0..<10, using: &random) < 9 {
            return fresh.randomElement(using: &random) ?? fresh[fresh.startIndex]
        }
        return fitting.randomElement(using: &random) ?? except ?? open[0]
    }

    func shape(_ value: ValueID) -> [Int] { sketch.network[value].shape?.known ?? [] }

    private func channels(_ value: ValueID) -> Int { shape(value)[1] }

    /// Adds a layer, unless its inputs do not fit it or its output grows too large; in place where that is allowed and chance wants it.
    mutating func addLayer(
        _ type: String, _ operation: Operation, _ inputs: [ValueID], outputCount: Int = 1, mayBeInPlace: Bool = false
    ) {
        let shapes = inputs.map { sketch.network[$0].shape }
        guard let inferred = try? operation.outputShapes(of: shapes, outputCount: outputCount) else { return }
        let sizes = inferred.map { $0?.known?.reduce(1, *) ?? 0 }
        guard inferred.count == outputCount, sizes.allSatisfy({ (1...4000).contains($0) }) else { return }
        let index = sketch.network.layers.count
        let isInPlace =
            mayBeInPlace && unread.contains(inputs[0]) && Int.random(in: 0..<3, using: &random) == 0
            && producerIsNoInput(inputs[0]) && !sketch.network.outputs.contains(inputs[0])
        var outputs: [ValueID] = []
        for (number, shape) in inferred.enumerated() {
            let name =
                isInPlace ? sketch.network[inputs[0]].name : "\(type)\(index)" + (number > 0 ? "_\(number)" : "")
            outputs.append(sketch.network.addValue(Value(name: name, shape: shape)))
        }
        sketch.network.layers.append(
            Layer(id: LayerID(index), name: "\(type)\(index)", operation: operation, inputs: inputs, outputs: outputs))
        for input in inputs { unread.remove(input) }
        if isInPlace { open.removeAll { $0 == inputs[0] } }
        open += outputs
        unread.formUnion(outputs)
    }

    private func producerIsNoInput(_ value: ValueID) -> Bool {
        !sketch.network.layers.contains { $0.operation == .input && $0.outputs.contains(value) }
    }

    // MARK: Numbers

    mutating func numbers(_ count: Int, _ bounds: ClosedRange<Double> = -1...1) -> [Double] {
        random.numbers(count, in: bounds)
    }

    /// Factors of which some are negative or 0, or none is.
    private mutating func factors(_ count: Int) -> [Double] {
        let isPositive = Bool.random(using: &random)
        return numbers(count, 0.25...2).map { factor in
            if isPositive { return factor }
            return switch Int.random(in: 0..<6, using: &random) {
            case 0: 0
            case 1, 2: -factor
            default: factor
            }
        }
    }

    /// Terms, often none.
    private mutating func terms(_ count: Int) -> [Double]? {
        Int.random(in: 0..<3, using: &random) == 0 ? nil : numbers(count)
    }

    /// A new parameter, or one of the same shape that another layer has.
    mutating func parameter(_ role: String, _ values: [Double], shape: [Int]? = nil) -> ParameterID {
        let shape = shape ?? [values.count]
        let twins = sketch.network.parameters.indices.filter {
            sketch.network.parameters[$0].shape == shape && sketch.network.parameters[$0].name == role
        }
        if Int.random(in: 0..<4, using: &random) == 0, let twin = twins.randomElement(using: &random) {
            return ParameterID(twin)
        }
        let parameter = sketch.parameter(role, values, shape: shape, .float64)
        if !isPlain, Int.random(in: 0..<12, using: &random) == 0 {
            sketch.network.parameters[parameter.index].mayBeParted = false
        }
        return parameter
    }

    // MARK: Linear layers

    private mutating func addConvolution(_ input: ValueID) {
        let shape = shape(input)
        guard shape.count == 4 else { return addInnerProduct(input) }
        let outputs = [2, 4].randomElement(using: &random) ?? 4
        let groups =
            [1, 1, 1, 2, shape[1]].filter { shape[1] % $0 == 0 && outputs % $0 == 0 }
            .randomElement(using: &random) ?? 1
        let kernel = (0..<2).map { _ in Int.random(in: 1...3, using: &random) }
        let before = Bool.random(using: &random) ? [0, 0] : (0..<2).map { _ in Int.random(in: 0...2, using: &random) }
        let order = weightOrder(isDepthwise: groups == shape[1])
        let count = outputs * shape[1] / groups * kernel[0] * kernel[1]
        let lengths: [Int] =
            switch order {
            case .outputsFirst: [outputs, shape[1] / groups] + kernel
            case .outputsLast: kernel + [shape[1] / groups, outputs]
            case .depthwise: kernel + [shape[1], outputs / groups]
            }
        let weight = parameter("weight \(order)", numbers(count), shape: lengths)
        let convolution = Convolution(
            weight: weight, weightOrder: order,
            bias: Bool.random(using: &random) ? parameter("bias", numbers(outputs)) : nil,
            outputChannels: outputs, groups: groups, kernel: kernel,
            stride: (0..<2).map { _ in Int.random(in: 1...2, using: &random) }, padBefore: before,
            dilation: (0..<2).map { _ in Int.random(in: 1...2, using: &random) })
        addLayer("conv", .convolution(convolution), [input])
    }

    private mutating func addDeconvolution(_ input: ValueID) {
        let shape = shape(input)
        guard shape.count == 4 else { return }
        let outputs = 4
        let groups = [1, 2].filter { shape[1] % $0 == 0 }.randomElement(using: &random) ?? 1
        let kernel = (0..<2).map { _ in Int.random(in: 1...3, using: &random) }
        let order = weightOrder(isDepthwise: false)
        let weight = parameter(
            "deconvolution weight \(order)", numbers(shape[1] * outputs / groups * kernel[0] * kernel[1]),
            shape: order == .outputsLast
                ? kernel + [outputs / groups, shape[1]] : [shape[1], outputs / groups] + kernel)
        let deconvolution = Convolution(
            weight: weight, weightOrder: order,
            bias: Bool.random(using: &random) ? parameter("bias", numbers(outputs)) : nil,
            outputChannels: outputs, groups: groups, kernel: kernel,
            stride: (0..<2).map { _ in Int.random(in: 1...2, using: &random) },
            padAfter: Bool.random(using: &random) ? nil : [0, 1],
            outputPadding: Bool.random(using: &random) ? nil : [1, 0])
        addLayer("deconv", .deconvolution(deconvolution), [input])
    }

    /// In a plain net the first one.
    private mutating func weightOrder(isDepthwise: Bool) -> WeightOrder {
        if isPlain { return .outputsFirst }
        let orders: [WeightOrder] = [.outputsFirst, .outputsLast] + (isDepthwise ? [.depthwise, .depthwise] : [])
        return orders.randomElement(using: &random) ?? .outputsFirst
    }

    private mutating func addInnerProduct(_ input: ValueID) {
        let shape = shape(input)
        let axis = Int.random(in: 0..<8, using: &random) == 0 && shape.count > 2 ? 2 : 1
        let length = shape[axis...].reduce(1, *)
        let outputs = Int.random(in: 2...4, using: &random)
        let isTransposed = Bool.random(using: &random)
        let weight = parameter(
            "rows", numbers(length * outputs, -0.5...0.5), shape: isTransposed ? [length, outputs] : [outputs, length])
        let product = InnerProduct(
            weight: weight, bias: Bool.random(using: &random) ? parameter("bias", numbers(outputs)) : nil,
            outputCount: outputs, axis: axis, transposed: isTransposed)
        addLayer("ip", .innerProduct(product), [input])
    }

    // MARK: Affine layers

    private mutating func addBatchNorm(_ input: ValueID, hasScale: Bool) {
        let count = channels(input)
        let hasOwn = Int.random(in: 0..<6, using: &random) == 0
        let batchNorm = BatchNorm(
            mean: parameter("mean", numbers(count)), variance: parameter("variance", numbers(count, 0.25...4)),
            factor: parameter("factor", [2]), gamma: hasOwn ? parameter("gamma", factors(count)) : nil,
            beta: hasOwn ? parameter("beta", numbers(count)) : nil,
            usesGlobalStatistics: Int.random(in: 0..<15, using: &random) != 0)
        let before = sketch.network.layers.count
        addLayer("bn", .batchNorm(batchNorm), [input], mayBeInPlace: true)
        if hasScale, sketch.network.layers.count > before, let value = open.last { addScale(value) }
    }

    private mutating func addScale(_ input: ValueID) {
        let shape = shape(input)
        let axis = Int.random(in: 0..<12, using: &random) == 0 ? shape.count - 1 : 1
        let isScalar = Int.random(in: 0..<10, using: &random) == 0
        let count = isScalar ? 1 : shape[axis]
        let lengths = isScalar ? [] : [count]
        let gamma = parameter("gamma", factors(count), shape: lengths)
        let beta = terms(count).map { parameter("beta", $0, shape: lengths) }
        addLayer(
            "scale", .scale(Scale(gamma: gamma, beta: beta, axes: .axes(isScalar ? 0..<0 : axis..<axis + 1))), [input],
            mayBeInPlace: true)
    }

    private mutating func addBias(_ input: ValueID) {
        addLayer(
            "bias", .bias(Bias(beta: parameter("beta", numbers(channels(input))))), [input], mayBeInPlace: true)
    }

    private mutating func addPower(_ input: ValueID) {
        let power = Power(
            power: Int.random(in: 0..<6, using: &random) == 0 ? 2 : 1,
            scale: [0.5, -2, 1].randomElement(using: &random) ?? 1, shift: [0, 0.25].randomElement(using: &random) ?? 0)
        addLayer("power", .power(power), [input], mayBeInPlace: true)
    }

    // MARK: Others

    private mutating func addActivation(_ input: ValueID) {
        let activation: Activation
        switch Int.random(in: 0..<10, using: &random) {
        case 0...3: activation = .relu(negativeSlope: 0)
        case 4: activation = .relu(negativeSlope: [0.125, 1, 2, -0.5].randomElement(using: &random) ?? 0.125)
        case 5: activation = .prelu(slope: parameter("slope", numbers(channels(input))))
        case 6: activation = .prelu(slope: parameter("slope of all", numbers(1), shape: []))
        case 7: activation = .absolute
        case 8: activation = .sigmoid
        default: activation = .relu6
        }
        addLayer("act", .activation(activation), [input], mayBeInPlace: true)
    }

    private mutating func addPooling(_ input: ValueID) {
        guard shape(input).count == 4 else { return }
        let kernel = (0..<2).map { _ in Int.random(in: 1...3, using: &random) }
        let isPadded = Int.random(in: 0..<3, using: &random) == 0
        let pad = kernel.map { isPadded ? Int.random(in: 0..<$0, using: &random) : 0 }
        let isGlobal = Int.random(in: 0..<6, using: &random) == 0
        let method: Pooling.Method =
            switch Int.random(in: 0..<9, using: &random) {
            case 0...3: .max
            case 4...7: .average
            default: .stochastic
            }
        let pooling = Pooling(
            method: method, kernel: isGlobal ? nil : kernel,
            stride: (0..<2).map { _ in Int.random(in: 1...3, using: &random) }, pad: pad,
            padAfter: isPadded ? kernel.map { Int.random(in: 0..<$0, using: &random) } : nil,
            padsToCover: Int.random(in: 0..<8, using: &random) == 0, coversFromBefore: Bool.random(using: &random),
            dilation: Int.random(in: 0..<4, using: &random) == 0 ? [2, 1] : nil,
            roundsUp: Int.random(in: 0..<4, using: &random) != 0, startsInsideInput: Bool.random(using: &random),
            countsPadding: Int.random(in: 0..<4, using: &random) != 0)
        let hasMask = method == .max && Int.random(in: 0..<8, using: &random) == 0
        addLayer("pool", .pooling(pooling), [input], outputCount: hasMask ? 2 : 1)
    }

    private mutating func addConcat(_ input: ValueID) {
        let shape = shape(input)
        let others = (0..<Int.random(in: 1...2, using: &random)).map { _ in pick(like: shape) }
        let axis = [1, 1, 1, -shape.count + 1, shape.count - 1, 0].randomElement(using: &random) ?? 1
        addLayer("concat", .concat(axis: axis == 0 && others.isEmpty ? 1 : axis), [input] + others)
    }

    private mutating func addSlice(_ input: ValueID) {
        let shape = shape(input)
        let axis = Int.random(in: 0..<4, using: &random) == 0 ? shape.count - 1 : 1
        guard shape[axis] >= 2 else { return }
        let point = Int.random(in: 1..<shape[axis], using: &random)
        addLayer("slice", .slice(axis: axis, points: [point]), [input], outputCount: 2)
    }

    private mutating func addEltwise(_ input: ValueID) {
        let count = Int.random(in: 1...2, using: &random)
        let isTwice = Int.random(in: 0..<10, using: &random) == 0
        let others = (0..<count).map { _ in isTwice ? input : pick(like: shape(input), except: input) }
        let combination: Eltwise.Combination =
            switch Int.random(in: 0..<8, using: &random) {
            case 0...4: .sum
            case 5...6: .maximum
            default: .product
            }
        let coefficients: [Double] = (0...count).map { _ in
            [1, 1, 1, 0.5, -1, 0].randomElement(using: &random) ?? 1
        }
        addLayer("eltwise", .eltwise(Eltwise(combination: combination, coefficients: coefficients)), [input] + others)
    }

    private mutating func addRegrouping(_ input: ValueID) {
        let shape = shape(input)
        switch Int.random(in: 0..<5, using: &random) {
        case 0: addLayer("flatten", .flatten(first: 1, last: -1), [input])
        case 1 where shape.count == 4: addLayer("flatten", .flatten(first: 2, last: 3), [input])
        case 2: addLayer("reshape", .reshape(Reshape(dimensions: [0, 0, -1, 1])), [input])
        case 3 where shape.count == 4:
            let order = [[0, 1, 3, 2], [0, 2, 3, 1], [0, 3, 2, 1]].randomElement(using: &random) ?? [0, 1, 3, 2]
            addLayer("permute", .permute(order: order), [input])
        default:
            let total = shape[1...].reduce(1, *)
            let channels = [2, 4, 8].filter { total % $0 == 0 }.randomElement(using: &random) ?? 1
            addLayer("reshape", .reshape(Reshape(dimensions: [0, channels, -1, 1])), [input])
        }
    }

    /// In the order in which the channels of a pixel follow one another.
    private mutating func addRegroupingChannelsLast(_ input: ValueID) {
        let shape = shape(input)
        switch Int.random(in: 0..<3, using: &random) {
        case 0: addLayer("flatten", .flatten(first: 1, last: -1, order: .channelsLast), [input])
        case 1 where shape.count == 4:
            addLayer("flatten", .flatten(first: 1, last: 2, order: .channelsLast), [input])
        default:
            let total = shape[1...].reduce(1, *)
            let channels = [2, 4, 8, shape[1]].filter { total % $0 == 0 }.randomElement(using: &random) ?? 1
            let dimensions =
                [[0, -1, channels], [0, -1, 1, channels], [0, -1]].randomElement(using: &random) ?? [0, -1]
            addLayer("reshape", .reshape(Reshape(dimensions: dimensions, order: .channelsLast)), [input])
        }
    }

    private mutating func addPadding(_ input: ValueID) {
        let axes = shape(input).count - 2
        let fillings: [Padding.Filling] = [
            .constant(0), .constant(0), .constant(-0.5), .reflection, .mirror, .wrapping, .edge,
        ]
        let padding = Padding(
            before: (0..<axes).map { _ in Int.random(in: -1...2, using: &random) },
            after: (0..<axes).map { _ in Int.random(in: -1...2, using: &random) },
            filling: fillings.randomElement(using: &random) ?? .edge)
        addLayer("pad", .padding(padding), [input])
    }

    private mutating func addBatchNormAlongAnotherAxis(_ input: ValueID) {
        let axis = shape(input).count - 1
        let count = shape(input)[axis]
        var batchNorm = BatchNorm(
            mean: parameter("mean", numbers(count)), variance: parameter("variance", numbers(count, 0.25...4)))
        batchNorm.axis = axis
        addLayer("bn", .batchNorm(batchNorm), [input])
    }

    private mutating func addCopying(_ input: ValueID) {
        switch Int.random(in: 0..<4, using: &random) {
        case 0: addLayer("dropout", .identity(type: "Dropout"), [input], mayBeInPlace: true)
        case 1: addLayer("tile", .tile(axis: Int.random(in: 1...2, using: &random), count: 2), [input])
        default:
            guard channels(input) % 2 == 0 else { return }
            addLayer("shuffle", .shuffleChannel(groups: 2), [input])
        }
    }

    private mutating func addCrop(_ input: ValueID) {
        let shape = shape(input)
        guard shape.count == 4 else { return }
        let fitting = open.filter { value in
            let other = self.shape(value)
            return other.count == 4 && value != input && other[2] <= shape[2] && other[3] <= shape[3]
        }
        guard let other = fitting.randomElement(using: &random) else { return }
        addLayer("crop", .crop(axis: 2, offsets: [0]), [input, other])
    }

    private mutating func addResampling(_ input: ValueID) {
        guard shape(input).count == 4 else { return }
        if Bool.random(using: &random) {
            let size = Upsample.Size.factors(height: 2, width: 2, lessHeight: 0, lessWidth: 0)
            addLayer("upsample", .upsample(Upsample(size: size, hasMask: false)), [input])
        } else {
            addLayer("interp", .interpolation(Interpolation(size: .lengths(height: 4, width: 5))), [input])
        }
    }

    /// A Scale with two inputs.
    private mutating func addProduct(_ input: ValueID) {
        let shape = shape(input)
        let fitting = open.filter { self.shape($0) == Array(shape.prefix(2)) || self.shape($0) == shape }
        guard let factor = fitting.randomElement(using: &random) else { return }
        addLayer("gate", .scale(Scale(gamma: nil, beta: nil, axes: .axes(0..<2))), [input, factor])
    }

    private mutating func addBlocking(_ input: ValueID) {
        let operation: Operation =
            Bool.random(using: &random) ? .softmax(axis: 1) : .meanVariance(MeanVariance(normalizesVariance: false))
        addLayer("block", operation, [input])
    }

    private mutating func addSplit(_ input: ValueID) { addLayer("split", .split, [input], outputCount: 2) }

    /// The last linear layer once more, over another input of the same shape.
    private mutating func addTwin(_ input: ValueID) {
        let twins = sketch.network.layers.filter { layer in
            !layer.operation.parameters.isEmpty && layer.inputs.count == 1
                && sketch.network[layer.inputs[0]].shape == sketch.network[input].shape
        }
        guard let twin = twins.randomElement(using: &random) else { return }
        addLayer("twin", twin.operation, [input])
    }
}
