import ProtobufWire

/// The file of the numbers of a model that is written: which tensors lie in it, and where.
struct ONNXDataLayout {
    struct Piece {
        var offset: Int
        var byteCount: Int
        var content: ONNXMessages.Produced
    }

    /// The name by which the model knows the file, which lies beside it.
    let name: String
    /// Whether the file is the old one, so that tensors lie where they did.
    let keepsPlaces: Bool
    private(set) var pieces: [Piece] = []
    private var end = 0

    /// New tensors of fewer bytes lie in the model itself, where other tools look for shapes and scalars.
    static let smallestNewTensor = 1024
    /// Runtimes map large tensors into memory by whole pages.
    private static let page = 4096

    /// - Parameter old: a file that is taken over as it is.
    init(name: String, keeping old: FileByteSource?) {
        self.name = name
        keepsPlaces = old != nil
        if let old { pieces = [Piece(offset: 0, byteCount: old.byteCount, content: .file(old))] }
    }

    /// Finds a place for the numbers of a tensor.
    ///
    /// - Returns: the fields of the tensor that tell it.
    mutating func add(_ content: ONNXMessages.Produced, byteCount: Int) -> WireContent {
        let alignment = byteCount < Self.page ? 16 : Self.page
        let offset = (end + alignment - 1) / alignment * alignment
        pieces.append(Piece(offset: offset, byteCount: byteCount, content: content))
        end = offset + byteCount
        var fields = WireContent()
        for (key, value) in [("location", name), ("offset", "\(offset)"), ("length", "\(byteCount)")] {
            fields.appendMessage(Self.entry(key, value), field: ONNXSchema.Tensor.externalData)
        }
        return fields
    }

    static func entry(_ key: String, _ value: String) -> WireContent {
        var entry = WireContent()
        entry.appendString(key, field: ONNXSchema.Entry.key)
        entry.appendString(value, field: ONNXSchema.Entry.value)
        return entry
    }
}
