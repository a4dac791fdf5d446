import NetGraph
import ProtobufWire

/// Makes messages of ONNX, and notes which numbers they ask for.
struct ONNXMessages {
    /// What one segment of new numbers holds.
    enum Produced {
        case parameter(ParameterID, ElementType)
        /// A tensor whose numbers lie in a file of their own.
        case external(ONNXTensor, ONNXExternalPlace)
        /// A tensor's numbers as they lie in the model.
        case raw(ONNXTensor, WireField)
        /// All of a file.
        case file(FileByteSource)
    }

    /// The numbers that the messages ask for, by segment identifier.
    private(set) var produced: [Produced] = []

    /// A field of new numbers.
    mutating func numbers(_ what: Produced, byteCount: Int, field: Int) -> WireContent {
        var content = WireContent()
        content.appendProduced(byteCount: byteCount, id: produced.count, field: field)
        produced.append(what)
        return content
    }

    /// A tensor with the numbers of a parameter, as a field of a graph.
    ///
    /// - Parameter data: the file of the numbers, where they lie apart.
    mutating func initializer(
        _ name: String, dimensions: [Int], parameter: ParameterID, type: ElementType, data: inout ONNXDataLayout?
    ) -> WireContent {
        var tensor = WireContent()
        for length in dimensions { tensor.appendVarint(UInt64(length), field: ONNXSchema.Tensor.dimensions) }
        tensor.appendVarint(UInt64(ONNXElementType(type).rawValue), field: ONNXSchema.Tensor.type)
        tensor.appendString(name, field: ONNXSchema.Tensor.name)
        let count = dimensions.reduce(1, *)
        let byteCount = count * type.byteCount
        if data != nil, byteCount >= ONNXDataLayout.smallestNewTensor {
            tensor.append(data?.add(.parameter(parameter, type), byteCount: byteCount) ?? WireContent())
            tensor.appendVarint(1, field: ONNXSchema.Tensor.location)
        } else {
            tensor.append(numbers(.parameter(parameter, type), byteCount: byteCount, field: ONNXSchema.Tensor.raw))
        }
        var content = WireContent()
        content.appendMessage(tensor, field: ONNXSchema.Graph.initializers)
        return content
    }

    /// An input of a graph that a tensor is the default of.
    static func input(_ name: String, dimensions: [Int], type: ElementType) -> WireContent {
        var shape = WireContent()
        for length in dimensions {
            var dimension = WireContent()
            dimension.appendVarint(UInt64(length), field: ONNXSchema.Dimension.value)
            shape.appendMessage(dimension, field: ONNXSchema.Shape.dimensions)
        }
        var tensor = WireContent()
        tensor.appendVarint(UInt64(ONNXElementType(type).rawValue), field: ONNXSchema.TensorType.elementType)
        tensor.appendMessage(shape, field: ONNXSchema.TensorType.shape)
        var valueType = WireContent()
        valueType.appendMessage(tensor, field: ONNXSchema.ValueType.tensor)
        var info = WireContent()
        info.appendString(name, field: ONNXSchema.ValueInfo.name)
        info.appendMessage(valueType, field: ONNXSchema.ValueInfo.type)
        var content = WireContent()
        content.appendMessage(info, field: ONNXSchema.Graph.inputs)
        return content
    }

    /// An attribute that is a whole number.
    static func attribute(_ name: String, _ value: Int) -> WireContent {
        var attribute = WireContent()
        attribute.appendString(name, field: ONNXSchema.Attribute.name)
        attribute.appendVarint(UInt64(bitPattern: Int64(value)), field: ONNXSchema.Attribute.integer)
        attribute.appendVarint(UInt64(ONNXSchema.AttributeType.integer), field: ONNXSchema.Attribute.type)
        return attribute
    }

    /// A node with attributes of whole numbers, as a field of a graph.
    static func node(
        _ type: String, name: String, inputs: [String], output: String, integers: [(name: String, value: Int)] = [],
        lists: [(name: String, values: [Int])] = []
    ) -> WireContent {
        var node = WireContent()
        for input in inputs { node.appendString(input, field: ONNXSchema.Node.inputs) }
        node.appendString(output, field: ONNXSchema.Node.outputs)
        node.appendString(name, field: ONNXSchema.Node.name)
        node.appendString(type, field: ONNXSchema.Node.type)
        for (name, value) in integers {
            node.appendMessage(attribute(name, value), field: ONNXSchema.Node.attributes)
        }
        for (name, values) in lists {
            var attribute = WireContent()
            attribute.appendString(name, field: ONNXSchema.Attribute.name)
            for value in values {
                attribute.appendVarint(UInt64(bitPattern: Int64(value)), field: ONNXSchema.Attribute.integers)
            }
            attribute.appendVarint(UInt64(ONNXSchema.AttributeType.integers), field: ONNXSchema.Attribute.type)
            node.appendMessage(attribute, field: ONNXSchema.Node.attributes)
        }
        var content = WireContent()
        content.appendMessage(node, field: ONNXSchema.Graph.nodes)
        return content
    }
}
