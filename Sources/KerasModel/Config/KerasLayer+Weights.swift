extension KerasLayer {
    /// The tensors of a leaf in the order of its class, as far as the JSON tells their shapes; `nil` for a class that is not known, and for what is no leaf.
    ///
    /// Sources: `build` of each class in Keras 2.2.4, 2.15 and 3.15.
    public var weights: [KerasWeight]? {
        guard case .leaf = content, !isForeign else { return nil }
        if isOperator { return [] }
        // Weights of other types and more of them: `quantize("int8")`.
        guard config["quantization_config"].map(\.isNull) ?? true, !isQuantized else { return nil }
        let fields = KerasFields(config)
        if let weights = linearWeights(fields) { return weights }
        switch className {
        case _ where KerasClasses.normalizations.contains(className): return batchNormalizationWeights(fields)
        case "LayerNormalization", "GroupNormalization", "InstanceNormalization":
            return (fields.boolean("scale") ?? true ? [KerasWeight(.gamma)] : [])
                + (fields.boolean("center") ?? true ? [KerasWeight(.beta)] : [])
        case "RMSNormalization": return [KerasWeight(.gamma)]
        case "PReLU": return [KerasWeight(.alpha)]
        case "Embedding": return [KerasWeight(.embeddings)]
        case "Normalization":
            // What the JSON gives is no weight.
            if fields["mean"] != nil { return [] }
            return [
                KerasWeight(.mean, isTrainable: false), KerasWeight(.variance, isTrainable: false),
                KerasWeight(.count, isTrainable: false),
            ]
        case "LSTM", "GRU", "SimpleRNN", "CuDNNLSTM", "CuDNNGRU":
            let biases = fields.boolean("use_bias") ?? true ? [KerasWeight(.bias)] : []
            return [KerasWeight(.kernel), KerasWeight(.unused)] + biases
        default:
            return KerasClasses.withoutWeights.contains(className) ? [] : nil
        }
    }

    /// Whether its weights are stored quantised.
    var isQuantized: Bool {
        config["dtype"]?["class_name"]?.string == "QuantizedDTypePolicy"
            || config["dtype"]?["class_name"]?.string == "QuantizedFloat8DTypePolicy"
    }

    private func batchNormalizationWeights(_ fields: KerasFields) -> [KerasWeight] {
        var weights: [KerasWeight] = []
        if fields.boolean("scale") ?? true { weights.append(KerasWeight(.gamma)) }
        if fields.boolean("center") ?? true { weights.append(KerasWeight(.beta)) }
        weights.append(KerasWeight(.movingMean, isTrainable: false))
        weights.append(KerasWeight(.movingVariance, isTrainable: false))
        if fields.boolean("renorm") ?? false, className != "BatchNormalizationV2" {
            // moving_stddev, renorm_mean, renorm_stddev
            weights += [KerasWeight](repeating: KerasWeight(.unused, isTrainable: false), count: 3)
        }
        return weights
    }

    /// Those of convolutions and dense layers.
    private func linearWeights(_ fields: KerasFields) -> [KerasWeight]? {
        guard let form = KerasLinearForm(className) else { return nil }
        let outputs = (fields["filters", "units", "nb_filter", "output_dim"])?.wholeNumber
        let hasBias = (fields["use_bias", "bias"])?.boolean ?? true
        let kernel = form.kernel(fields)
        let multiplier = fields.integer("depth_multiplier") ?? 1
        let isTheano = fields.string("dim_ordering") == "th"
        var weights: [KerasWeight]
        switch form.kind {
        case .dense: weights = [KerasWeight(.kernel, shape: [nil, outputs])]
        case .convolution:
            weights = [
                KerasWeight(.kernel, shape: isTheano ? [outputs, nil] + kernel : kernel + [nil, outputs])
            ]
        case .transposed:
            // Keras 1 keeps (outputs, inputs, rows, columns) under Theano's order.
            weights = [
                KerasWeight(.kernel, shape: isTheano ? [nil, nil] + kernel : kernel + [outputs, nil])
            ]
        case .depthwise:
            weights = [KerasWeight(.depthwiseKernel, shape: kernel + [nil, multiplier])]
        case .separable:
            let ones = kernel.map { _ in Optional(1) }
            weights = [
                KerasWeight(.depthwiseKernel, shape: isTheano ? nil : kernel + [nil, multiplier]),
                KerasWeight(.pointwiseKernel, shape: isTheano ? nil : ones + [nil, outputs]),
            ]
        }
        if hasBias { weights.append(KerasWeight(.bias, shape: [form.kind == .depthwise ? nil : outputs])) }
        return weights
    }
}

/// The linear layers of Keras.
struct KerasLinearForm {
    enum Kind { case dense, convolution, transposed, depthwise, separable }

    let kind: Kind
    /// The number of spatial axes.
    let rank: Int
    private let className: String

    init?(_ className: String) {
        self.className = className
        switch className {
        case "Dense", "TimeDistributedDense": (kind, rank) = (.dense, 0)
        case "Conv1D", "Convolution1D", "AtrousConvolution1D", "AtrousConv1D": (kind, rank) = (.convolution, 1)
        case "Conv2D", "Convolution2D", "AtrousConvolution2D", "AtrousConv2D": (kind, rank) = (.convolution, 2)
        case "Conv3D", "Convolution3D": (kind, rank) = (.convolution, 3)
        case "Conv1DTranspose", "Convolution1DTranspose": (kind, rank) = (.transposed, 1)
        case "Conv2DTranspose", "Convolution2DTranspose", "Deconvolution2D": (kind, rank) = (.transposed, 2)
        case "Conv3DTranspose", "Convolution3DTranspose", "Deconvolution3D": (kind, rank) = (.transposed, 3)
        case "DepthwiseConv1D": (kind, rank) = (.depthwise, 1)
        case "DepthwiseConv2D": (kind, rank) = (.depthwise, 2)
        case "SeparableConv1D", "SeparableConvolution1D": (kind, rank) = (.separable, 1)
        case "SeparableConv2D", "SeparableConvolution2D": (kind, rank) = (.separable, 2)
        default: return nil
        }
    }

    /// The lengths of the kernel's axes; `nil` for one that is not told.
    func kernel(_ fields: KerasFields) -> [Int?] {
        if let lengths = fields.integers("kernel_size", count: rank) { return lengths }
        switch rank {
        // Keras 1 keeps a second spatial axis of length 1.
        case 1: return [fields.integer("filter_length"), 1]
        case 2: return [fields.integer("nb_row"), fields.integer("nb_col")]
        default: return (1...max(rank, 1)).map { fields.integer("kernel_dim\($0)") }
        }
    }
}
