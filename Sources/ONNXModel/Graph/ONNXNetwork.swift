import Frontend
import NetGraph

/// The network of a model, and where in the file each of its parts comes from.
struct ONNXNetwork {
    /// The node that a layer was made of.
    struct Origin: Hashable {
        var node: Int
        /// For each input of the layer the inputs of the node that it stands for; none for a value that a graph in an attribute reads.
        var inputs: [[Int]]
        /// Which inputs of the node are weight and bias of a linear layer.
        var weightInput: Int?
        var biasInput: Int?
        /// The Add that is the bias of a MatMul.
        var sum: Int?
        /// Which input of that Add is the bias.
        var sumInput = 0
        /// The Transpose or the Reshape behind a MatMul that makes channels of the columns.
        var turn: Int?
        /// The node whose input, or whose output, is meant where that is another one.
        var reader: Int?
        var writer: Int?
        /// What its output is called behind the name of the node's output, for a layer that is only a part of what the node computes: that value is in no file.
        var part: String?
        /// What tells the values of parts apart from those of a folded twin, where the two split their sum in different ways.
        var tag = ""

        /// The node that writes what the layer writes.
        var last: Int { writer ?? turn ?? sum ?? node }
    }

    var network: Network
    var origins: [LayerID: Origin]
    /// The numbers of the parameters, and the names of the values that they were made of.
    var constants: [ParameterID: ONNXConstant]
    var constantNames: [ParameterID: String]
    /// What values are made of, by `ValueID.index`.
    var types: [ONNXElementType]
    /// The graphs that values belong to, by `ValueID.index`.
    var valueScopes: [Int]
    /// Nodes that something asks for that the model hands out.
    var liveNodes: Set<Int>
    /// Nodes whose outputs are known before the model runs.
    var constantNodes: Set<Int>
    /// Values that graphs in attributes read: callers may not see them, but their names and numbers must stay.
    var capturedNames: Set<String>
    var remarks: [ReadingRemark]
    /// Values between the layers that one node became.
    var partValues: Set<ValueID>

    /// Transposes behind which affines stand whose numbers run along the axis that was the channels' before: told as if they stood before it, which is the same.
    var turns: [LayerID: Turn] = [:]

    /// Normalisations in training mode that are taken with the stored statistics, and written so.
    var assumedNodes: Set<Int> = []

    /// A Transpose and the affines behind it.
    struct Turn: Hashable {
        /// The nodes in the order of the file: the Transpose, then the affines.
        var nodes: [Int]
        /// The layers of the affines, in order; they stand before that of the Transpose.
        var affines: [LayerID] = []
    }

    /// Whether a value only stands between the layers that one node became.
    func isPartOfNode(_ value: ValueID) -> Bool { partValues.contains(value) }

    /// The graphs that the values of a folded network belong to, by `ValueID.index`: new ones stand where what they are made of does.
    func scopes(in folded: Network) -> [Int] {
        var scopes = valueScopes + [Int](repeating: 0, count: folded.values.count - valueScopes.count)
        for layer in folded.layers {
            for output in layer.outputs where output.index >= valueScopes.count {
                scopes[output.index] = layer.inputs.first.map { scopes[$0.index] } ?? 0
            }
        }
        return scopes
    }
}

/// Why a node is left as it is.
enum ONNXObstacle: Error {
    /// It becomes an opaque layer, with this cause as part of a sentence.
    case opaque(String)
    /// The model is at fault.
    case model(ModelError)
}

/// What a node computes, and from which of its inputs.
struct ONNXTranslation {
    var operation: Operation
    /// For each input of the layer the inputs of the node that it stands for.
    var inputs: [[Int]]
    var weightInput: Int?
    var biasInput: Int?
    /// How many of the node's outputs count; the others are read by nobody.
    var outputCount: Int?
    /// What the outputs are made of, where that is something else than the inputs.
    var type: ONNXElementType?
    /// What the layer reads where it is the last of several that one node became; else what the node reads.
    var values: [ValueID]?

    init(
        _ operation: Operation, inputs: [[Int]] = [[0]], weightInput: Int? = nil, biasInput: Int? = nil,
        outputCount: Int? = nil, type: ONNXElementType? = nil
    ) {
        self.type = type
        self.operation = operation
        self.inputs = inputs
        self.weightInput = weightInput
        self.biasInput = biasInput
        self.outputCount = outputCount
    }
}
