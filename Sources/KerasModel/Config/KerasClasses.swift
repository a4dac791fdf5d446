/// What is known of classes by their name alone.
enum KerasClasses {
    /// Classes of Keras that have no weights, so that nothing is stored for them.
    static let withoutWeights: Set<String> = [
        "InputLayer", "Activation", "ActivityRegularization", "AlphaDropout", "Dropout", "GaussianDropout",
        "GaussianNoise", "SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D", "Masking", "Identity", "Lambda",
        "Flatten", "Reshape", "Permute", "RepeatVector", "Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum",
        "Concatenate", "Dot", "Merge", "MaxPooling1D", "MaxPooling2D", "MaxPooling3D", "MaxPool1D", "MaxPool2D",
        "MaxPool3D", "AveragePooling1D", "AveragePooling2D", "AveragePooling3D", "AvgPool1D", "AvgPool2D", "AvgPool3D",
        "AdaptiveAveragePooling1D", "AdaptiveAveragePooling2D", "AdaptiveAveragePooling3D", "AdaptiveMaxPooling1D",
        "AdaptiveMaxPooling2D", "AdaptiveMaxPooling3D",
        "GlobalMaxPooling1D", "GlobalMaxPooling2D", "GlobalMaxPooling3D", "GlobalMaxPool1D", "GlobalMaxPool2D",
        "GlobalMaxPool3D", "GlobalAveragePooling1D", "GlobalAveragePooling2D", "GlobalAveragePooling3D",
        "GlobalAvgPool1D", "GlobalAvgPool2D", "GlobalAvgPool3D", "ZeroPadding1D", "ZeroPadding2D", "ZeroPadding3D",
        "Cropping1D", "Cropping2D", "Cropping3D", "UpSampling1D", "UpSampling2D", "UpSampling3D", "Resizing",
        "CenterCrop", "Rescaling", "ReLU", "LeakyReLU", "ELU", "ThresholdedReLU", "Softmax", "UnitNormalization",
        "TFOpLambda", "SlicingOpLambda", "TensorFlowOpLayer", "ClassMethod", "InstanceMethod", "InstanceProperty",
    ]

    /// Layers of Keras 2 that call a function of TensorFlow.
    static let operators: Set<String> = ["TFOpLambda", "SlicingOpLambda"]

    /// Layers that hand their input on at inference.
    static let identities: Set<String> = [
        "Dropout", "SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D", "GaussianNoise", "GaussianDropout",
        "AlphaDropout", "ActivityRegularization", "Identity", "InputLayer",
    ]

    /// Those of them that draw random numbers in training.
    static let drawing: Set<String> = [
        "Dropout", "SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D", "GaussianNoise", "GaussianDropout",
        "AlphaDropout",
    ]

    static let normalizations: Set<String> = [
        "BatchNormalization", "BatchNormalizationV1", "BatchNormalizationV2", "SyncBatchNormalization",
    ]
}
