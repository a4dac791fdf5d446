import JSON

/// One layer as the JSON of a model tells it.
public struct KerasLayer: Sendable {
    /// What a layer holds of other layers.
    public indirect enum Content: Sendable {
        /// None that this program knows.
        case leaf
        /// A model with layers of its own (`Sequential`, `Functional`, `Model`).
        case model(KerasModelNode)
        /// Another layer, which it applies in some way (`TimeDistributed`). Wrappers of which too little is known are leaves.
        case wrapper(KerasLayer)
        /// Keras 1: whole models whose outputs it merges, as the first layer of a `Sequential`.
        case merge([KerasLayer])
    }

    /// As written: `Conv2D`; of a Keras 3 operator the operation, `Add`.
    public var className: String
    /// `keras.layers`, `keras.src.ops.numpy`; `nil` where the file tells none, as most files of Keras 2.
    public var module: String?
    /// `my>Scale` for a class that the user registered; `nil` for Keras's own, and where the file does not tell.
    public var registeredName: String?
    public var name: String
    /// The object of the layer in its list: `class_name`, `config`, `inbound_nodes`.
    public var node: JSONNode
    /// Its `config`; an empty object for an old model whose `config` is a list.
    public var config: JSONNode
    /// How it is called, one entry for each of its `inbound_nodes`. Empty in a Sequential, and for inputs.
    public var calls: [KerasCall]
    public var content: Content

    /// Whether it is an operator of Keras 3 (`keras.ops.add`), whose class name may be that of a layer but which is none: it has no weights, and is
    /// not listed among the layers of a model.
    public var isOperator: Bool {
        guard let module else { return false }
        return module.holds(".ops.") || module.hasSuffix(".ops")
    }

    /// Whether the class is one of the user's, of which nothing is known but its name.
    public var isForeign: Bool {
        if let registeredName, !registeredName.isEmpty, registeredName != className { return true }
        guard let module, !module.isEmpty else { return false }
        return
            !(module == "keras" || module.hasPrefix("keras.") || module.hasPrefix("tensorflow.")
            || module.hasPrefix("tf_keras") || module == "builtins")
    }

    /// Whether training changes it; what training leaves alone counts as not trainable with all of its weights.
    public var isTrainable: Bool { config["trainable"]?.boolean ?? true }
}

/// One call of a layer: what it reads.
public struct KerasCall: Sendable {
    /// In the order of Keras's `call`; `inputs` is the first.
    public var arguments: [KerasArgument]
    /// By name, sorted by it, as Keras flattens them.
    public var keywords: [(name: String, value: KerasArgument)]
    /// The object or list that tells the call.
    public var node: JSONNode
    /// Every place in the JSON that names a tensor this call reads; one may be named more than once.
    public var places: [KerasReference]

    /// The tensors that it reads, in the order in which Keras goes through them.
    public var references: [KerasReference] {
        arguments.flatMap(\.references) + keywords.flatMap(\.value.references)
    }

    /// Those of them that its layer computes with: a mask goes along.
    var inputs: [KerasReference] {
        arguments.flatMap(\.references) + keywords.filter { $0.name != "mask" }.flatMap(\.value.references)
    }

    public func keyword(_ name: String) -> KerasArgument? { keywords.first { $0.name == name }?.value }
}

/// What is handed to a layer.
public indirect enum KerasArgument: Sendable {
    case tensor(KerasReference)
    /// A list, or the values of an object in the order of their keys, with a tensor somewhere inside.
    case list([KerasArgument])
    /// Anything without a tensor: a number, `null`, a slice.
    case constant(JSONNode)

    public var references: [KerasReference] {
        switch self {
        case .tensor(let reference): [reference]
        case .list(let parts): parts.flatMap(\.references)
        case .constant: []
        }
    }
}

/// A place in the JSON that names a tensor: `["c1", 0, 0]`.
public struct KerasReference: Sendable {
    /// The layer whose output it is.
    public var layer: String
    /// Which call of the layer, counted as the file does: from 1 for some nested models.
    public var node: Int
    /// Which of the outputs of that call.
    public var tensor: Int
    /// The three values in the text.
    public var nameRange: Range<Int>
    public var nodeRange: Range<Int>
    public var tensorRange: Range<Int>
    /// Its shape in the order of the file, where the file tells it (Keras 3).
    public var shape: [Int?]?
}
