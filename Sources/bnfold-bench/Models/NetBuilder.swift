/// Makes a train net layer by layer, and keeps account of the shapes.
///
/// BatchNorm, Scale, ReLU and Dropout work in place, as in the nets that people train.
struct NetBuilder {
    private(set) var net: TrainNet
    private var shapes: [String: Shape] = [:]

    private struct Shape {
        var channels: Int
        var height: Int
        var width: Int
    }

    /// Begins a net with the two data layers of a training on images, cropped to a square.
    init(name: String, imageSide: Int, batch: Int = 32) {
        net = TrainNet(name: name)
        shapes["data"] = Shape(channels: 3, height: imageSide, width: imageSide)
        for (phase, mirror) in [("TRAIN", true), ("TEST", false)] {
            add(
                "data", type: "Data", bottoms: [], tops: ["data", "label"],
                fields: [
                    "include { phase: \(phase) }",
                    "transform_param {",
                    "  mirror: \(mirror)",
                    "  crop_size: \(imageSide)",
                    "  mean_value: 104",
                    "  mean_value: 117",
                    "  mean_value: 123",
                    "}",
                    "data_param {",
                    "  source: \"\(phase.lowercased())_lmdb\"",
                    "  batch_size: \(batch)",
                    "  backend: LMDB",
                    "}",
                ])
        }
    }

    /// The channels of a blob; 0 for one that there is not.
    func channels(of blob: String) -> Int { shapes[blob]?.channels ?? 0 }

    // MARK: Layers with weights

    /// A convolution with a square kernel. Its top is named like the layer.
    mutating func convolution(
        _ name: String, of bottom: String, outputs: Int, kernel: Int, stride: Int = 1, pad: Int = 0, groups: Int = 1,
        hasBias: Bool = false
    ) {
        guard let input = shapes[bottom] else { return }
        let inputs = input.channels / groups
        var fields = ["convolution_param {", "  num_output: \(outputs)"]
        if !hasBias { fields.append("  bias_term: false") }
        if pad > 0 { fields.append("  pad: \(pad)") }
        fields.append("  kernel_size: \(kernel)")
        if groups > 1 { fields.append("  group: \(groups)") }
        if stride > 1 { fields.append("  stride: \(stride)") }
        fields += ["  weight_filler { type: \"msra\" }", "}"]
        var blobs = [
            TrainBlob(shape: [outputs, inputs, kernel, kernel], values: .weights(inputs: inputs * kernel * kernel))
        ]
        if hasBias { blobs.append(TrainBlob(shape: [outputs], values: .offsets)) }
        add(name, type: "Convolution", bottoms: [bottom], tops: [name], fields: fields, blobs: blobs)
        shapes[name] = Shape(
            channels: outputs, height: (input.height + 2 * pad - kernel) / stride + 1,
            width: (input.width + 2 * pad - kernel) / stride + 1)
    }

    /// A BatchNorm and a Scale behind a convolution.
    mutating func normalization(of convolution: String, batchNorm: String, scale: String) {
        let channels = channels(of: convolution)
        add(
            batchNorm, type: "BatchNorm", bottoms: [convolution], tops: [convolution],
            fields: [String](repeating: "param { lr_mult: 0 }", count: 3),
            blobs: [
                TrainBlob(shape: [channels], values: .means), TrainBlob(shape: [channels], values: .variances),
                TrainBlob(shape: [1], values: .averagingFactor),
            ])
        add(
            scale, type: "Scale", bottoms: [convolution], tops: [convolution],
            fields: ["scale_param { bias_term: true }"],
            blobs: [TrainBlob(shape: [channels], values: .gammas), TrainBlob(shape: [channels], values: .offsets)])
        // Caffe's default, which a BatchNorm without batch_norm_param has.
        net.folds.append(KnownFold(convolution: convolution, batchNorm: batchNorm, scale: scale, epsilon: 1e-5))
    }

    /// A fully connected layer with a bias.
    mutating func innerProduct(_ name: String, of bottom: String, outputs: Int) {
        guard let input = shapes[bottom] else { return }
        let inputs = input.channels * input.height * input.width
        add(
            name, type: "InnerProduct", bottoms: [bottom], tops: [name],
            fields: ["inner_product_param {", "  num_output: \(outputs)", "  weight_filler { type: \"xavier\" }", "}"],
            blobs: [
                TrainBlob(shape: [outputs, inputs], values: .weights(inputs: inputs)),
                TrainBlob(shape: [outputs], values: .offsets),
            ])
        shapes[name] = Shape(channels: outputs, height: 1, width: 1)
    }

    // MARK: Layers without weights

    mutating func relu(_ blob: String) {
        add("\(blob)_relu", type: "ReLU", bottoms: [blob], tops: [blob])
    }

    mutating func dropout(_ blob: String) {
        add(
            "\(blob)_drop", type: "Dropout", bottoms: [blob], tops: [blob],
            fields: ["dropout_param { dropout_ratio: 0.5 }"])
    }

    /// The largest number under each window.
    mutating func maximumPooling(_ name: String, of bottom: String, kernel: Int, stride: Int) {
        guard let input = shapes[bottom] else { return }
        add(
            name, type: "Pooling", bottoms: [bottom], tops: [name],
            fields: ["pooling_param {", "  pool: MAX", "  kernel_size: \(kernel)", "  stride: \(stride)", "}"])
        // Caffe rounds up here, and down in a convolution.
        shapes[name] = Shape(
            channels: input.channels, height: (input.height - kernel + stride - 1) / stride + 1,
            width: (input.width - kernel + stride - 1) / stride + 1)
    }

    /// The mean of each channel.
    mutating func globalPooling(_ name: String, of bottom: String) {
        add(
            name, type: "Pooling", bottoms: [bottom], tops: [name],
            fields: ["pooling_param {", "  pool: AVE", "  global_pooling: true", "}"])
        shapes[name] = Shape(channels: channels(of: bottom), height: 1, width: 1)
    }

    mutating func sum(_ name: String, of bottoms: [String]) {
        add(
            name, type: "Eltwise", bottoms: bottoms, tops: [name], fields: ["eltwise_param { operation: SUM }"])
        shapes[name] = bottoms.first.flatMap { shapes[$0] }
    }

    /// The loss of the training and the accuracy of the test.
    mutating func classification(of scores: String) {
        add("loss", type: "SoftmaxWithLoss", bottoms: [scores, "label"], tops: ["loss"])
        add(
            "accuracy", type: "Accuracy", bottoms: [scores, "label"], tops: ["accuracy"],
            fields: ["include { phase: TEST }"])
    }

    private mutating func add(
        _ name: String, type: String, bottoms: [String], tops: [String], fields: [String] = [], blobs: [TrainBlob] = []
    ) {
        let lines =
            ["name: \"\(name)\"", "type: \"\(type)\""] + bottoms.map { "bottom: \"\($0)\"" }
            + tops.map { "top: \"\($0)\"" } + fields
        let text = "layer {\n" + lines.map { "  \($0)\n" }.joined() + "}\n"
        net.layers.append(TrainLayer(name: name, text: text, blobs: blobs))
    }
}
