/// How many inputs and outputs an operation may have, as far as shapes and planner rely on it.
public enum Arity: Hashable, Sendable {
    /// Any number.
    case any
    /// One input and one output.
    case one
    /// One or two inputs, one output.
    case oneOrTwoInputs
    case twoInputs
    /// At least one input, one output.
    case severalInputs
    /// One input, at least one output.
    case severalOutputs
    /// At least one input, and an output for each.
    case outputForEachInput

    public func admits(inputs: Int, outputs: Int) -> Bool {
        switch self {
        case .any: true
        case .one: inputs == 1 && outputs == 1
        case .oneOrTwoInputs: (1...2).contains(inputs) && outputs == 1
        case .twoInputs: inputs == 2 && outputs == 1
        case .severalInputs: inputs > 0 && outputs == 1
        case .severalOutputs: inputs == 1 && outputs > 0
        case .outputForEachInput: inputs > 0 && inputs == outputs
        }
    }
}

extension Operation {
    public var arity: Arity {
        switch self {
        case .input, .dataSource, .objective, .sink, .opaque: .any
        // A frontend makes these opaque where the numbers are not right.
        case .axpy, .batchReindex, .filter, .recurrent, .fill, .parameter, .priorBox, .detectionOutput, .regionPooling,
            .upsample, .interpolation, .im2col:
            .any
        case .convolution, .deconvolution: .outputForEachInput
        case .scale, .bias: .oneOrTwoInputs
        case .concat, .eltwise, .arithmetic: .severalInputs
        case .crop, .contraction: .twoInputs
        case .slice, .split, .pooling: .severalOutputs
        case .innerProduct, .batchNorm, .power, .activation, .stochastic, .softmax, .localResponse, .meanVariance,
            .normalize, .identity, .flatten, .reshape, .padding, .permute, .shuffleChannel, .pixelShuffle, .tile,
            .argMax, .reduction, .spatialPyramid, .reorg, .embed, .logSoftmax, .gatedHalves, .standardization,
            .normDivision, .axisReduction, .gathering, .stridedSlice, .pixelBlocks, .resize:
            .one
        }
    }
}
