import Frontend
import NetGraph

/// What kind of file holds the weights of a model. Told by the content alone, never by the name.
public enum KerasContainerKind: Hashable, Sendable {
    /// HDF5 with `model_config` and the group `model_weights`.
    case wholeHDF5
    /// HDF5 with `layer_names` at its root (`save_weights` of Keras 1 and 2, and of Keras 3 by `save_weights_to_hdf5_group`); the JSON lies apart.
    case legacyWeights
    /// A zip archive with `config.json` and `model.weights.h5`.
    case archive
    /// HDF5 with the groups `layers` ... `vars` (`.weights.h5`); the JSON lies apart.
    case payload

    /// Whether the JSON lies in a file of its own.
    public var hasOwnConfig: Bool { self == .wholeHDF5 || self == .archive }
}

/// A file with the weights of a model, opened. `KerasContainers.open` gives one of them, `KerasContainers.kind(of:)` only looks.
public protocol KerasContainer: Sendable {
    var path: String { get }
    var kind: KerasContainerKind { get }

    /// The JSON of the model as it lies in the file; `nil` where it lies apart.
    var configText: [UInt8]? { get }

    /// File and place of that, for messages: `model.h5: 'model_config'`.
    var configPlace: String { get }

    /// `keras_version`; `nil` where the file tells none.
    var version: String? { get }

    /// The weights of a model, held against its layers.
    ///
    /// - Throws: `ModelError` for weights that do not fit, with layer, names and shapes.
    func weights(for config: KerasModelConfig) throws(ModelError) -> any KerasWeightSource

    /// Writes a file of the same kind: configuration, groups and names in the dialect of this file, tensors as the plan says.
    ///
    /// `optimizer_weights`, `training_config`, `compile_config` and `metrics` are left out; other attributes and members are kept.
    ///
    /// - Parameters:
    ///   - source: what `weights(for:)` gave, for the tensors that are kept.
    ///   - store: the numbers of the computed ones. What it throws of the kind `overflow` has to be thrown on as it is.
    ///   - settings: its checkpoint is to be called between slices.
    func write(
        _ plan: KerasWeightPlan, keeping source: any KerasWeightSource, store: AnyWeightStore, to path: String,
        settings: WriteSettings
    ) throws(ModelError)
}
