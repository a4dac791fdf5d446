import Folding
import Frontend
import NetGraph

/// What is known of the shapes behind layers that are not modelled. Nothing else counts as known there: a fork may round or pad in its own way.
extension LayerTranslator {
    /// One shape for each top; an axis of unknown length is `nil`.
    func opaqueShapes() -> [TensorShape?] {
        layer.tops.indices.map { top in
            let input = inputs.indices.contains(top) ? inputs[top] : self.input
            if layer.type.contains("onvolution"), let count = outputCount("convolution_param") {
                return convolutionShape(of: input, channels: count)
            }
            guard top == 0 else { return nil }
            switch layer.type {
            case "InnerProduct":
                guard let count = outputCount("inner_product_param"),
                    let fields = try? parameters("inner_product_param")
                else { return nil }
                let axis = (try? fields.integer("axis")) ?? 1
                guard let input else { return axis == 1 ? TensorShape([nil, count]) : nil }
                return input.canonicalAxis(axis).map { TensorShape(Array(input.dimensions[..<$0]) + [count]) }
            case "DenseBlock":
                guard var shape = input, shape.rank > 1 else { return nil }
                shape = shape.withRank(shape.rank)
                shape.dimensions[1] = denseBlockChannels
                return shape
            case "Eltwise":
                // A fork may repeat one bottom along the other.
                let channels = Set(inputs.map { $0?.length(ofAxis: 1) })
                guard let input, input.rank > 1, channels.count == 1,
                    inputs.allSatisfy({ $0?.rank == input.rank })
                else { return nil }
                return input.withRank(input.rank)
            case _ where Self.elementwiseTypes.contains(layer.type):
                return inputs.count == 1 ? input : nil
            case _ where Self.channelTypes.contains(layer.type):
                return input.flatMap { $0.rank > 1 ? $0.withRank($0.rank) : nil }
            default:
                return nil
            }
        }
    }

    /// Images and axes of the input, as many channels as the field says, nothing behind them.
    private func convolutionShape(of input: TensorShape?, channels: Int) -> TensorShape? {
        guard let fields = try? parameters("convolution_param") else { return nil }
        let axis = (try? fields.integer("axis")) ?? 1
        guard let input else {
            guard axis >= 0, axis < 32 else { return nil }
            let spatialAxes = ((try? SpatialFields.axisCount(fields)) ?? nil) ?? 2
            var lengths = [Int?](repeating: nil, count: axis + 1 + min(spatialAxes, 32))
            lengths[axis] = channels
            return TensorShape(lengths)
        }
        guard let axis = input.canonicalAxis(axis) else { return nil }
        return TensorShape(
            input.dimensions[..<axis] + [channels] + [Int?](repeating: nil, count: input.rank - axis - 1))
    }

    private func outputCount(_ message: String) -> Int? {
        ((try? parameters(message).integer("num_output", atLeast: 1)) ?? nil)
    }

    /// Each of its layers adds `growthRate` channels to the `initChannel` that it begins with.
    private var denseBlockChannels: Int? {
        guard let fields = try? parameters("denseblock_param"),
            let first = (try? fields.integer("initChannel", atLeast: 0)) ?? nil,
            let count = (try? fields.integer("numTransition", atLeast: 0)) ?? nil,
            let growth = (try? fields.integer("growthRate", atLeast: 0)) ?? nil
        else { return nil }
        let (added, overflows) = count.multipliedReportingOverflow(by: growth)
        return overflows || added > Int(Int32.max) ? nil : first + added
    }

    /// Types that compute each element by itself, or from others around it, and keep the shape.
    private static let elementwiseTypes: Set<String> = [
        "ReLU", "ReLU6", "PReLU", "ELU", "Sigmoid", "TanH", "Exp", "Log", "Clip", "Swish", "Threshold", "Power",
        "Scale", "Bias", "Softmax", "Dropout", "MVN", "Normalize", "ShuffleChannel", "Mish", "HardSwish", "HSwish",
        "HardSigmoid", "HSigmoid", "SELU", "RReLU", "GELU", "Softplus", "Softsign", "Insanity",
    ]

    /// Types that keep the channels, whatever becomes of the planes.
    private static let channelTypes: Set<String> = [
        "Pooling", "Pooling3D", "NdPooling", "Upsample", "Interp", "LRN",
    ]
}

