import Frontend
import NetGraph

/// The layers of Caffe's registry that have no parameters and whose effect on shapes is known.
extension LayerTranslator {
    func operationWithoutParameters() throws(ModelError) -> Operation? {
        switch layer.type {
        case "Power":
            let fields = try parameters("power_param")
            return .power(
                Power(
                    power: Double(try fields.float("power") ?? 1), scale: Double(try fields.float("scale") ?? 1),
                    shift: Double(try fields.float("shift") ?? 0)))
        case "Dropout":
            // A layer's own `phase: TRAIN` makes it drop even in a TEST net.
            let trains = try layer.reader.enumeration("phase", ["TRAIN", "TEST"]) == "TRAIN"
            // So does one that samples, as Bayesian SegNet's do.
            let samples = try parameters("dropout_param").bool("sample_weights_test") ?? false
            return trains || samples ? .stochastic(type: layer.type) : .identity(type: layer.type)
        case "Split":
            return .split
        case "Silence":
            return .sink(type: layer.type)
        case "Softmax":
            return .softmax(axis: try parameters("softmax_param").integer("axis") ?? 1)
        case "Pooling":
            return try pooling()
        case "Concat":
            let fields = try parameters("concat_param")
            return .concat(axis: try first(of: ["axis", "concat_dim"], in: fields) ?? 1)
        case "Slice":
            let fields = try parameters("slice_param")
            return .slice(
                axis: try first(of: ["axis", "slice_dim"], in: fields) ?? 1,
                points: try fields.integers("slice_point", atLeast: 0))
        case "Eltwise":
            return try eltwise()
        case "Flatten":
            let fields = try parameters("flatten_param")
            return .flatten(first: try fields.integer("axis") ?? 1, last: try fields.integer("end_axis") ?? -1)
        case "Reshape":
            let fields = try parameters("reshape_param")
            if let factor = try fields.integer("pixelshuffler", atLeast: 1), factor > 1 {
                return .pixelShuffle(factor: factor)
            }
            return .reshape(
                Reshape(
                    dimensions: try fields.submessage("shape").integers("dim", atLeast: -1),
                    axis: try fields.integer("axis") ?? 0, axisCount: try fields.integer("num_axes", atLeast: -1) ?? -1)
            )
        case "Crop":
            let fields = try parameters("crop_param")
            return .crop(axis: try fields.integer("axis") ?? 2, offsets: try fields.integers("offset", atLeast: 0))
        case "Permute":
            return .permute(order: try parameters("permute_param").integers("order", atLeast: 0))
        default:
            return try activation().map(Operation.activation)
        }
    }

    /// The first of several spellings of a field.
    private func first(of names: [String], in fields: FieldReader) throws(ModelError) -> Int? {
        for name in names {
            if let value = try fields.integer(name) { return value }
        }
        return nil
    }

    private func pooling() throws(ModelError) -> Operation {
        let fields = try parameters("pooling_param")
        let name = try fields.enumeration("pool", ["MAX", "AVE", "STOCHASTIC"], isOpen: true) ?? "MAX"
        let methods: [String: Pooling.Method] = [
            "MAX": .max, "AVE": .average, "AVE_EXC_PAD": .average, "STOCHASTIC": .stochastic,
        ]
        guard let method = methods[name] else {
            return .opaque(Opaque(type: layer.type, cause: "its pool '\(name)' is not known"))
        }
        let rounding = try fields.enumeration("round_mode", ["CEIL", "FLOOR"], isOpen: true) ?? "CEIL"
        guard ["CEIL", "FLOOR"].contains(rounding) else {
            return .opaque(Opaque(type: layer.type, cause: "its round_mode '\(rounding)' is not known"))
        }
        var roundsUp = rounding == "CEIL"
        // The spelling of forks.
        if let ceiling = try fields.bool("ceil_mode") { roundsUp = ceiling }
        let axes = try spatialAxes(fields, channelAxis: 1)
        if try fields.bool("global_pooling") ?? false {
            let ones = [Int](repeating: 1, count: axes)
            return .pooling(
                Pooling(method: method, kernel: nil, stride: ones, pad: ones.map { _ in 0 }, roundsUp: roundsUp))
        }
        let window = try SpatialFields(fields, layer: layer, spatialAxes: axes)
        if let objection = window.objection { return .opaque(Opaque(type: layer.type, cause: objection)) }
        return .pooling(
            Pooling(
                method: method, kernel: window.kernel, stride: window.stride, pad: window.padBefore,
                padAfter: window.padAfter, padsToCover: window.padsToCover, roundsUp: roundsUp,
                countsPadding: name != "AVE_EXC_PAD"))
    }

    private func eltwise() throws(ModelError) -> Operation {
        let fields = try parameters("eltwise_param")
        let name = try fields.enumeration("operation", ["PROD", "SUM", "MAX"], isOpen: true) ?? "SUM"
        let combinations: [String: Eltwise.Combination] = ["PROD": .product, "SUM": .sum, "MAX": .maximum]
        guard let combination = combinations[name] else {
            return .opaque(Opaque(type: layer.type, cause: "its operation '\(name)' is not known"))
        }
        let coefficients = try fields.floats("coeff").map(Double.init)
        guard coefficients.isEmpty || coefficients.count == layer.bottoms.count else {
            throw layer.error("has \(coefficients.count) coefficients for \(layer.bottoms.count) bottoms")
        }
        return .eltwise(
            Eltwise(
                combination: combination,
                coefficients: coefficients.isEmpty ? layer.bottoms.map { _ in 1 } : coefficients))
    }
}
