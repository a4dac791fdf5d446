import Frontend
import NetGraph
import ProtobufWire

/// Trained weights in a `.caffemodel`: a NetParameter, indexed on the wire level and never whole in memory.
final class BinaryWeightFile: WeightFile {
    /// One layer of the file.
    struct Record {
        /// The whole layer, and in V0 the message inside it that holds name and blobs.
        var enclosing: [WireField]
        var message: WireMessage
        var name: String
        var type: String
        /// The number that V1 has in place of a type.
        var typeNumber: Int?
        var blobs: [BinaryBlob]
        /// Whether it is in today's format.
        var isCurrent: Bool
        /// The places of its blobs among all blobs of the file.
        var firstHandle: Int
    }

    let path: String
    let mayHaveLegacyShapes = true
    let source: FileByteSource
    let name: String
    /// Every layer of the file, in order.
    private(set) var records: [Record] = []
    private var byName: [String: Int] = [:]
    private var allBlobs: [BinaryBlob] = []

    /// Indexes a file.
    ///
    /// - Throws: `ModelError` for a file that is no NetParameter, among them a solver's state.
    init(path: String) throws(ModelError) {
        self.path = path
        let root: WireMessage
        do throws(WireError) {
            source = try FileByteSource(path: path)
            root = try WireMessage(indexing: source)
            let hasIterations = root.lastField(CaffeSchema.Net.name, .varint) != nil
            if hasIterations {
                let weights = try root.string(2, in: source) ?? "the .caffemodel beside it"
                throw WireError(
                    path: path, offset: nil,
                    message:
                        "is the state of a solver, which holds no weights; give the weights that it belongs to: '\(weights)'"
                )
            }
            name = try root.string(CaffeSchema.Net.name, in: source) ?? ""
        } catch {
            throw ModelError(error)
        }
        let layers = root.fields(CaffeSchema.Net.layer, .lengthDelimited)
        let oldLayers = root.fields(CaffeSchema.Net.oldLayers, .lengthDelimited)
        guard !layers.isEmpty || !oldLayers.isEmpty else {
            throw ModelError(
                .malformed, "\(path): holds no layers; expected a .caffemodel (a NetParameter with trained layers)")
        }
        guard layers.isEmpty || oldLayers.isEmpty else {
            throw ModelError(
                .malformed,
                "\(path): holds layers of today's format and of the old one; Caffe refuses such a file as well")
        }
        let count = layers.count + oldLayers.count
        guard count <= Self.mostLayers else {
            throw ModelError(
                .malformed,
                "\(path): holds \(count) layers, but at most \(Self.mostLayers) are read; is it a file of weights?")
        }
        for field in oldLayers { try append(field, schema: .old) }
        for field in layers { try append(field, schema: .current) }
    }

    func type(ofLayer name: String) -> String? {
        guard let record = record(named: name) else { return nil }
        if record.type.isEmpty { return record.typeNumber.flatMap(LegacyLayerTypes.modernName(ofV1:)) }
        return record.isCurrent ? record.type : LegacyLayerTypes.modernName(ofV0: record.type)
    }

    func describe(layer name: String) -> String { "layer '\(name)'" }

    func blobs(ofLayer name: String) throws(ModelError) -> [Int: StoredBlob]? {
        guard let position = byName[name] else { return nil }
        let record = records[position]
        var result: [Int: StoredBlob] = [:]
        for (index, blob) in record.blobs.enumerated() {
            result[index] = StoredBlob(
                place: Self.place(name, index), shape: blob.shape, elementType: blob.elementType,
                handle: record.firstHandle + index)
        }
        return result
    }

    func layerNames() -> [String] {
        records.indices.filter { byName[records[$0].name] == $0 && !records[$0].blobs.isEmpty }.map { records[$0].name }
    }

    /// The record that Caffe fills a layer of this name from.
    func record(named name: String) -> Record? { byName[name].map { records[$0] } }

    func read<Element: WeightElement>(
        _ blob: StoredBlob, from start: Int, into buffer: UnsafeMutableBufferPointer<Element>
    ) throws(ModelError) {
        do throws(WireError) {
            try allBlobs[blob.handle].read(from: start, of: source, into: buffer)
        } catch {
            throw ModelError(.inputOutput, "\(error)")
        }
    }

    private func append(_ field: WireField, schema: CaffeSchema.Layer) throws(ModelError) {
        var schema = schema
        var enclosing = [field]
        var message: WireMessage
        let name: String
        let type: String
        let typeNumber: Int?
        do throws(WireError) {
            message = try WireMessage(indexing: field, of: source)
            if schema.name == CaffeSchema.Layer.old.name,
                let nested = message.lastField(CaffeSchema.Layer.oldestNested, .lengthDelimited)
            {
                schema = .oldest
                enclosing.append(nested)
                message = try WireMessage(indexing: nested, of: source)
            }
            let bytes = try message.bytes(schema.name, in: source) ?? []
            if let escaped = NameEncoding.escaped(bytes) {
                throw WireError(
                    path: path, offset: message.range.lowerBound,
                    message:
                        "a layer has the name '\(escaped)', which is not UTF-8; rename it, here and in the prototxt")
            }
            name = String(decoding: bytes, as: UTF8.self)
            type = try message.string(schema.type, in: source) ?? ""
            typeNumber = try message.int32(schema.type, in: source).map(Int.init)
        } catch {
            throw ModelError(error)
        }
        var blobs: [BinaryBlob] = []
        let fields = message.fields(schema.blobs, .lengthDelimited)
        guard fields.count <= Self.mostBlobsOfLayer, allBlobs.count + fields.count <= Self.mostBlobs else {
            throw ModelError(
                .malformed,
                "\(path): layer '\(name.inMessages)' holds \(fields.count) blobs after \(allBlobs.count) of others, but at most \(Self.mostBlobsOfLayer) of a layer and \(Self.mostBlobs) of a file are read; is the file damaged?"
            )
        }
        for blob in fields {
            blobs.append(try BinaryBlob(blob, in: source, place: Self.place(name, blobs.count)))
        }
        // Of several layers of one name the last one with blobs counts: Caffe copies them in order.
        if !blobs.isEmpty || byName[name] == nil { byName[name] = records.count }
        records.append(
            Record(
                enclosing: enclosing, message: message, name: name, type: type, typeNumber: typeNumber,
                blobs: blobs,
                isCurrent: schema.name == CaffeSchema.Layer.current.name
                    && schema.blobs == CaffeSchema.Layer.current.blobs,
                firstHandle: allBlobs.count))
        allBlobs += blobs
    }

    /// Some hundred times what the largest nets have. A file of 5 MB can claim millions of empty ones, of which each takes some hundred bytes here.
    private static let mostLayers = 1 << 19
    private static let mostBlobs = 1 << 18
    private static let mostBlobsOfLayer = 1 << 16

    private static func place(_ layer: String, _ index: Int) -> String { "blob \(index) of layer '\(layer)'" }
}
