import Folding
import Frontend
import NetGraph
import ProtobufWire
import Prototxt

/// A net and its weights on their way into the dialect of another fork, without folding.
public struct DialectConversion: WeightConversion {
    private let target: TargetDialect
    private let file: any WeightFile
    private let layers: [DialectLayer]
    private let text: DialectText
    /// The new layers with the new text, which may get new names for HDF5.
    private var whole: CaffeWeightConversion
    private let newNumbers: AnyWeightStore
    private let otherRemarks: [String]

    /// - Throws: with the name of the first layer that has no equal form in the dialect.
    public init(
        weights path: String, prototxt: String, to target: TargetDialect, options: CaffeOptions
    ) throws(ModelError) {
        let definition = try NetDefinition(path: prototxt)
        try self.init(try WeightFiles.open(path), definition: definition, to: target, options: options)
    }

    init(
        _ file: any WeightFile, definition: NetDefinition, to target: TargetDialect, options: CaffeOptions
    ) throws(ModelError) {
        self.target = target
        self.file = file
        let planner = try DialectPlanner(target, definition: definition, file: file, options: options)
        layers = try planner.layers()
        text = try DialectText(
            target, of: definition, layers: layers,
            switching: options.assumesGlobalStatistics ? planner.deployedLayers : [])
        let document = try Self.applying(text.edits, to: definition.document)
        let converted = try NetDefinition(document: document)
        whole = try CaffeWeightConversion(file, definition: converted)
        let network: Network
        let numbers: [ParameterID: [Double]]
        (network, numbers) = try Self.network(whole.network, with: layers, in: target)
        newNumbers = AnyWeightStore(VectorStore(numbers: numbers))
        whole.adopt(network, replaced: Set(numbers.keys), by: newNumbers)
        otherRemarks = planner.remarks.map(\.message)
        try checkSharing(of: definition, after: converted)
    }

    private static func applying(
        _ edits: [SourceEdit], to document: PrototxtDocument
    ) throws(ModelError) -> PrototxtDocument {
        do {
            return try PrototxtDocument(parsing: try document.applying(edits), path: document.path)
        } catch {
            throw ModelError(
                .internalFault, "\(document.path): the edits of the prototxt do not fit together: \(error)")
        }
    }

    /// The layers of the file, with the blobs that the converted ones have.
    private static func network(
        _ old: Network, with layers: [DialectLayer], in target: TargetDialect
    ) throws(ModelError) -> (Network, [ParameterID: [Double]]) {
        var network = old
        var numbers: [ParameterID: [Double]] = [:]
        if target != .nvcaffe {
            // Half precision in a .caffemodel is NVCaffe's alone.
            for index in network.parameters.indices where network.parameters[index].elementType == .float16 {
                network.parameters[index].elementType = .float32
            }
        }
        func parameters(_ blobs: [DialectLayer.Blob], of name: String) throws(ModelError) -> [ParameterID] {
            var result: [ParameterID] = []
            for (index, blob) in blobs.enumerated() {
                if let wrong = blob.values.first(where: {
                    blob.elementType == .float64 ? !$0.isFinite : !Float($0).isFinite
                }) {
                    throw ModelError(
                        .malformed,
                        "layer '\(name)': its blob \(index) would hold \(wrong), which is beyond what its format holds; nothing was written"
                    )
                }
                let parameter = network.addParameter(
                    Parameter(name: "\(name) blob \(index)", shape: blob.shape, elementType: blob.elementType))
                numbers[parameter] = blob.values
                result.append(parameter)
            }
            return result
        }
        func place(_ name: String, _ type: String, _ blobs: [DialectLayer.Blob], behind: String?) throws(ModelError) {
            let operation = Operation.opaque(Opaque(type: type, parameters: try parameters(blobs, of: name)))
            if let index = network.layers.firstIndex(where: { $0.name == name }) {
                network.layers[index].operation = operation
                network.layers[index].type = type
                return
            }
            let new = Layer(
                id: LayerID((network.layers.map(\.id.index).max() ?? -1) + 1), name: name, type: type,
                operation: operation, inputs: [], outputs: [])
            let index = network.layers.firstIndex { $0.name == behind }
            network.layers.insert(new, at: index.map { $0 + 1 } ?? network.layers.count)
        }
        for layer in layers {
            try place(layer.name, layer.type, layer.blobs, behind: nil)
            if let scale = layer.scale { try place(scale.name, "Scale", scale.blobs, behind: layer.name) }
        }
        let merged = Set(layers.flatMap { $0.merged.map(\.name) })
        network.layers.removeAll { merged.contains($0.name) }
        return (network, numbers)
    }

