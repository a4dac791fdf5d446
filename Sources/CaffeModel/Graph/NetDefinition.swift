import Frontend
import NetGraph
import Prototxt

/// A net as its prototxt defines it: every layer of every phase, still tied to the text.
public struct NetDefinition: Sendable {
    public let document: PrototxtDocument
    public let name: String
    /// All layers, in the order of the text.
    let layers: [LayerDefinition]
    /// How many different names layers and blobs have, each of which is a number below that.
    let nameCount: Int

    public var path: String { document.path }

    /// The line that a layer begins in.
    func line(of layer: LayerID) -> Int {
        guard layers.indices.contains(layer.index) else { return 1 }
        return document.position(at: layers[layer.index].field.range.lowerBound).line
    }

    /// Reads a net in today's format.
    ///
    /// - Throws: a `ModelError` with line and column for text that is no prototxt or no net.
    public init(document: PrototxtDocument) throws(ModelError) {
        self.document = document
        let root = FieldReader(document: document, message: document.root)
        name = try root.string("name") ?? ""
        (layers, nameCount) = try LayerDefinition.all(in: document)
        guard !layers.isEmpty else {
            throw ModelError(
                .malformed, "\(document.path): has no 'layer { ... }': this is no network" + Self.hint(for: root))
        }
    }

    private static func hint(for root: FieldReader) -> String {
        if let field = SolverFields.networks.first(where: root.has) {
            return " but a solver; give the network that its '\(field):' names"
        }
        return root.has("base_lr") ? " but a solver, which names no network" : ""
    }
}

/// Numbers for names, from 0 in the order of their first mention.
private struct NameNumbers {
    private var numbers: [String: Int]

    init(capacity: Int) { numbers = Dictionary(minimumCapacity: capacity) }

    var count: Int { numbers.count }

    mutating func number(of name: String) -> Int {
        if let number = numbers[name] { return number }
        numbers[name] = numbers.count
        return numbers.count - 1
    }
}

/// One `layer { ... }` of a prototxt. Nothing in it changes; it is a class because it is handed about a lot.
final class LayerDefinition: Sendable {
    /// Its place among all layers of the text.
    let index: Int
    let field: FieldNode
    let reader: FieldReader
    let name: String
    let type: String
    let bottoms: [String]
    let tops: [String]
    /// The names as numbers, the same one for the same name in the whole net: they are looked up often, and a text takes long to find.
    let nameNumber: Int
    let bottomNumbers: [Int]
    let topNumbers: [Int]

    /// - Throws: for a layer without a type, and for names that are no strings.
    private init(
        index: Int, field: FieldNode, reader: FieldReader, names: inout NameNumbers
    ) throws(ModelError) {
        guard let type = try reader.string("type") else {
            throw ModelError(reader.document.error(at: field.range.lowerBound, "the layer has no 'type:'"))
        }
        self.index = index
        self.field = field
        self.reader = reader
        self.type = type
        name = try reader.string("name") ?? ""
        bottoms = try reader.strings("bottom")
        tops = try reader.strings("top")
        bottomNumbers = bottoms.map { names.number(of: $0) }
        topNumbers = tops.map { names.number(of: $0) }
        // Most layers are called as what they write.
        nameNumber = tops.first == name ? topNumbers[0] : names.number(of: name)
    }

    /// All layers of a text, and the number of different names in them.
    static func all(in document: PrototxtDocument) throws(ModelError) -> (layers: [LayerDefinition], nameCount: Int) {
        var layers: [LayerDefinition] = []
        let fields = document.root.fields(named: "layer")
        var names = NameNumbers(capacity: fields.count)
        for field in fields {
            guard let message = field.value.message else {
                throw ModelError(
                    document.error(
                        at: field.value.range.lowerBound,
                        "expected '{' after 'layer'; layers in a list are not read: write 'layer { }' for each"))
            }
            let reader = FieldReader(document: document, message: message)
            layers.append(try LayerDefinition(index: layers.count, field: field, reader: reader, names: &names))
        }
        return (layers, names.count)
    }

    /// An error that begins with the layer's place and name.
    func error(_ text: String) -> ModelError {
        ModelError(reader.document.error(at: field.range.lowerBound, "layer '\(name)' (\(type)): \(text)"))
    }

    /// The names under which parameters are shared, by blob index; empty where there is none.
    func sharedNames() throws(ModelError) -> [String] {
        try reader.submessages("param").map { param throws(ModelError) in try param.string("name") ?? "" }
    }

    /// Whether a BatchNorm says `use_global_stats: false`.
    var deniesGlobalStatistics: Bool {
        (try? reader.submessage("batch_norm_param").bool("use_global_stats")) == false
    }

    /// The weight of a loss's first top in what training minimises.
    var lossWeight: Double { (try? reader.floats("loss_weight").first).map(Double.init) ?? 1 }

    /// The axis of `softmax_param`, which a SoftmaxWithLoss shares with Softmax.
    var softmaxAxis: Int {
        (try? reader.submessage("softmax_param").integer("axis")) ?? 1
    }
}
