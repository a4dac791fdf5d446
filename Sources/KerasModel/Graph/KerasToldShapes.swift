import NetGraph

/// Shapes of what layers give that are not modelled otherwise: what follows them may have to know the number of axes.
enum KerasToldShapes {
    /// In the order of the file, images left out; `nil` where the class does not tell.
    static func shape(of layer: KerasLayer, inputs: [KerasValue]) -> [Int?]? {
        let fields = KerasFields(layer.config)
        guard let input = inputs.first?.shape else { return nil }
        let own = Array(input.dimensions.dropFirst())
        switch layer.className {
        case "LSTM", "GRU", "SimpleRNN", "CuDNNLSTM", "CuDNNGRU":
            guard own.count == 2, let units = fields["units", "output_dim"]?.wholeNumber,
                fields.boolean("return_state") != true
            else { return nil }
            return fields.boolean("return_sequences") == true ? [own[0], units] : [units]
        case "LayerNormalization", "GroupNormalization", "UnitNormalization", "RMSNormalization", "Masking",
            "MultiHeadAttention", "SpectralNormalization":
            return layer.className == "MultiHeadAttention" && fields["output_shape"] != nil ? nil : own
        case "Embedding": return fields.integer("output_dim").map { own + [$0] }
        case "EinsumDense":
            guard let target = fields["output_shape"] else { return nil }
            if let length = target.wholeNumber { return [length] }
            return target.lengths.flatMap { $0.contains { $0 == nil } ? nil : $0 }
        case "Bidirectional":
            guard own.count == 2, let inner = layer.config["layer"]?["config"],
                let units = KerasFields(inner)["units", "output_dim"]?.wholeNumber,
                fields.string("merge_mode") == "concat"
            else { return nil }
            return KerasFields(inner).boolean("return_sequences") == true ? [own[0], 2 * units] : [2 * units]
        default: return nil
        }
    }
}
