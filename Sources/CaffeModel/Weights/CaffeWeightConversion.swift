import Folding
import Frontend
import NetGraph
import Prototxt

/// The same weights in another container, without folding: every layer that has blobs, whatever phase it belongs to.
public struct CaffeWeightConversion: WeightConversion {
    private let file: any WeightFile
    private let definition: NetDefinition?
    /// One opaque layer for each layer of the file.
    private(set) var network: Network
    private let store: CaffeWeightStore
    /// Other numbers for some of the blobs.
    private var replacement: Replacement?

    private struct Replacement {
        /// By layer and index.
        var blobs: [String: [Int: ParameterID]]
        var weights: AnyWeightStore
        /// That of the new parameters.
        var network: Network
        /// The same by the parameters of the conversion's network.
        var parameters: [ParameterID: ParameterID]
    }

    /// Opens the weights, and the prototxt that gives layers their types and, where names have to change, gets the new ones.
    public init(weights path: String, prototxt: String?) throws(ModelError) {
        try self.init(
            try WeightFiles.open(path),
            definition: try prototxt.map { path throws(ModelError) in try NetDefinition(path: path) })
    }

    init(_ file: any WeightFile, definition: NetDefinition?) throws(ModelError) {
        self.file = file
        self.definition = definition
        let path = file.path
        var definitions: [String: LayerDefinition] = [:]
        for layer in definition?.layers ?? [] where definitions[layer.name] == nil { definitions[layer.name] = layer }

        var network = Network(name: definition?.name ?? (file as? BinaryWeightFile)?.name ?? "")
        var blobs: [ParameterID: StoredBlob] = [:]
        for name in try file.layerNames() {
            let stored = try file.blobs(ofLayer: name) ?? [:]
            let record = (file as? BinaryWeightFile)?.record(named: name)
            let definedType = definitions[name]?.type ?? record?.type ?? ""
            let modernShapes = record.map { record in
                let shapes = record.blobs.map(\.shape)
                return record.blobs.contains(where: \.hasLegacyShape)
                    ? LegacyShape.modern(shapes, type: definedType) : shapes
            }
            var parameters: [ParameterID] = []
            for (index, blob) in stored.sorted(by: { $0.key < $1.key }) {
                guard index == parameters.count else {
                    throw ModelError(
                        .malformed, "\(path): \(blob.place) follows a gap: there is no blob \(parameters.count)")
                }
                let parameter = network.addParameter(
                    Parameter(
                        name: "\(name) blob \(index)", shape: modernShapes?[index] ?? blob.shape,
                        elementType: blob.elementType))
                blobs[parameter] = blob
                parameters.append(parameter)
            }
            network.layers.append(
                Layer(
                    id: LayerID(network.layers.count), name: name, type: definedType,
                    operation: .opaque(Opaque(type: definedType, parameters: parameters)), inputs: [], outputs: []))
        }
        guard !network.layers.isEmpty else {
            throw ModelError(.malformed, "\(path): holds no blobs; there is nothing to convert")
        }
        self.network = network
        store = CaffeWeightStore(file: file, blobs: blobs)
    }

    /// Gives some of the blobs other numbers, in the form of the old ones.
    ///
    /// - Parameters:
    ///   - blobs: the parameters that take their places, by layer and index.
    ///   - weights: gives their numbers.
    mutating func replace(_ blobs: [String: [Int: ParameterID]], by weights: AnyWeightStore, of other: Network) {
        var parameters: [ParameterID: ParameterID] = [:]
        for layer in network.layers {
            for (index, parameter) in layer.operation.parameters.enumerated() {
                parameters[parameter] = blobs[layer.name]?[index]
            }
        }
        replacement = Replacement(blobs: blobs, weights: weights, network: other, parameters: parameters)
    }

    /// Takes other layers, some of whose parameters have other numbers.
    ///
    /// - Parameters:
    ///   - weights: has the numbers of those parameters that `replaced` names.
    mutating func adopt(_ layers: Network, replaced: Set<ParameterID>, by weights: AnyWeightStore) {
        network = layers
        replacement = Replacement(
            blobs: [:], weights: weights, network: layers,
            parameters: Dictionary(uniqueKeysWithValues: replaced.map { ($0, $0) }))
    }

    /// The number of layers with blobs.
    public var layerCount: Int { network.layers.count }

    /// What to say of blobs that were never written; `nil` where all were.
    public var unwrittenRemark: String? {
        let blobs = store.blobs.sorted { $0.key < $1.key }.map(\.value)
        return StoredBlob.unwritten(blobs, in: file.path)
    }

    /// New names of layers, old name first, for a container that cannot hold the old ones.
    public func renames(in format: OutputFormat) -> [(from: String, to: String)] {
        let renames = LayerNames.renames(in: renamedNetwork)
        guard WeightContainer(format) == .hdf5 else { return [] }
        return renamedNetwork.layers.compactMap { layer in renames[layer.id].map { (layer.name, $0) } }
    }

