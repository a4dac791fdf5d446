import Frontend
import NetGraph
import ProtobufWire

/// Makes the messages of a `.caffemodel`, in today's format, and notes which numbers they ask for.
struct BinaryMessages {
    /// What one segment of new numbers holds.
    struct Produced {
        var parameter: ParameterID
        var type: ElementType
    }

    /// The numbers that the messages ask for, by segment identifier.
    private(set) var produced: [Produced] = []

    /// A layer with its parameters.
    mutating func message(for layer: Layer, of network: Network) throws(ModelError) -> WireContent {
        let schema = CaffeSchema.Layer.current
        var content = WireContent()
        content.appendString(layer.name, field: schema.name)
        content.appendString(layer.type, field: schema.type)
        for input in layer.inputs { content.appendString(network[input].name, field: schema.bottom) }
        for output in layer.outputs { content.appendString(network[output].name, field: schema.top) }
        for parameter in layer.operation.parameters {
            content.appendMessage(try blob(parameter, of: network), field: schema.blobs)
        }
        if case .scale(let scale) = layer.operation, scale.beta != nil {
            var term = WireContent()
            term.appendVarint(1, field: CaffeSchema.BiasTerm.scale)
            content.appendMessage(term, field: CaffeSchema.Layer.scaleParameter)
        }
        return content
    }

    /// A parameter with shape and numbers.
    mutating func blob(_ parameter: ParameterID, of network: Network) throws(ModelError) -> WireContent {
        guard let shape = network[parameter].shape, let count = network[parameter].elementCount else {
            throw ModelError(.internalFault, "the shape of \(network[parameter].name) is not known")
        }
        var dimensions = WireContent()
        if !shape.isEmpty {
            dimensions.appendPackedVarints(shape.map { UInt64($0) }, field: CaffeSchema.Blob.dimensions)
        }
        var content = WireContent()
        let type = network[parameter].elementType
        switch type {
        case .float16:
            content.appendMessage(dimensions, field: CaffeSchema.Blob.shape)
            content.appendVarint(UInt64(CaffeSchema.RawType.half), field: CaffeSchema.Blob.rawType)
            content.append(numbers(of: parameter, count: count, type: type, field: CaffeSchema.Blob.rawData))
        case .float32:
            content.append(numbers(of: parameter, count: count, type: type, field: CaffeSchema.Blob.data))
            content.appendMessage(dimensions, field: CaffeSchema.Blob.shape)
        case .float64:
            content.appendMessage(dimensions, field: CaffeSchema.Blob.shape)
            content.append(numbers(of: parameter, count: count, type: type, field: CaffeSchema.Blob.doubleData))
        }
        return content
    }

    /// A field of new numbers.
    mutating func numbers(of parameter: ParameterID, count: Int, type: ElementType, field: Int) -> WireContent {
        var content = WireContent()
        content.appendProduced(byteCount: count * type.byteCount, id: produced.count, field: field)
        produced.append(Produced(parameter: parameter, type: type))
        return content
    }
}
