import ProtobufWire

/// What a file says of a value: its name, what it is made of, and its shape as far as it is told.
struct ONNXValueInfo: Sendable {
    var field: WireField
    /// The graph that says it, and those around that.
    var enclosing: [WireField]
    var scope: Int
    /// Whether it tells of an output of an inner graph.
    var isOutput = false
    var name: String
    var type: ONNXElementType
    /// `nil` where not even the number of axes is told, and for what is no tensor.
    var dimensions: [Int?]?

    init(_ field: WireField, enclosing: [WireField], scope: Int = 0, in file: any ByteSource) throws(WireError) {
        let source = try field.source(in: file)
        let message = try WireMessage(indexing: field, of: source)
        self.field = field
        self.enclosing = enclosing
        self.scope = scope
        name = try message.string(ONNXSchema.ValueInfo.name, in: source) ?? ""
        type = .unknown
        guard let type = message.lastField(ONNXSchema.ValueInfo.type, .lengthDelimited),
            let tensor = try WireMessage(indexing: type, of: source).lastField(
                ONNXSchema.ValueType.tensor, .lengthDelimited)
        else { return }
        let described = try WireMessage(indexing: tensor, of: source)
        self.type = ONNXElementType(
            rawValue: Int(try described.int32(ONNXSchema.TensorType.elementType, in: source) ?? 0))
        guard let shape = described.lastField(ONNXSchema.TensorType.shape, .lengthDelimited) else { return }
        let axes = try WireMessage(indexing: shape, of: source).fields(ONNXSchema.Shape.dimensions, .lengthDelimited)
        guard axes.count <= ONNXTensor.largestRank else { return }
        dimensions = try axes.map { (axis) throws(WireError) in
            let length = try WireMessage(indexing: axis, of: source).int64(ONNXSchema.Dimension.value, in: source)
            // Some writers put 0 or -1 for a length that is not known.
            return length.flatMap { $0 > 0 ? Int($0) : nil }
        }
    }
}
