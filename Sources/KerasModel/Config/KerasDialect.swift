/// Which generation of Keras wrote a model: they differ in the names of fields and in how layers tell what they read.
public enum KerasDialect: Int, Comparable, Sendable {
    /// Keras 1: `nb_filter`, `border_mode`, weights named `dense_1_W`.
    case one = 1
    /// Keras 2.0 to 2.15, alone or in TensorFlow: `batch_input_shape`, inbound nodes as lists.
    case two
    /// Keras 3: `batch_shape`, inbound nodes as objects with `args` and `kwargs`.
    case three

    public static func < (left: KerasDialect, right: KerasDialect) -> Bool { left.rawValue < right.rawValue }
}
