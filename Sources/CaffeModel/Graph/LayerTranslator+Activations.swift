import Frontend
import NetGraph

/// The layers of Caffe's registry that are a function of each element by itself, PReLU left aside.
extension LayerTranslator {
    /// `nil` when the layer is of another type.
    func activation() throws(ModelError) -> Activation? {
        switch layer.type {
        case "ReLU": return try rectifier()
        case "ReLU6": return .relu6
        case "ELU":
            let fields = try parameters("elu_param")
            return .elu(
                alpha: Double(try fields.float("alpha") ?? 1), scale: Double(try fields.float("lambda") ?? 1))
        case "Sigmoid": return .sigmoid
        case "TanH": return .tanh
        case "AbsVal": return .absolute
        case "BNLL": return .bnll
        case "Exp":
            let (base, scale, shift) = try exponent("exp_param")
            return .exponential(base: base, scale: scale, shift: shift)
        case "Log":
            let (base, scale, shift) = try exponent("log_param")
            return .logarithm(base: base, scale: scale, shift: shift)
        case "Clip":
            let fields = try parameters("clip_param")
            guard let minimum = try fields.float("min"), let maximum = try fields.float("max") else {
                throw layer.error("has no 'min' and 'max' in clip_param")
            }
            return .clip(minimum: Double(minimum), maximum: Double(maximum))
        case "Swish": return .swish(beta: Double(try parameters("swish_param").float("beta") ?? 1))
        case "Threshold": return .threshold(Double(try parameters("threshold_param").float("threshold") ?? 0))
        default: return nil
        }
    }

    /// A ReLU, which forks may limit from above; `nil` when its limits make another function of it.
    private func rectifier() throws(ModelError) -> Activation? {
        let fields = try parameters("relu_param")
        let slope = Double(try fields.float("negative_slope") ?? 0)
        let maximum = Double(try fields.float("maximum") ?? 0)
        let isClipped = try fields.bool("relu6") ?? false
        let minimum = try fields.float("minimum") ?? 0
        guard isClipped || maximum > 0 || minimum != 0 else { return .relu(negativeSlope: slope) }
        guard slope == 0, minimum == 0 else { return nil }
        if maximum > 0, !isClipped || maximum < 6 { return .clip(minimum: 0, maximum: maximum) }
        return .relu6
    }

    /// A base of -1 stands for e.
    private func exponent(
        _ name: String
    ) throws(ModelError) -> (base: Double?, scale: Double, shift: Double) {
        let fields = try parameters(name)
        let base = try fields.float("base") ?? -1
        return (
            base == -1 ? nil : Double(base), Double(try fields.float("scale") ?? 1),
            Double(try fields.float("shift") ?? 0)
        )
    }
}
