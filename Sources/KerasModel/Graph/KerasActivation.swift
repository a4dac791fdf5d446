import JSON
import NetGraph

/// The function that the `activation` of a layer names.
struct KerasActivation {
    enum Function {
        case linear
        case element(Activation)
        /// Along an axis of the file.
        case softmax(axis: Int)
        case logSoftmax(axis: Int)
        /// The first half of an axis times the sigmoid of the second.
        case gatedHalves(axis: Int)
        /// Of the user's, or of a kind that is not modelled.
        case unknown
    }

    let function: Function
    /// As messages call it.
    let name: String

    var isLinear: Bool { if case .linear = function { true } else { false } }

    init(_ function: Function, name: String) {
        self.function = function
        self.name = name
    }

    /// - Parameter node: the value of the field: a name, a layer, a function; `nil` where there is none.
    init(_ node: JSONNode?, dialect: KerasDialect) {
        guard let node, !node.isNull else {
            self.init(.linear, name: "linear")
            return
        }
        if let name = node.string {
            self.init(Self.named(name, dialect: dialect), name: name)
            return
        }
        guard let className = node["class_name"]?.string else {
            // A function with its code.
            self.init(.unknown, name: "a function of the user's")
            return
        }
        if let registered = node["registered_name"]?.string, registered.utf8.contains(UInt8(ascii: ">")) {
            self.init(.unknown, name: registered)
            return
        }
        if className == "function" || className == "builtin_function_or_method" {
            let name = node["config"]?.string ?? "a function"
            let isOwn = node["module"]?.string?.hasPrefix("keras") ?? false
            self.init(isOwn ? Self.named(name, dialect: dialect) : .unknown, name: name)
            return
        }
        let layer = node["config"].flatMap { Self.layer(className, KerasFields($0)) }
        self.init(layer ?? .unknown, name: className)
    }

    /// The functions of `keras.activations`. Their constants changed between Keras 2 and 3: `hard_sigmoid`.
    static func named(_ name: String, dialect: KerasDialect) -> Function {
        switch name {
        case "linear": .linear
        case "relu": .element(.relu(negativeSlope: 0))
        // Keras's own MobileNet brought it along before there was one.
        case "relu6": .element(.relu6)
        case "leaky_relu": .element(.relu(negativeSlope: 0.2))
        case "elu": .element(.elu(alpha: 1))
        case "selu": .element(.selu)
        case "celu": .element(.function(.celu(alpha: 1)))
        case "sigmoid": .element(.sigmoid)
        case "hard_sigmoid":
            .element(.function(.hardSigmoid(slope: dialect == .three ? 1.0 / 6 : 0.2, offset: 0.5)))
        case "log_sigmoid": .element(.function(.logSigmoid))
        case "tanh": .element(.tanh)
        case "tanh_shrink": .element(.function(.tanhShrink))
        case "hard_tanh": .element(.clip(minimum: -1, maximum: 1))
        case "softplus": .element(.function(.softplus))
        case "softsign": .element(.function(.softsign))
        case "soft_shrink": .element(.function(.shrink(threshold: 0.5, bias: 0.5)))
        case "hard_shrink": .element(.function(.shrink(threshold: 0.5, bias: 0)))
        case "threshold": .unknown
        case "exponential": .element(.exponential(base: nil, scale: 1, shift: 0))
        case "swish", "silu": .element(.swish(beta: 1))
        case "hard_swish", "hard_silu": .element(.function(.hardSwish))
        case "gelu": .element(.function(.gelu))
        case "mish": .element(.function(.mish))
        case "squareplus": .element(.function(.squareplus(b: 4)))
        case "sparse_plus": .element(.function(.sparsePlus))
        case "softmax": .softmax(axis: -1)
        case "log_softmax": .logSoftmax(axis: -1)
        case "glu": .gatedHalves(axis: -1)
        default: .unknown
        }
    }

    /// Layers that are functions of each element; `nil` for any other class.
    static func layer(_ className: String, _ fields: KerasFields) -> Function? {
        switch className {
        case "ReLU":
            let slope = fields.decimal("negative_slope") ?? 0
            let threshold = fields.decimal("threshold") ?? 0
            let maximum = fields.decimal("max_value")
            if threshold == 0, maximum == nil { return .element(.relu(negativeSlope: slope)) }
            if threshold == 0, maximum == 6, slope == 0 { return .element(.relu6) }
            return .element(
                .function(.rectifier(negativeSlope: slope, maximum: maximum, threshold: threshold)))
        case "LeakyReLU":
            return .element(.relu(negativeSlope: fields["negative_slope", "alpha"]?.number?.double ?? 0.3))
        case "ELU": return .element(.elu(alpha: fields.decimal("alpha") ?? 1))
        case "ThresholdedReLU":
            return .element(.function(.thresholded(threshold: fields.decimal("theta") ?? 1, otherwise: 0)))
        case "Softmax":
            guard let axis = fields["axis"] else { return .softmax(axis: -1) }
            return axis.wholeNumber.map { .softmax(axis: $0) } ?? .unknown
        default: return nil
        }
    }
}
