import NetGraph

extension Operation {
    /// What Caffe calls a layer that does this.
    var caffeType: String {
        switch self {
        case .input: "Input"
        case .convolution: "Convolution"
        case .deconvolution: "Deconvolution"
        case .innerProduct: "InnerProduct"
        case .batchNorm: "BatchNorm"
        case .scale: "Scale"
        case .bias: "Bias"
        case .power: "Power"
        case .activation(let activation): activation.caffeType
        case .softmax: "Softmax"
        case .localResponse: "LRN"
        case .meanVariance: "MVN"
        case .normalize: "Normalize"
        case .split: "Split"
        case .pooling: "Pooling"
        case .padding: "Padding"
        case .concat: "Concat"
        case .slice: "Slice"
        case .eltwise: "Eltwise"
        case .flatten: "Flatten"
        case .reshape, .pixelShuffle: "Reshape"
        case .crop: "Crop"
        case .permute: "Permute"
        case .shuffleChannel: "ShuffleChannel"
        case .tile: "Tile"
        case .argMax: "ArgMax"
        case .reduction: "Reduction"
        case .spatialPyramid: "SPP"
        case .im2col: "Im2col"
        case .upsample: "Upsample"
        case .interpolation: "Interp"
        case .reorg: "Reorg"
        case .axpy: "Axpy"
        case .batchReindex: "BatchReindex"
        case .filter: "Filter"
        case .embed: "Embed"
        case .recurrent(let recurrent): recurrent.cell == .lstm ? "LSTM" : "RNN"
        case .fill: "DummyData"
        case .parameter: "Parameter"
        case .priorBox: "PriorBox"
        case .detectionOutput: "DetectionOutput"
        case .regionPooling: "ROIPooling"
        case .dataSource(let type), .objective(let type), .stochastic(let type), .identity(let type),
            .sink(let type):
            type
        case .opaque(let opaque): opaque.type
        // Caffe has no such layers.
        case .logSoftmax, .gatedHalves, .standardization, .normDivision, .arithmetic, .contraction, .axisReduction,
            .gathering, .stridedSlice, .pixelBlocks, .resize:
            ""
        }
    }
}

extension Activation {
    fileprivate var caffeType: String {
        switch self {
        case .relu: "ReLU"
        case .relu6: "ReLU6"
        case .prelu: "PReLU"
        case .elu: "ELU"
        case .sigmoid: "Sigmoid"
        case .tanh: "TanH"
        case .absolute: "AbsVal"
        case .bnll: "BNLL"
        case .exponential: "Exp"
        case .logarithm: "Log"
        case .clip: "Clip"
        case .swish: "Swish"
        case .threshold: "Threshold"
        // Caffe has none of these.
        case .function: ""
        }
    }
}