    /// Blobs that share a name have to be the same after the conversion, too.
    private func checkSharing(of old: NetDefinition, after new: NetDefinition) throws(ModelError) {
        var named: [String: (layer: String, values: [Double])] = [:]
        let definitions = Dictionary(new.layers.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        let changed = Set(layers.flatMap { [$0.name] + [$0.scale?.name].compactMap(\.self) })
        // Converted layers first: only what shares a name with one of them has to be read.
        for layer in whole.network.layers.filter({ changed.contains($0.name) })
            + whole.network.layers.filter({ !changed.contains($0.name) })
        {
            let names = try definitions[layer.name]?.sharedNames() ?? []
            for (name, parameter) in zip(names, layer.operation.parameters) where !name.isEmpty {
                let isChanged = changed.contains(layer.name)
                guard isChanged || named[name] != nil else { continue }
                let values: [Double]
                do throws(WeightError) {
                    values = try whole.numbers.vector(parameter, of: whole.network)
                } catch {
                    throw ModelError(error)
                }
                guard let other = named[name] else {
                    named[name] = (layer.name, values)
                    continue
                }
                guard other.values == values else {
                    throw ModelError(
                        .malformed,
                        "\(old.path): the layers '\(other.layer)' and '\(layer.name)' share the parameter '\(name)', but in the dialect '\(target.rawValue)' their numbers would differ; take the name out of their 'param' entries"
                    )
                }
            }
        }
    }

    // MARK: Telling

    public var changes: [ConversionChange] {
        var result: [ConversionChange] = []
        let fields = Dictionary(grouping: text.dropped, by: \.layer).mapValues { $0.flatMap(\.fields) }
        var told: Set<String?> = []
        for layer in layers {
            told.insert(layer.name)
            result.append(
                ConversionChange(
                    layer: layer.name, sentence: "\(layer.before) became \(layer.after)",
                    droppedFields: fields[layer.name] ?? []))
        }
        for entry in text.dropped where told.insert(entry.layer).inserted {
            result.append(
                ConversionChange(layer: entry.layer, sentence: nil, droppedFields: fields[entry.layer] ?? []))
        }
        return result
    }

    public var remarks: [String] {
        var result = otherRemarks
        let rest = target == .bvlc ? whole.fieldsOfForks : []
        if !rest.isEmpty {
            result.append(
                "what BVLC Caffe does not know is still there, because it changes what the net computes: \(ReadingRemark.list(rest))"
            )
        }
        return result
    }

    public var layerCount: Int { whole.layerCount }
    public var unwrittenRemark: String? { whole.unwrittenRemark }
    public func alwaysWritesNetwork(in format: OutputFormat) -> Bool { true }

    // MARK: Writing

    public func renames(in format: OutputFormat) -> [(from: String, to: String)] { whole.renames(in: format) }

    public func networkFile(in format: OutputFormat) throws(ModelError) -> [UInt8]? {
        try whole.networkFile(in: format)
    }

    public func write(to path: String, settings: WriteSettings) throws(ModelError) {
        guard WeightContainer(settings.format) == .binary else { return try whole.write(to: path, settings: settings) }
        var writer = BinaryWeightWriter()
        writer.checkpoint = settings.checkpoint
        guard let binary = file as? BinaryWeightFile, binary.records.allSatisfy(\.isCurrent) else {
            return try writer.write(whole.network, weights: whole.numbers, to: path)
        }
        try settings.checkpoint()
        var changes = DialectWireEdits(target: target, network: whole.network)
        do {
            let edits = try changes.edits(of: binary, layers: layers)
            try writer.write(
                edits, producing: changes.messages, to: binary.source, weights: whole.numbers,
                network: whole.network, path: path)
        } catch let error as ModelError {
            throw error
        } catch let error as WireError {
            throw ModelError(error)
        } catch {
            throw ModelError(.internalFault, "\(error)")
        }
    }

    /// Reads the file back as a whole, and each converted layer as the net would run it.
    public func check(_ path: String, data: String?, format: OutputFormat) throws(ModelError) {
        try whole.check(path, data: data, format: format)
        guard let bytes = try networkFile(in: format) else { return }
        do {
            let document = try PrototxtDocument(parsing: bytes, path: text.path)
            var options = CaffeOptions()
            options.keepsTraining = true
            options.ignoresSurplus = true
            let names = Dictionary(
                renames(in: format).map { ($0.from, $0.to) }, uniquingKeysWith: { first, _ in first })
            let written = try CaffeConversion(
                definition: try NetDefinition(document: document), weights: try WeightFiles.open(path), options: options
            )
            guard let store = written.weights else { return }
            let check = DialectCheck(net: written.original, store: store)
            for layer in layers { try check.compare(layer, names: names) }
        } catch let error as ModelError {
            throw ModelError(.internalFault, "the converted pair does not load as the net that it was: \(error)")
        } catch {
            throw ModelError(.internalFault, "the converted prototxt does not parse: \(error)")
        }
    }
}

/// Numbers that are at hand.
private struct VectorStore: WeightStore {
    var numbers: [ParameterID: [Double]]

    func read<Element: WeightElement>(
        _ parameter: ParameterID, from start: Int, into buffer: UnsafeMutableBufferPointer<Element>
    ) throws(WeightError) {
        guard let values = numbers[parameter] else {
            throw WeightError(kind: .malformed, message: "a parameter of the network has no numbers")
        }
        for index in buffer.indices { buffer[index] = Element(values[start + index]) }
    }
}
