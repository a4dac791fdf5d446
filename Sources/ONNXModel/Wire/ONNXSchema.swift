/// The field numbers of the messages of ONNX (`onnx.proto3`), one list for each message.
enum ONNXSchema {
    enum Model {
        static let irVersion = 1
        static let graph = 7
        static let opsets = 8
        static let functions = 25
    }

    enum Opset {
        static let domain = 1
        static let version = 2
    }

    enum Graph {
        static let nodes = 1
        static let name = 2
        static let initializers = 5
        static let inputs = 11
        static let outputs = 12
        static let valueInfos = 13
        static let sparseInitializers = 15
    }

    enum Node {
        static let inputs = 1
        static let outputs = 2
        static let name = 3
        static let type = 4
        static let attributes = 5
        static let domain = 7
        static let overload = 8
    }

    enum Attribute {
        static let name = 1
        static let float = 2
        static let integer = 3
        static let string = 4
        static let tensor = 5
        static let graph = 6
        static let floats = 7
        static let integers = 8
        static let strings = 9
        static let tensors = 10
        static let graphs = 11
        static let type = 20
        static let reference = 21
    }

    /// What the field `type` of an attribute says.
    enum AttributeType {
        static let float = 1
        static let integer = 2
        static let string = 3
        static let tensor = 4
        static let graph = 5
        static let floats = 6
        static let integers = 7
        static let strings = 8
        static let tensors = 9
        static let graphs = 10
    }

    enum Tensor {
        static let dimensions = 1
        static let type = 2
        static let segment = 3
        static let floats = 4
        /// Also of halves (their bits), booleans, and whole numbers of fewer bits.
        static let integers = 5
        static let strings = 6
        static let longs = 7
        static let name = 8
        static let raw = 9
        static let doubles = 10
        static let unsignedLongs = 11
        static let externalData = 13
        static let location = 14
    }

    enum Function {
        static let name = 1
        static let inputs = 4
        static let outputs = 5
        static let nodes = 7
        static let opsets = 9
        static let domain = 10
        static let defaults = 11
        static let overload = 13
    }

    /// A key with a value: of external data, and of metadata.
    enum Entry {
        static let key = 1
        static let value = 2
    }

    enum SparseTensor {
        static let values = 1
    }

    enum ValueInfo {
        static let name = 1
        static let type = 2
    }

    enum ValueType {
        static let tensor = 1
    }

    enum TensorType {
        static let elementType = 1
        static let shape = 2
    }

    enum Shape {
        static let dimensions = 1
    }

    enum Dimension {
        static let value = 1
    }
}