extension LayerTranslator {
    /// Whether BVLC Caffe could not read the layer: then a fork runs it, which may round sizes in its own way.
    var isOfFork: Bool { isOfFork(with: forkFields) }

    /// The same where the fields are known that Caffe does not know.
    func isOfFork(with forkFields: [String]) -> Bool { !isOfCaffe || !forkFields.isEmpty }

    /// Fields of the layer and of its parameters that BVLC Caffe does not know, as `eps` or `batch_norm_param.eps`.
    var forkFields: [String] { findForkFields().names }

    /// The same, and whether those are all: the message of the parameters may be none.
    func findForkFields() -> (names: [String], areAll: Bool) { layer.findForkFields() }

    /// A type that BVLC Caffe itself has.
    var isOfCaffe: Bool { Self.isOfCaffe(layer.type) }

    static func isOfCaffe(_ type: String) -> Bool { LayerDefinition.caffeTypes.contains(type) }
}

extension LayerDefinition {
    /// The same of a layer's text alone, and its type where that is a fork's.
    var unknownToCaffe: [String] {
        (Self.caffeTypes.contains(type) ? [] : ["type \(type)"]) + findForkFields().names
    }

    fileprivate func findForkFields() -> (names: [String], areAll: Bool) {
        let own = reader.fieldNames { !Self.isCaffeField($0) }
        guard let (name, known) = KnownFields.message(ofType: type) else { return (own, true) }
        guard let fields = try? reader.submessage(name) else { return (own, false) }
        let others = fields.fieldNames { !known.caffe.contains($0) }
        return (others.isEmpty ? own : own + others.map { "\(name).\($0)" }, true)
    }

    private static func isCaffeField(_ name: String) -> Bool {
        // Those first that each layer has.
        name == "name" || name == "type" || name == "bottom" || name == "top" || name == "param"
            || (name.utf8.suffix(6).elementsEqual("_param".utf8)
                ? name != "quantization_param" && name != "quantize_param" : layerFields.contains(name))
    }

    private static let layerFields: Set<String> = [
        "phase", "loss_weight", "blobs", "propagate_down", "include",
        "exclude",
    ]

    /// The registry of BVLC Caffe.
    fileprivate static let caffeTypes: Set<String> = [
        "AbsVal", "Accuracy", "ArgMax", "BNLL", "BatchNorm", "BatchReindex", "Bias", "Clip", "Concat",
        "ContrastiveLoss", "Convolution", "Crop", "Data", "Deconvolution", "Dropout", "DummyData", "ELU", "Eltwise",
        "Embed", "EuclideanLoss", "Exp", "Filter", "Flatten", "HDF5Data", "HDF5Output", "HingeLoss", "Im2col",
        "ImageData", "InfogainLoss", "InnerProduct", "Input", "LRN", "LSTM", "LSTMUnit", "Log", "MVN", "MemoryData",
        "MultinomialLogisticLoss", "PReLU", "Parameter", "Pooling", "Power", "Python", "RNN", "ReLU", "Reduction",
        "Reshape", "SPP", "Scale", "Sigmoid", "SigmoidCrossEntropyLoss", "Silence", "Slice", "Softmax",
        "SoftmaxWithLoss", "Split", "Swish", "TanH", "Threshold", "Tile", "WindowData",
    ]
}

extension NetDefinition {
    /// Fields of the net itself that BVLC Caffe does not know, each once.
    var forkFields: [String] {
        Array(document.root.fields.lazy.map(\.name).filter { !Self.caffeFields.contains($0) }).uniqued
    }

    /// What tells that BVLC Caffe would refuse the text: a parser of protobuf text ends at the first field that it does not know.
    ///
    /// - Parameter fields: the net's own `forkFields`.
    func forkRemark(fields: [String], fieldsOfLayers: [(field: String, layer: String)]) -> ReadingRemark? {
        let names = (fields + fieldsOfLayers.map(\.field)).uniqued
        guard !names.isEmpty else { return nil }
        return ReadingRemark(
            kind: .forkFields, severity: .note, layers: fieldsOfLayers.map(\.layer).uniqued,
            message:
                "\(path): has fields that BVLC Caffe cannot parse, so that only the fork that it was written for loads it; they are kept: \(ReadingRemark.list(names))"
        )
    }

    private static let caffeFields: Set<String> = [
        "name", "input", "input_shape", "input_dim", "force_backward", "state", "debug_info", "layer", "layers",
    ]
}
