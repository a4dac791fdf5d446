import JSON

/// A model, the whole one or one that is a layer of another: its layers, inputs and outputs.
public struct KerasModelNode: Sendable {
    public enum Form: Sendable {
        /// Layers in a row, each of which reads the one before.
        case sequential
        /// Layers that tell what they read.
        case functional
    }

    public var name: String
    public var form: Form
    /// In the order of the JSON.
    public var layers: [KerasLayer]
    /// The list of the layers in the JSON.
    public var list: JSONNode
    /// Of a functional model, flattened; empty for a Sequential.
    public var inputs: [KerasReference]
    public var outputs: [KerasReference]
    /// The layers of `model.layers`, as positions in `layers`: the order in which Keras writes weights and takes them from files.
    public var layerOrder: [Int]

    /// The calls that lead to outputs, in an order in which they can run, inputs among them; empty for a Sequential.
    public var callOrder: [CallPlace]

    /// A call of a layer; an input counts as called once.
    public struct CallPlace: Hashable, Sendable {
        /// The layer's position in `layers`.
        public var layer: Int
        public var call: Int
    }

    /// The layers of `model.layers` in their order.
    public var orderedLayers: [KerasLayer] { layerOrder.map { layers[$0] } }

    /// From which number the file counts the calls of a layer, where that is not 0: calls of nested models may be counted from 1.
    public var firstNodes: [String: FirstNode]

    /// From which number calls are counted in `inbound_nodes`, and in `output_layers`.
    public struct FirstNode: Hashable, Sendable {
        public var inCalls: Int
        public var inOutputs: Int
    }

    /// Which of the calls of its layer a reference means, counted from 0.
    public func call(of reference: KerasReference, isOutput: Bool = false) -> Int {
        guard let first = firstNodes[reference.layer] else { return reference.node }
        return reference.node - (isOutput ? first.inOutputs : first.inCalls)
    }

    public func layer(named name: String) -> KerasLayer? { layers.first { $0.name == name } }

    /// The layer of a path in this model, through nested models and wrappers.
    func layer(at path: KerasPath) -> KerasLayer? {
        var found: KerasLayer?
        for name in path.names {
            switch found?.content {
            case nil: found = layer(named: name)
            case .model(let model)?: found = model.layer(named: name)
            case .wrapper(let inner)?: found = inner.name == name ? inner : nil
            case .leaf?, .merge?: return nil
            }
            if found == nil { return nil }
        }
        return found
    }
}

/// The JSON of a model: `model_config` of an HDF5 file, `config.json` of a `.keras` file, or what `to_json()` gives.
public struct KerasModelConfig: Sendable {
    /// The text without anything around it: a text that was a JSON string holding JSON is unpacked.
    public var document: JSONDocument
    public var dialect: KerasDialect
    public var model: KerasModelNode
    /// The class of the model: `Functional`, `Sequential`, `Model`; `nil` for a bare `get_config()`.
    public var className: String?
    /// Whether the file holds the text as a JSON string, in quotation marks.
    public var isEncodedTwice: Bool
}

extension KerasModelConfig {
    /// The `config` of the model itself.
    var rootConfig: JSONNode { className == nil ? document.root : document.root["config"] ?? document.root }
}
