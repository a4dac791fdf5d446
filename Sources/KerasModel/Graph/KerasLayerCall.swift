import JSON
import NetGraph

/// One call of a layer on its way into the network.
struct KerasLayerCall {
    var layer: KerasLayer
    var path: KerasPath
    /// Of the layer in the network: the path, with the number of the call where there are several.
    var name: String
    /// Which of the calls it is.
    var call: Int
    /// By position, `inputs` first.
    var arguments: [KerasInput]
    var keywords: [(name: String, value: KerasInput)]
    /// The number of values that others read of it.
    var outputCount: Int
    /// The shape of the first of them in the order of the file, where a reader tells it.
    var toldShape: [Int?]?
    /// How many axes behind the images a wrapper around the layer goes through: to the layer, images.
    var leadingAxes: Int
    /// Of the layer, once more: for fields.
    var fields: KerasFields { KerasFields(layer.config) }

    /// The tensors that it reads, in Keras's order.
    var inputs: [KerasValue] { arguments.flatMap(\.values) + keywords.flatMap(\.value.values) }

    /// An argument by name that is no tensor.
    func constant(_ name: String) -> JSONNode? {
        guard case .constant(let node)? = keywords.first(where: { $0.name == name })?.value, !node.isNull else {
            return nil
        }
        return node
    }

    /// Whether it is called as in training, whatever the mode of the model: dropouts drop, normalisations take the statistics of the batch.
    var runsAsInTraining: Bool {
        guard let training = keywords.first(where: { $0.name == "training" })?.value else { return false }
        // A tensor may be anything.
        guard case .constant(let node) = training else { return true }
        return node.boolean ?? node.number.map { $0.double != 0 } ?? !node.isNull
    }

    /// The order of axes that `data_format` asks for.
    var dataOrder: ElementOrder {
        let format = fields["data_format", "dim_ordering"]?.string
        return format == "channels_first" || format == "th" ? .channelsFirst : .channelsLast
    }
}
