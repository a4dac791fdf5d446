/// What a layer computes. Roles instead of blob indices: a frontend resolves its framework's layouts and defaults.
///
/// Payloads lie in boxes: layers are copied often, and a box costs one reference count where a convolution costs five.
///
/// An operation that is not modelled is `opaque`: it keeps its parameters, and nothing is known about what it does.
public indirect enum Operation: Hashable, Sendable {
    /// A value that the caller supplies.
    case input
    /// A layer that reads training or test data by itself; no part of a deployed network.
    case dataSource(type: String)
    /// A layer that only training or evaluation needs: a loss, an accuracy.
    case objective(type: String)
    case convolution(Convolution)
    /// The transpose of a convolution.
    case deconvolution(Convolution)
    case innerProduct(InnerProduct)
    case batchNorm(BatchNorm)
    case scale(Scale)
    case bias(Bias)
    /// (shift + scale * x) ^ power
    case power(Power)
    case activation(Activation)
    /// Draws random numbers whenever it runs (a Dropout that keeps dropping); the shape stays as it is.
    case stochastic(type: String)
    case softmax(axis: Int)
    /// The logarithm of a softmax.
    case logSoftmax(axis: Int)
    /// The first half along an axis times the sigmoid of the second (GLU).
    case gatedHalves(axis: Int)
    case localResponse(LocalResponse)
    case meanVariance(MeanVariance)
    case normalize(Normalize)
    case standardization(Standardization)
    case normDivision(NormDivision)
    /// Dropout at deployment and the like: hands its input on unchanged.
    case identity(type: String)
    /// One input, any number of outputs that all equal it.
    case split
    /// Reads its inputs and writes nothing.
    case sink(type: String)
    case pooling(Pooling)
    case concat(axis: Int)
    /// Cuts the input along an axis before each of the points; without points into equal parts.
    case slice(axis: Int, points: [Int])
    /// Adds or cuts off elements around the axes behind the channel.
    case padding(Padding)
    case eltwise(Eltwise)
    /// What `eltwise` is, of values that need not have one shape, and of more functions.
    case arithmetic(Arithmetic)
    case contraction(Contraction)
    /// Merges the axes `first ... last` into one. Axes are counted, and elements follow one another, in the given order.
    case flatten(first: Int, last: Int, order: ElementOrder = .channelsFirst)
    case reshape(Reshape)
    /// Cuts the first input to the size of the second, from `axis` on.
    case crop(axis: Int, offsets: [Int])
    case permute(order: [Int])
    /// Channels seen as a table with `groups` rows, read column by column.
    case shuffleChannel(groups: Int)
    /// Moves factor * factor channels that follow each other into the pixels of one.
    case pixelShuffle(factor: Int)
    /// Repeats the input along an axis.
    case tile(axis: Int, count: Int)
    case argMax(ArgMax)
    case reduction(Reduction)
    case axisReduction(AxisReduction)
    case gathering(Gathering)
    case stridedSlice(StridedSlice)
    case pixelBlocks(PixelBlocks)
    case spatialPyramid(SpatialPyramid)
    case im2col(Im2col)
    case upsample(Upsample)
    case interpolation(Interpolation)
    case resize(Resize)
    case reorg(Reorg)
    /// First input times second plus third; the first has one number for each image and channel.
    case axpy
    /// The images of the first input that the second one names, in its order.
    case batchReindex
    /// Those images of each input for which the last input is not 0.
    case filter
    case embed(Embed)
    case recurrent(Recurrent)
    case fill(Fill)
    /// Hands out a parameter.
    case parameter(ParameterID, shape: [Int])
    case priorBox(PriorBox)
    case detectionOutput(DetectionOutput)
    case regionPooling(RegionPooling)
    case opaque(Opaque)
}

/// An operation that is not modelled: its type's name and the parameters it owns.
public struct Opaque: Hashable, Sendable {
    public var type: String
    public var parameters: [ParameterID]
    /// Why an operation whose type is known is not modelled, as part of a sentence: "its field 'relu' is not known".
    public var cause: String?
    /// Whether it is a normalisation by stored statistics all the same, of which is told why it stays.
    public var isNormalization = false
    /// Whether each of its outputs is, channel by channel (axis 1), an average of what its first input holds, so that an affine passes.
    public var averagesChannels = false

    public init(type: String, parameters: [ParameterID] = [], cause: String? = nil) {
        self.type = type
        self.parameters = parameters
        self.cause = cause
    }
}

extension Operation {
    /// The parameters in the order in which the framework stores them.
    public var parameters: [ParameterID] {
        switch self {
        case .convolution(let convolution), .deconvolution(let convolution):
            convolution.bias.map { [convolution.weight, $0] } ?? [convolution.weight]
        case .innerProduct(let product): product.bias.map { [product.weight, $0] } ?? [product.weight]
        case .batchNorm(let batchNorm): batchNorm.stored
        case .scale(let scale): [scale.gamma, scale.beta].compactMap(\.self)
        case .bias(let bias): bias.beta.map { [$0] } ?? []
        case .activation(let activation): activation.parameters
        case .normalize(let normalize): [normalize.scale]
        case .standardization(let operation): [operation.scale, operation.shift].compactMap(\.self)
        case .embed(let embed): [embed.weight] + (embed.bias.map { [$0] } ?? [])
        case .recurrent(let recurrent): recurrent.parameters
        case .parameter(let parameter, _): [parameter]
        case .opaque(let opaque): opaque.parameters
        // Every case is named, here and in the other places that docs/architecture.md lists, so that the compiler asks about a new one.
        case .input, .dataSource, .objective, .power, .stochastic, .softmax, .localResponse, .meanVariance, .identity,
            .split, .sink, .pooling, .concat, .slice, .padding, .eltwise, .flatten, .reshape, .crop,
            .permute, .shuffleChannel, .pixelShuffle, .tile, .argMax, .reduction, .spatialPyramid, .im2col, .upsample,
            .interpolation, .reorg, .axpy, .batchReindex, .filter, .fill, .priorBox, .detectionOutput, .regionPooling,
            .logSoftmax, .gatedHalves, .normDivision, .arithmetic, .contraction, .axisReduction, .gathering,
            .stridedSlice, .pixelBlocks, .resize:
            []
        }
    }
}
