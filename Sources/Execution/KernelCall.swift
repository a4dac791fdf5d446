import NetGraph

/// One layer about to run: what it reads, where its outputs go, and what helps.
///
/// The kernels are methods of it, each in a file of its own under `Kernels`. They check everything that the shapes of the outputs do not imply
/// before they touch memory.
struct KernelCall<Element: ExecutionElement> {
    let layer: Layer
    let inputs: [Block<Element>]
    var outputs: [Block<Element>]
    let parameters: [ParameterID: Interpreter<Element>.Parameters]
    /// The weight of this layer, where it is held in another order than for other layers.
    let reorderedWeight: Interpreter<Element>.Parameters?
    let workers: Workers
    let scratch: Scratch<Element>

    /// Computes every output.
    ///
    /// The loops below it are compiled for both number types: a generic loop would be many times slower.
    @specialized(where Element == Float)
    @specialized(where Element == Double)
    func perform() throws(ExecutionError) {
        switch layer.operation {
        case .convolution(let convolution): try self.convolution(convolution)
        case .deconvolution(let convolution): try deconvolution(convolution)
        case .innerProduct(let product): try innerProduct(product)
        case .batchNorm(let batchNorm): try self.batchNorm(batchNorm)
        case .scale(let scale): try self.scale(scale)
        case .bias(let bias): try self.bias(bias)
        case .power(let power): try self.power(power)
        case .activation(let activation): try self.activation(activation)
        case .softmax(let axis): try softmax(axis: axis)
        case .logSoftmax(let axis): try logSoftmax(axis: axis)
        case .gatedHalves(let axis): try gatedHalves(axis: axis)
        case .localResponse(let response): try localResponse(response)
        case .meanVariance(let operation): try meanVariance(operation)
        case .normalize(let operation): try normalize(operation)
        case .standardization(let operation): try standardize(operation)
        case .normDivision(let operation): try divideByNorm(operation)
        case .pooling(let pooling): try self.pooling(pooling)
        case .padding(let padding): try self.padding(padding)
        case .flatten(_, _, let order): try regroup(order)
        case .reshape(let reshape): try regroup(reshape.order)
        case .spatialPyramid(let pyramid): try spatialPyramid(pyramid)
        case .eltwise(let eltwise): try self.eltwise(eltwise)
        case .arithmetic(let arithmetic): try self.arithmetic(arithmetic)
        case .contraction(let contraction): try contract(contraction)
        case .axpy: try axpy()
        case .concat(let axis): try concat(axis: axis)
        case .slice(let axis, _): try slice(axis: axis)
        case .crop(let axis, let offsets): try crop(axis: axis, offsets: offsets)
        case .permute(let order): try permute(order: order)
        case .shuffleChannel(let groups): try shuffleChannel(groups: groups)
        case .pixelShuffle(let factor): try pixelShuffle(factor: factor)
        case .tile(let axis, let count): try tile(axis: axis, count: count)
        case .argMax(let argMax): try self.argMax(argMax)
        case .reduction(let reduction): try self.reduction(reduction)
        case .axisReduction(let reduction): try reduce(reduction)
        case .gathering(let gathering): try gather(gathering)
        case .stridedSlice(let slice): try self.slice(slice)
        case .pixelBlocks(let blocks): try self.pixelBlocks(blocks)
        case .im2col(let columns): try im2col(columns)
        case .upsample(let upsample): try self.upsample(upsample)
        case .interpolation(let interpolation): try self.interpolation(interpolation)
        case .resize(let resize): try self.resize(resize)
        case .reorg(let reorg): try self.reorg(reorg)
        case .batchReindex: try batchReindex()
        case .embed(let embed): try self.embed(embed)
        case .recurrent(let recurrent): try self.recurrent(recurrent)
        case .fill(let fill): try self.fill(fill)
        case .parameter(let parameter, _): try copyParameter(parameter)
        case .priorBox(let priorBox): try self.priorBox(priorBox)
        case .regionPooling(let pooling): try regionPooling(pooling)
        case .input, .dataSource, .objective, .identity, .split, .sink, .stochastic, .filter, .detectionOutput, .opaque:
            throw layer.error("it is not to be computed")
        }
    }

