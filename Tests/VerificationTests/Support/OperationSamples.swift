import NetGraph

/// Every case of `Operation`, so that a new one does not compile without an example.
enum OperationKind: String, CaseIterable, Sendable {
    case input, dataSource, objective, convolution, deconvolution, innerProduct, batchNorm, scale, bias, power,
        activation, stochastic, softmax, localResponse, meanVariance, normalize, identity, split, sink, pooling, concat,
        slice, padding, eltwise, flatten, reshape, crop, permute, shuffleChannel, pixelShuffle, tile, argMax, reduction,
        spatialPyramid, im2col, upsample, interpolation, reorg, axpy, batchReindex, filter, embed, recurrent, fill,
        parameter, priorBox, detectionOutput, regionPooling, opaque, logSoftmax, gatedHalves, standardization,
        normDivision, arithmetic, contraction, axisReduction, gathering, stridedSlice, pixelBlocks, resize

    init(_ operation: NetGraph.Operation) {
        switch operation {
        case .input: self = .input
        case .dataSource: self = .dataSource
        case .objective: self = .objective
        case .convolution: self = .convolution
        case .deconvolution: self = .deconvolution
        case .innerProduct: self = .innerProduct
        case .batchNorm: self = .batchNorm
        case .scale: self = .scale
        case .bias: self = .bias
        case .power: self = .power
        case .activation: self = .activation
        case .stochastic: self = .stochastic
        case .softmax: self = .softmax
        case .localResponse: self = .localResponse
        case .meanVariance: self = .meanVariance
        case .normalize: self = .normalize
        case .identity: self = .identity
        case .split: self = .split
        case .sink: self = .sink
        case .pooling: self = .pooling
        case .concat: self = .concat
        case .slice: self = .slice
        case .padding: self = .padding
        case .eltwise: self = .eltwise
        case .flatten: self = .flatten
        case .reshape: self = .reshape
        case .crop: self = .crop
        case .permute: self = .permute
        case .shuffleChannel: self = .shuffleChannel
        case .pixelShuffle: self = .pixelShuffle
        case .tile: self = .tile
        case .argMax: self = .argMax
        case .reduction: self = .reduction
        case .spatialPyramid: self = .spatialPyramid
        case .im2col: self = .im2col
        case .upsample: self = .upsample
        case .interpolation: self = .interpolation
        case .reorg: self = .reorg
        case .axpy: self = .axpy
        case .batchReindex: self = .batchReindex
        case .filter: self = .filter
        case .embed: self = .embed
        case .recurrent: self = .recurrent
        case .fill: self = .fill
        case .parameter: self = .parameter
        case .priorBox: self = .priorBox
        case .detectionOutput: self = .detectionOutput
        case .regionPooling: self = .regionPooling
        case .opaque: self = .opaque
        case .logSoftmax: self = .logSoftmax
        case .gatedHalves: self = .gatedHalves
        case .standardization: self = .standardization
        case .normDivision: self = .normDivision
        case .arithmetic: self = .arithmetic
        case .contraction: self = .contraction
        case .axisReduction: self = .axisReduction
        case .gathering: self = .gathering
        case .stridedSlice: self = .stridedSlice
        case .pixelBlocks: self = .pixelBlocks
        case .resize: self = .resize
        }
    }
}

/// An example of an operation: what it reads, its parameters, and how many outputs it has. The first input has the shape 2x4x4x4 where that is possible.
struct OperationSample {
    var operation: NetGraph.Operation = .input
    var inputs: [[Int]] = [[2, 4, 4, 4]]
    /// Numbers for inputs that not any number is right for.
    var numbers: [Int: [Double]] = [:]
    var outputCount = 1
    /// The shapes of its parameters, in the order of their identifiers.
    private(set) var parameters: [[Int]] = []
    private let first: Int

    /// - Parameter first: the index of its first parameter.
    init(_ kind: OperationKind, first: Int = 0) {
        self.first = first
        operation = make(kind)
    }

    private mutating func parameter(_ shape: Int...) -> ParameterID {
        parameters.append(shape)
        return ParameterID(first + parameters.count - 1)
    }

