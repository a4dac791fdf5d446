import Frontend
import NetGraph

/// A Caffe net of one phase as a `Network`, with what leads back to the prototxt and the weights file.
public struct CaffeNetwork: Sendable {
    public let definition: NetDefinition
    /// Layer identifiers are the indices of the layers in the text.
    public var network: Network
    /// The names under which layers share parameters.
    public var sharedNames: [ParameterID: String]
    let blobs: [ParameterID: StoredBlob]
    /// Parameters whose numbers are not, or not in every place, those that the weights file has for them.
    let rewritten: Set<ParameterID>
    /// What is worth telling about how weights and net belong together.
    public let remarks: [ReadingRemark]

    /// The definition of a layer.
    func definition(of layer: LayerID) -> LayerDefinition? {
        definition.layers.indices.contains(layer.index) ? definition.layers[layer.index] : nil
    }
}
