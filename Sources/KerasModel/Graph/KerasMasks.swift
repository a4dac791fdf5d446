/// What a model tells of masks, which say which steps of a sequence its layers leave out.
///
/// A mask goes along with the values from layer to layer. Keras 3 also tells it in the calls of those that take one, as a tensor that operators make.
struct KerasMasks {
    /// Whether any layer may see a mask.
    private(set) var mayOccur = false
    /// Whether the number of images is told.
    private(set) var hasFixedBatch = false

    init(_ config: KerasModelConfig) { visit(config.model) }

    private mutating func visit(_ model: KerasModelNode) { for layer in model.layers { visit(layer) } }

    private mutating func visit(_ layer: KerasLayer) {
        let config = layer.config
        // A class of the user's may make one; the arguments of a function of the user's are not known either.
        if layer.className == "Masking" || config["mask_zero"]?.boolean == true || layer.isForeign
            || !(config["mask"].map(\.isNull) ?? true)
            || layer.calls.contains(where: { $0.keyword("mask").map { !$0.references.isEmpty } ?? false })
        {
            mayOccur = true
        }
        let shape = KerasFields(config)["batch_shape", "batch_input_shape"]?.lengths
        if case .some(.some(_)) = shape?.first { hasFixedBatch = true }
        switch layer.content {
        case .leaf: break
        case .wrapper(let inner): visit(inner)
        case .model(let model): visit(model)
        case .merge(let models): for model in models { visit(model) }
        }
    }

    /// Known classes whose results depend on a mask in inference. A BatchNormalization normalises the steps that are left out like the others (2.15 and 3.15).
    static func matter(to className: String, dialect: KerasDialect) -> Bool {
        switch className {
        case "GlobalAveragePooling1D", "GlobalAvgPool1D", "Softmax": true
        // Weights of the statistics, in Keras 2 alone.
        case "GroupNormalization": dialect != .three
        default: false
        }
    }

    /// As part of a sentence.
    static let cause = "a mask may say which elements it leaves out"
}
