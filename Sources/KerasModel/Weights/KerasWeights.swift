import NetGraph

// What lies between the files and the graph of a model: the numbers of each layer, by path, in Keras's order of the class. Containers differ
// in where they keep them; nobody above this file knows how.

/// One tensor in a file.
public struct KerasTensor: Hashable, Sendable {
    /// What the file calls it: `c1/kernel:0`, or the path in a `.weights.h5` payload, `layers/conv2d/vars/0`.
    public var name: String
    /// As the file stores it, row-major.
    public var shape: [Int]
    /// `nil` for numbers that are copied and never looked into: integers, bfloat16, text.
    public var elementType: ElementType?
    /// Which of the tensors of the file it is; given by whoever read it.
    public var index: Int

    public init(name: String, shape: [Int], elementType: ElementType?, index: Int) {
        self.name = name
        self.shape = shape
        self.elementType = elementType
        self.index = index
    }
}

/// The weights of a model, read from whatever container.
///
/// Made for a `KerasModelConfig`, whose layers tell what to look for: a top-level layer of legacy HDF5 is a flat list, the trainable tensors of a
/// nested model first (`KerasLayer.flatWeights`); a `.keras` payload has a group for each layer, named by its class and counted in `layerOrder`.
/// Held against the configuration when it is made: a layer of a known class with another number of tensors, or with shapes that
/// `KerasWeight.shape` rules out, is a `ModelError` with file, layer, what was found and what was expected; so are top-level layers in another order
/// than `layerOrder` where the file lists them, where that is more than a matter of layers without weights.
public protocol KerasWeightSource: Sendable {
    /// The tensors of each layer that has any, in the order of Keras's `layer.weights`: trainable ones first for a leaf of known class, as `KerasLayer.weights`
    /// has them. The path is that of a leaf; an unknown class, wrapper or subtree is a leaf with all tensors below it.
    var tensors: [KerasPath: [KerasTensor]] { get }

    /// Fills a buffer with consecutive elements of a tensor, in row-major order. Half precision is widened; float64 is rounded once into `Float`.
    func read<Element: WeightElement>(
        _ tensor: KerasTensor, from start: Int, into buffer: UnsafeMutableBufferPointer<Element>
    ) throws(WeightError)

    /// File and place in it, for messages: `model.h5: '/model_weights/c1/c1/kernel:0'`.
    func location(of tensor: KerasTensor) -> String
}

/// One tensor of a file that is to be written.
public enum KerasNewTensor: Hashable, Sendable {
    /// As the file that was read holds it, bytes and type; under the name that it had where the name is still free, and of the same layer.
    case kept(KerasTensor)
    /// Other numbers: of this shape and type, read from the `WeightStore` that goes with the plan. The role gives the name of a tensor that the layer
    /// did not have.
    case computed(ParameterID, role: KerasWeight.Role, shape: [Int], elementType: ElementType)
}

/// What a container is to hold after folding.
public struct KerasWeightPlan: Sendable {
    /// The configuration as it is written: its text goes into the container where that holds one, its layers and `layerOrder` tell groups, names and
    /// their order.
    public var config: KerasModelConfig
    /// The layers, by path in `config`, whose tensors are not all kept, with all of their tensors in order. Every other layer keeps the tensors of the
    /// same path.
    public var changes: [KerasPath: [KerasNewTensor]]

    public init(config: KerasModelConfig, changes: [KerasPath: [KerasNewTensor]]) {
        self.config = config
        self.changes = changes
    }
}
