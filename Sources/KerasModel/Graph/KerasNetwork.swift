import Frontend
import NetGraph

/// The network of a Keras model, and where in the model each of its parts comes from.
///
/// Values are channels first, as everywhere in `NetGraph`; `Value.order` tells the order of the file.
struct KerasNetwork {
    /// What one layer of the network is of a layer of the model: some become several.
    enum Part: Hashable {
        /// The layer itself, or that part of it which has its bias.
        case main
        /// The first half of a SeparableConv.
        case depthwise
        /// What is done to the result of the main part.
        case activation
        /// Anything else: a change of the order of axes, a flattening behind a pooling.
        case helper
        /// What a nested model is called with, as its own layers see it: the input of this number. The path is that of its InputLayer.
        case input(Int)
        /// What a nested model gives, as the layers around it see it: the output of this number.
        case output(Int)
    }

    struct Origin: Hashable {
        var path: KerasPath
        /// Which of the calls of the layer it is, counted over all calls of the models around it.
        var call: Int
        var part: Part
    }

    var network: Network
    var origins: [LayerID: Origin]
    /// The parameters that lie in the file.
    var tensors: [ParameterID: KerasTensor]
    /// Those that the JSON tells.
    var constants: [ParameterID: [Double]]
    /// How often each leaf is called, over all calls of the models around it.
    var callCounts: [KerasPath: Int]
    /// The model and the name of the layer that stands for a leaf there, where that is a wrapper around it.
    var leafHomes: [KerasPath: (model: KerasPath, name: String)]
    /// What each call of a layer reads, in Keras's order.
    var callInputs: [KerasCallPlace: [ValueID]]
    var remarks: [ReadingRemark]
}

/// A call of a layer.
struct KerasCallPlace: Hashable {
    var path: KerasPath
    /// Counted over all calls of the models around it.
    var call: Int
}