    /// The prototxt with the new names; `nil` when none was given.
    ///
    /// - Throws: when names have to change and there is no prototxt to tell them.
    public func networkFile(in format: OutputFormat) throws(ModelError) -> [UInt8]? {
        let names = Dictionary(renames(in: format).map { ($0.from, $0.to) }, uniquingKeysWith: { first, _ in first })
        guard let definition else {
            guard let first = names.keys.sorted().first else { return nil }
            throw ModelError(
                .malformed,
                "\(file.path): \(names.count) layer names, among them '\(first)', cannot stand in HDF5, and the prototxt needs the new names as well; give it with --prototxt, or write a .caffemodel"
            )
        }
        let document = definition.document
        let edits = definition.layers.compactMap { layer -> SourceEdit? in
            guard let name = names[layer.name], let scalar = layer.reader.message?.value(named: "name")?.scalar else {
                return nil
            }
            return document.replacement(of: scalar, withString: name)
        }
        do {
            return try document.applying(edits)
        } catch {
            throw ModelError(
                .internalFault, "\(document.path): the edits of the prototxt do not fit together: \(error)")
        }
    }

    /// Writes the weights.
    public func write(to path: String, settings: WriteSettings) throws(ModelError) {
        switch WeightContainer(settings.format) {
        case .hdf5:
            var writer = HDF5WeightWriter()
            writer.compression = settings.compression
            writer.renames = LayerNames.renames(in: renamedNetwork)
            writer.checkpoint = settings.checkpoint
            try writer.write(network, weights: numbers, to: path)
        case .binary:
            var writer = BinaryWeightWriter()
            writer.checkpoint = settings.checkpoint
            if let binary = file as? BinaryWeightFile {
                try writer.copy(
                    binary, replacing: replacement?.blobs ?? [:], by: replacement?.weights ?? AnyWeightStore(store),
                    of: replacement?.network ?? network, to: path)
            } else {
                try writer.write(network, weights: store, to: path)
            }
        }
    }

    /// Reads the written file back: the same layers, shapes and, at both ends of each tensor, numbers.
    public func check(_ path: String, data: String?, format: OutputFormat) throws(ModelError) {
        let written = try WeightFiles.open(path)
        let names = WeightContainer(format) == .hdf5 ? LayerNames.renames(in: renamedNetwork) : [:]
        for layer in network.layers {
            let blobs = try written.blobs(ofLayer: names[layer.id] ?? layer.name) ?? [:]
            let parameters = layer.operation.parameters
            guard blobs.count == parameters.count else {
                throw ModelError(
                    .internalFault,
                    "layer '\(layer.name)' was written with \(blobs.count) blobs instead of \(parameters.count)")
            }
            for (index, parameter) in parameters.enumerated() {
                guard let blob = blobs[index], blob.shape.reduce(1, *) == network[parameter].elementCount else {
                    throw ModelError(.internalFault, "\(network[parameter].name) was written with another shape")
                }
                let copy = CaffeWeightStore(file: written, blobs: [parameter: blob])
                guard try WeightComparison.agree(parameter, in: numbers, parameter, in: copy, of: network) else {
                    throw ModelError(.internalFault, "\(network[parameter].name) was not written as it was read")
                }
            }
        }
    }

    /// Types and fields of the prototxt that BVLC Caffe does not know.
    var fieldsOfForks: [String] {
        guard let definition else { return [] }
        return (definition.forkFields + definition.layers.flatMap(\.unknownToCaffe)).uniqued
    }

    var numbers: ReplacedWeights {
        ReplacedWeights(
            base: store, other: replacement?.weights ?? AnyWeightStore(store), replaced: replacement?.parameters ?? [:])
    }

    /// The layers of the prototxt beside those of the file: all of them have to have names that do not collide.
    private var renamedNetwork: Network {
        var result = network
        let known = Set(network.layers.map(\.name))
        for layer in definition?.layers ?? [] where !known.contains(layer.name) {
            result.layers.append(
                Layer(
                    id: LayerID(result.layers.count), name: layer.name, type: layer.type,
                    operation: .opaque(Opaque(type: layer.type)), inputs: [], outputs: []))
        }
        return result
    }
}

/// Weights some of which come from elsewhere.
struct ReplacedWeights: WeightStore {
    var base: CaffeWeightStore
    var other: AnyWeightStore
    /// The parameters of `other`, by those that they stand for.
    var replaced: [ParameterID: ParameterID]

    func read<Element: WeightElement>(
        _ parameter: ParameterID, from start: Int, into buffer: UnsafeMutableBufferPointer<Element>
    ) throws(WeightError) {
        guard let replacement = replaced[parameter] else {
            return try base.read(parameter, from: start, into: buffer)
        }
        try other.read(replacement, from: start, into: buffer)
    }
}
