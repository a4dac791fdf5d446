/// The names that layer types had, and those that they have today.
///
/// Sources: `UpgradeV0LayerType` and `UpgradeV1LayerType` of Caffe's `upgrade_proto.cpp`, and the numbers of
/// `V1LayerParameter.LayerType` in its `caffe.proto`.
enum LegacyLayerTypes {
    /// Today's name of a V1 type. Forks added types of their own, whose names today are mostly the words in camel case.
    static func modernName(ofV1 identifier: String) -> String {
        v1Names[identifier] ?? forkNames[identifier] ?? camelCased(identifier)
    }

    /// Today's name of the V1 type with a number. Zero is NONE, which no layer can be.
    static func modernName(ofV1 number: Int) -> String? {
        1...v1Numbers.count ~= number ? modernName(ofV1: v1Numbers[number - 1]) : nil
    }

    /// Today's name of a V1 type in quotes: one that is written as V1 wrote it, or today's already.
    static func modernName(ofQuoted text: String) -> String { v1Names[text] ?? text }

    /// Today's name of a V0 type.
    static func modernName(ofV0 name: String) -> String {
        v0Names[name] ?? camelCased(name)
    }

    /// Whether a V0 type is one of Caffe's own, whose parameters are known.
    static func isKnown(v0 name: String) -> Bool { v0Names[name] != nil }

    static let largestV1Number = v1Numbers.count

    /// `IMAGE_SEG_DATA` and `image_seg_data` become `ImageSegData`; what is in mixed case already stays.
    private static func camelCased(_ name: String) -> String {
        guard name == name.uppercased() || name == name.lowercased() else { return name }
        return name.split(separator: "_").map { $0.prefix(1).uppercased() + $0.dropFirst().lowercased() }.joined()
    }

    private static let v1Names = [
        "ABSVAL": "AbsVal", "ACCURACY": "Accuracy", "ARGMAX": "ArgMax", "BNLL": "BNLL", "CONCAT": "Concat",
        "CONTRASTIVE_LOSS": "ContrastiveLoss", "CONVOLUTION": "Convolution", "DATA": "Data",
        "DECONVOLUTION": "Deconvolution", "DROPOUT": "Dropout", "DUMMY_DATA": "DummyData", "ELTWISE": "Eltwise",
        "EUCLIDEAN_LOSS": "EuclideanLoss", "EXP": "Exp", "FLATTEN": "Flatten", "HDF5_DATA": "HDF5Data",
        "HDF5_OUTPUT": "HDF5Output", "HINGE_LOSS": "HingeLoss", "IM2COL": "Im2col", "IMAGE_DATA": "ImageData",
        "INFOGAIN_LOSS": "InfogainLoss", "INNER_PRODUCT": "InnerProduct", "LRN": "LRN", "MEMORY_DATA": "MemoryData",
        "MULTINOMIAL_LOGISTIC_LOSS": "MultinomialLogisticLoss", "MVN": "MVN", "POOLING": "Pooling", "POWER": "Power",
        "RELU": "ReLU", "SIGMOID": "Sigmoid", "SIGMOID_CROSS_ENTROPY_LOSS": "SigmoidCrossEntropyLoss",
        "SILENCE": "Silence", "SLICE": "Slice", "SOFTMAX": "Softmax", "SOFTMAX_LOSS": "SoftmaxWithLoss",
        "SPLIT": "Split", "TANH": "TanH", "THRESHOLD": "Threshold", "WINDOW_DATA": "WindowData",
    ]

    /// Types of forks whose names today are not just their words in camel case.
    private static let forkNames = [
        "BATCHNORM": "BatchNorm", "BN": "BN", "CRELU": "CReLU", "ELU": "ELU", "LSTM": "LSTM", "LSTM_UNIT": "LSTMUnit",
        "PRELU": "PReLU",
        "RELU6": "ReLU6", "RNN": "RNN", "ROI_ALIGN": "ROIAlign", "ROI_POOLING": "ROIPooling", "RRELU": "RReLU",
        "SPP": "SPP",
        "TOPK": "TopK",
    ]

    /// The types from number 1 on, in order.
    private static let v1Numbers = [
        "ACCURACY", "BNLL", "CONCAT", "CONVOLUTION", "DATA", "DROPOUT", "EUCLIDEAN_LOSS", "FLATTEN", "HDF5_DATA",
        "HDF5_OUTPUT", "IM2COL", "IMAGE_DATA", "INFOGAIN_LOSS", "INNER_PRODUCT", "LRN", "MULTINOMIAL_LOGISTIC_LOSS",
        "POOLING", "RELU", "SIGMOID", "SOFTMAX", "SOFTMAX_LOSS", "SPLIT", "TANH", "WINDOW_DATA", "ELTWISE", "POWER",
        "SIGMOID_CROSS_ENTROPY_LOSS", "HINGE_LOSS", "MEMORY_DATA", "ARGMAX", "THRESHOLD", "DUMMY_DATA", "SLICE", "MVN",
        "ABSVAL", "SILENCE", "CONTRASTIVE_LOSS", "EXP", "DECONVOLUTION",
    ]

    private static let v0Names = [
        "accuracy": "Accuracy", "bnll": "BNLL", "concat": "Concat", "conv": "Convolution", "data": "Data",
        "dropout": "Dropout", "euclidean_loss": "EuclideanLoss", "flatten": "Flatten", "hdf5_data": "HDF5Data",
        "hdf5_output": "HDF5Output", "im2col": "Im2col", "images": "ImageData", "infogain_loss": "InfogainLoss",
        "innerproduct": "InnerProduct", "lrn": "LRN", "multinomial_logistic_loss": "MultinomialLogisticLoss",
        "pool": "Pooling", "relu": "ReLU", "sigmoid": "Sigmoid", "softmax": "Softmax",
        "softmax_loss": "SoftmaxWithLoss", "split": "Split", "tanh": "TanH", "window_data": "WindowData",
    ]
}
