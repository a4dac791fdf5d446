import JSON
import NetGraph

/// The function that the `activation` of a layer names.
struct KerasActivation {
    enum Function {
        case linear
        case element(Activation)
        /// Along an axis of the file.
        case softmax(axis: Int)
        /// Of the user's, or of a kind that is not modelled: its name.
        case unknown(String)
    }

    let function: Function

    var isLinear: Bool { if case .linear = function { true } else { false } }

    init(_ function: Function) { self.function = function }

    /// - Parameter node: the value of the field: a name, a layer, a function; `nil` where there is none.
    /// - Returns: `nil` never for what has a name; for what cannot be told at all.
    init?(_ node: JSONNode?, dialect: KerasDialect) {
        guard let node, !node.isNull else {
            function = .linear
            return
        }
        if let name = node.string {
            function = Self.named(name, dialect: dialect)
            return
        }
        guard let className = node["class_name"]?.string else {
            // A function with its code.
            function = .unknown("a function of the user's")
            return
        }
        if let registered = node["registered_name"]?.string, registered.contains(">") {
            function = .unknown(registered)
            return
        }
        if className == "function" || className == "builtin_function_or_method" {
            let name = node["config"]?.string ?? "a function"
            let isOwn = node["module"]?.string?.hasPrefix("keras") ?? false
            function = isOwn ? Self.named(name, dialect: dialect) : .unknown(name)
            return
        }
        guard let config = node["config"], let element = Self.layer(className, KerasFields(config), dialect: dialect)
        else {
            function = .unknown(className)
            return
        }
        function = element
    }

    /// The functions of `keras.activations`.
    static func named(_ name: String, dialect: KerasDialect) -> Function {
        switch name {
        case "linear": .linear
        case "relu": .element(.relu(negativeSlope: 0))
        // Keras's own MobileNet brought it along before there was one.
        case "relu6": .element(.relu6)
        case "elu": .element(.elu(alpha: 1))
        case "sigmoid": .element(.sigmoid)
        case "tanh": .element(.tanh)
        case "exponential": .element(.exponential(base: nil, scale: 1, shift: 0))
        case "swish", "silu": .element(.swish(beta: 1))
        case "leaky_relu": .element(.relu(negativeSlope: 0.2))
        case "softmax": .softmax(axis: -1)
        default: .unknown(name)
        }
    }

    /// Layers that are functions of each element.
    static func layer(_ className: String, _ fields: KerasFields, dialect: KerasDialect) -> Function? {
        switch className {
        case "ReLU":
            let slope = fields.decimal("negative_slope") ?? 0
            let threshold = fields.decimal("threshold") ?? 0
            switch fields.decimal("max_value") {
            case nil where threshold == 0: return .element(.relu(negativeSlope: slope))
            case 6 where threshold == 0 && slope == 0: return .element(.relu6)
            default: return .unknown(className)
            }
        case "LeakyReLU":
            return .element(.relu(negativeSlope: fields["negative_slope", "alpha"]?.number?.double ?? 0.3))
        case "ELU": return .element(.elu(alpha: fields.decimal("alpha") ?? 1))
        case "Softmax":
            guard let axis = fields["axis"] else { return .softmax(axis: -1) }
            return axis.wholeNumber.map { .softmax(axis: $0) } ?? .unknown(className)
        default: return nil
        }
    }
}