    private mutating func make(_ kind: OperationKind) -> NetGraph.Operation {
        switch kind {
        case .input, .dataSource:
            inputs = []
            return kind == .input ? .input : .dataSource(type: "Source")
        case .objective:
            outputCount = 0
            return .objective(type: "Loss")
        case .convolution:
            let weight = parameter(2, 2, 2, 2)
            return .convolution(
                Convolution(
                    weight: weight, weightOrder: .outputsLast, bias: parameter(2), outputChannels: 2, groups: 2,
                    kernel: [2, 2], padBefore: [1, 0], padAfter: [0, 0]))
        case .deconvolution:
            let weight = parameter(4, 2, 2, 2)
            return .deconvolution(
                Convolution(
                    weight: weight, bias: parameter(2), outputChannels: 2, kernel: [2, 2], stride: [2, 1],
                    outputPadding: [1, 0]))
        case .innerProduct:
            let weight = parameter(64, 3)
            return .innerProduct(
                InnerProduct(weight: weight, bias: parameter(3), outputCount: 3, transposed: true))
        case .batchNorm:
            let (mean, variance) = (parameter(4), parameter(4))
            var batchNorm = BatchNorm(mean: mean, variance: variance, gamma: parameter(4), beta: parameter(4))
            batchNorm.axis = 2
            return .batchNorm(batchNorm)
        case .scale:
            let gamma = parameter(4)
            return .scale(Scale(gamma: gamma, beta: parameter(4)))
        case .bias: return .bias(Bias(beta: parameter(4)))
        case .power: return .power(Power(scale: -2, shift: 0.5))
        case .activation: return .activation(.prelu(slope: parameter(4)))
        case .stochastic: return .stochastic(type: "Noise")
        case .softmax: return .softmax(axis: 1)
        case .localResponse: return .localResponse(LocalResponse(region: .acrossChannels))
        case .meanVariance: return .meanVariance(MeanVariance())
        case .normalize: return .normalize(Normalize(scale: parameter(4)))
        case .identity: return .identity(type: "Identity")
        case .split:
            outputCount = 2
            return .split
        case .sink:
            outputCount = 0
            return .sink(type: "Silence")
        case .pooling:
            return .pooling(
                Pooling(
                    method: .average, kernel: [2, 2], stride: [1, 2], pad: [1, 0], padAfter: [0, 0], dilation: [2, 1]))
        case .concat:
            inputs = [[2, 4, 4, 4], [2, 3, 4, 4]]
            return .concat(axis: 1)
        case .slice:
            outputCount = 2
            return .slice(axis: 1, points: [1])
        case .padding: return .padding(Padding(before: [1, -1], after: [0, 2]))
        case .eltwise:
            inputs = [[2, 4, 4, 4], [2, 4, 4, 4]]
            return .eltwise(Eltwise(combination: .sum, coefficients: [1, -2]))
        case .flatten: return .flatten(first: 1, last: -1, order: .channelsLast)
        case .reshape: return .reshape(Reshape(dimensions: [0, -1, 8], order: .channelsLast))
        case .crop:
            inputs = [[2, 4, 4, 4], [2, 4, 3, 2]]
            return .crop(axis: 2, offsets: [1])
        case .permute: return .permute(order: [0, 1, 3, 2])
        case .shuffleChannel: return .shuffleChannel(groups: 2)
        case .pixelShuffle: return .pixelShuffle(factor: 2)
        case .tile: return .tile(axis: 1, count: 2)
        case .argMax: return .argMax(ArgMax(axis: 1))
        case .reduction: return .reduction(Reduction(axis: 1))
        case .spatialPyramid: return .spatialPyramid(SpatialPyramid(method: .max, levels: 2))
        case .im2col: return .im2col(Im2col(kernel: [2, 2], stride: [1, 1], pad: [0, 0], dilation: [1, 1]))
        case .upsample:
            return .upsample(
                Upsample(size: .factors(height: 2, width: 2, lessHeight: 0, lessWidth: 0), hasMask: false))
        case .interpolation: return .interpolation(Interpolation(size: .lengths(height: 6, width: 7)))
        case .reorg: return .reorg(Reorg(stride: 2))
        case .axpy:
            inputs = [[2, 4, 1, 1], [2, 4, 4, 4], [2, 4, 4, 4]]
            return .axpy
        case .batchReindex:
            inputs.append([3])
            numbers[1] = [1, 0, 1]
            return .batchReindex
        case .filter:
            inputs.append([2])
            numbers[1] = [1, 0]
            return .filter
        case .embed:
            inputs = [[3]]
            numbers[0] = [0, 2, 1]
            let weight = parameter(3, 2)
            return .embed(Embed(weight: weight, bias: parameter(2), rowCount: 3, outputCount: 2))
        case .recurrent:
            inputs = [[4, 2, 3], [4, 2]]
            numbers[1] = [0, 0, 1, 1, 1, 1, 1, 1]
            let (weight, bias) = (parameter(8, 3), parameter(8))
            return .recurrent(
                Recurrent(cell: .lstm, outputCount: 2, parameters: [weight, bias, parameter(8, 2)]))
        case .fill:
            inputs = []
            return .fill(Fill(shapes: [[2, 3]], values: [7]))
        case .parameter:
            inputs = []
            return .parameter(parameter(2, 3), shape: [2, 3])
        case .priorBox:
            inputs = [[1, 4, 2, 2], [1, 3, 20, 20]]
            return .priorBox(PriorBox(minimumSizes: [4]))
        case .detectionOutput:
            inputs = [[1, 8], [1, 4], [1, 2, 8]]
            return .detectionOutput(DetectionOutput(classCount: 2))
        case .regionPooling:
            inputs.append([1, 5])
            numbers[1] = [0, 0, 0, 3, 3]
            return .regionPooling(RegionPooling(height: 2, width: 2))
        case .opaque: return .opaque(Opaque(type: "Unknown", parameters: [parameter(2)]))
        case .logSoftmax: return .logSoftmax(axis: 1)
        case .gatedHalves: return .gatedHalves(axis: 1)
        case .standardization:
            let scale = parameter(4)
            return .standardization(
                Standardization(.groups(2), scale: scale, shift: parameter(4), epsilon: 1e-3))
        case .normDivision: return .normDivision(NormDivision(axes: [1], least: 1e-6))
        case .arithmetic:
            inputs = [[2, 4, 4, 4], [2, 4, 1, 1]]
            return .arithmetic(Arithmetic(.difference))
        case .contraction:
            inputs = [[2, 4, 4, 4], [2, 3, 4]]
            // The channels of both summed up.
            return .contraction(Contraction(first: [0, 1, 2, 3], second: [0, 4, 1], output: [0, 4, 2, 3]))
        case .axisReduction: return .axisReduction(AxisReduction(.sum, axes: [2, -1], keepsAxes: false))
        case .gathering: return .gathering(Gathering(axis: 1, indices: [3, 0, -1]))
        case .stridedSlice:
            return .stridedSlice(StridedSlice([.init(axis: 1, start: -1, step: -2), .init(axis: 2, start: 1)]))
        case .pixelBlocks:
            return .pixelBlocks(PixelBlocks(.channelsToPixels, length: 2, channelOrder: .placesFirst))
        case .resize: return .resize(Resize(.cubic(coefficient: -0.5), size: .factors([1.5, 0.5])))
        }
    }
}