    /// The outputs of a layer whose shapes only the numbers tell.
    @specialized(where Element == Float)
    @specialized(where Element == Double)
    func selected() throws(ExecutionError) -> [Tensor<Element>] {
        switch layer.operation {
        case .filter: try filter()
        case .detectionOutput(let detection): [try detectionOutput(detection)]
        default: throw layer.error("it is not to be computed")
        }
    }

    // MARK: What kernels need

    func input(_ index: Int) throws(ExecutionError) -> Block<Element> {
        guard inputs.indices.contains(index) else {
            throw layer.error("it has \(inputs.count) inputs, but needs at least \(index + 1)")
        }
        return inputs[index]
    }

    func output(_ index: Int = 0) throws(ExecutionError) -> Block<Element> {
        guard outputs.indices.contains(index) else { throw layer.error("it has no output \(index)") }
        return outputs[index]
    }

    /// The only output, which has as many elements as the input.
    func sameSize(as input: Block<Element>) throws(ExecutionError) -> Block<Element> {
        let output = try output()
        try require(output.count == input.count, "its output has another size than its input")
        return output
    }

    /// A parameter with as many elements as expected.
    func parameter(_ id: ParameterID, count: Int?) throws(ExecutionError) -> UnsafePointer<Element> {
        let isReordered = reorderedWeight != nil && layer.operation.parameters.first == id
        guard let parameter = isReordered ? reorderedWeight : parameters[id] else {
            throw layer.error("a parameter of it was not read")
        }
        guard count ?? parameter.count == parameter.count else {
            throw layer.error(
                "a parameter of shape \(TensorShape.describe(parameter.shape)) does not fit its input of shape \(inputs.first.map { TensorShape.describe($0.shape) } ?? "none")"
            )
        }
        return UnsafePointer(parameter.buffer.pointer)
    }

    func parameterCount(_ id: ParameterID) -> Int { parameters[id]?.count ?? 0 }

    func require(_ condition: Bool, _ text: @autoclosure () -> String) throws(ExecutionError) {
        guard condition else { throw layer.error(text()) }
    }

    /// Checks the number of axes of an input.
    func require(_ block: Block<Element>, rank: ClosedRange<Int>) throws(ExecutionError) {
        guard rank.contains(block.shape.count) else {
            throw layer.error("it cannot work on an input of shape \(TensorShape.describe(block.shape))")
        }
    }

    /// The axis that a possibly negative index names.
    func axis(_ axis: Int, of block: Block<Element>) throws(ExecutionError) -> Int {
        guard let canonical = TensorShape(block.shape).canonicalAxis(axis) else {
            throw layer.error("axis \(axis) is not an axis of its input of shape \(TensorShape.describe(block.shape))")
        }
        return canonical
    }

    /// The BLAS counts in 32 bits.
    func requireSizesForBLAS(_ sizes: Int...) throws(ExecutionError) {
        guard sizes.allSatisfy({ $0 <= Int(Int32.max) }) else {
            throw layer.error("one of its matrices is longer than 2^31", kind: .tooLarge)
        }
    }
}

extension Operation {
    /// Whether the outputs are the input under another shape or name.
    var handsInputOn: Bool {
        switch self {
        case .identity, .split: true
        case .flatten(_, _, let order): order == .channelsFirst
        case .reshape(let reshape): reshape.order == .channelsFirst
        default: false
        }
    }

    /// Whether each element of the output depends on the element of the first input at its place and on no other of that input.
    var mayOverwriteInput: Bool {
        switch self {
        case .activation, .power, .eltwise, .arithmetic, .scale, .bias: true
        case .batchNorm(let batchNorm): batchNorm.usesGlobalStatistics
        default: false
        }
    }

    /// Whether the shape of the outputs follows from numbers, not from shapes alone.
    var outputDependsOnNumbers: Bool {
        switch self {
        case .filter, .detectionOutput: true
        default: false
        }
    }
}
