import Files
import Folding
import Frontend
import HDF5
import NetGraph
import Prototxt

/// How a Caffe net is read.
public struct CaffeOptions: Hashable, Sendable {
    public var state = NetState()
    /// Shapes of inputs that the prototxt does not tell, by blob name: (N, C, H, W) or of another rank.
    public var inputShapes: [String: [Int]] = [:]
    /// Take `use_global_stats: false` in TEST as true.
    public var assumesGlobalStatistics = false
    /// Leave `use_global_stats: false` in a net that is deployed, which uses the stored statistics otherwise.
    public var keepsBatchStatistics = false
    /// The dialect of BatchNorms whose blobs do not tell it.
    public var batchNormDialect: BatchNormDialect?
    /// Leave out normalisations and Scales of the weights that the net lacks, instead of refusing them.
    public var ignoresSurplus = false
    /// Write layers of forks as those of BVLC Caffe that compute the same.
    public var usesStandardTypes = false
    /// Only fold: leave data, loss, param and filler fields.
    public var keepsTraining = false
    /// Tell of numbers that HDF5 holds in half precision that they are; they are read as Float otherwise.
    public var tellsHalfPrecision = false

    public init() {}
}

/// One Caffe net on its way from a trained pair of files to a deployed one.
public struct CaffeConversion {
    /// The net as it was read, in the phase TEST.
    public let original: CaffeNetwork
    /// The network that is to be planned and folded.
    public let network: Network
    /// What deployment did to the layers of `original`.
    public let changes: [DeployChange]
    /// BatchNorms that say `use_global_stats: false`, as training needs, and are deployed with their stored statistics.
    public let switchedNormalizations: [LayerID]
    /// What was done to the data before the net got it, which is for whoever runs the deployed net to do.
    public let preprocessing: [DataPreparation]
    /// The numbers of the parameters; `nil` when only the prototxt was given.
    public let weights: CaffeWeightStore?
    /// Layers of the weights that the net lacks in every phase; they are left out.
    public let surplus: [SurplusWeights]
    public let options: CaffeOptions

    /// Whether a layer of the network normalises by the statistics of each batch, though it has stored ones.
    public var usesBatchStatistics: Bool {
        network.layers.contains { layer in
            guard case .batchNorm(let batchNorm) = layer.operation else { return false }
            return batchNorm.hasStatistics && !batchNorm.usesGlobalStatistics
        }
    }

    /// Reads a net and, where given, its weights.
    ///
    /// - Throws: `ModelError` for files that cannot be read or do not fit together.
    public init(prototxt path: String, weights weightsPath: String?, options: CaffeOptions) throws(ModelError) {
        try self.init(definition: try NetDefinition(path: path), weights: weightsPath, options: options)
    }

    /// Reads weights for a net that was read already.
    ///
    /// - Throws: `ModelError` for files that cannot be read or do not fit together.
    public init(
        definition: NetDefinition, weights weightsPath: String?, options: CaffeOptions
    ) throws(ModelError) {
        try self.init(
            definition: definition,
            weights: try weightsPath.map { path throws(ModelError) in
                try WeightFiles.open(path, tellsHalfPrecision: options.tellsHalfPrecision)
            },
            options: options)
    }

    init(definition: NetDefinition, weights file: (any WeightFile)?, options: CaffeOptions) throws(ModelError) {
        self.options = options
        var builder = GraphBuilder(definition: definition)
        builder.state = options.state
        builder.weights = file
        builder.inputShapes = options.inputShapes
        builder.assumesGlobalStatistics = options.assumesGlobalStatistics
        builder.dialect = options.batchNormDialect
        builder.borrowsDataLayers = !options.keepsTraining
        if let file { builder.surplus = try SurplusLayers(of: file, lackedBy: definition) }
        surplus = builder.surplus.layers
        builder.ignoresSurplus = options.ignoresSurplus
        let built = try builder.build()
        original = built
        weights = file.map { CaffeWeightStore(file: $0, blobs: built.blobs) }
        if options.keepsTraining {
            network = built.network
            changes = []
            switchedNormalizations = []
            preprocessing = []
        } else {
            let deployed = built.deployed(keepsBatchStatistics: options.keepsBatchStatistics)
            network = deployed.network
            changes = deployed.changes
            switchedNormalizations = deployed.switchedNormalizations
            preprocessing = try built.preprocessing(of: deployed)
        }
        try checkInputShapeNames()
    }

    // MARK: Writing

    /// New names of the layers whose names the container cannot hold: HDF5 takes a '/' for a group.
    public func renames(of folded: FoldedNetwork, in container: WeightContainer) -> [LayerID: String] {
        container == .hdf5 ? LayerNames.renames(in: folded.network) : [:]
    }

    /// The text of the deploy prototxt.
    ///
    /// - Parameters:
    ///   - plan: the plan that `folded` came from.
    ///   - container: what the weights are written as.
    /// - Throws: when the shape of a data layer is not known, with the option that gives it.
    public func prototxt(
        for folded: FoldedNetwork, plan: FoldPlan, container: WeightContainer
    ) throws(ModelError) -> [UInt8] {
        try requireInputShapes()
        return try DeployPrototxtWriter(
            original: original, network: folded.network, renames: renames(of: folded, in: container),
            keepsTraining: options.keepsTraining, usesStandardTypes: options.usesStandardTypes,
            mergedLayers: Set(plan.leftovers.flatMap(\.chain))
        ).text()
    }

    /// Writes the folded weights.
    ///
    /// - Parameters:
    ///   - container: what to write; a `.caffemodel` that the weights come from is edited, anything else written anew.
    ///   - compression: gzip level, 0 for none.
    ///   - magnitudes: gets to know the folded weights on the way.
    ///   - checkpoint: called between slices; throws to stop.
    public func writeWeights(
        of folded: FoldedNetwork, to path: String, as container: WeightContainer, compression: Int,
        magnitudes: WeightMagnitudes? = nil, checkpoint: @escaping () throws(ModelError) -> Void
    ) throws(ModelError) {
        guard let weights else { throw ModelError(.internalFault, "there are no weights to write") }
        let store = FoldedWeights(base: weights, folded: folded, magnitudes: magnitudes)
        switch container {
        case .hdf5:
            var writer = HDF5WeightWriter()
            writer.compression = compression
            writer.keepsHalfPrecision = folded.halved != nil
            writer.renames = renames(of: folded, in: container)
            writer.checkpoint = checkpoint
            try writer.write(folded.network, weights: store, to: path)
        case .binary:
            var writer = BinaryWeightWriter()
            writer.checkpoint = checkpoint
            if let file = weights.file as? BinaryWeightFile, file.records.allSatisfy(\.isCurrent) {
                try writer.write(folded.network, editing: file, original: original, weights: store, to: path)
            } else {
                try writer.write(folded.network, weights: store, to: path)
            }
        }
    }

    /// Reads a written pair back and holds it against the folded network: layers, names, sharing, shapes, and numbers at both ends of each
    /// tensor.
    ///
    /// - Throws: `ModelError` of the kind `internalFault` that names the first difference.
    public func check(
        _ folded: FoldedNetwork, prototxt: String, weights path: String, container: WeightContainer
    ) throws(ModelError) {
        var readOptions = options
        readOptions.inputShapes = [:]
        readOptions.keepsTraining = true
        readOptions.tellsHalfPrecision = folded.halved != nil
        let written: CaffeConversion
        do {
            written = try CaffeConversion(prototxt: prototxt, weights: path, options: readOptions)
        } catch {
            guard error.kind == .malformed || error.kind == .usage else { throw error }
            throw ModelError(.internalFault, "the written pair of files does not load: \(error)")
        }
        var expected = folded.network
        let renames = renames(of: folded, in: container)
        if container == .hdf5, folded.halved == nil {
            // Nobody asked for half precision, and any Caffe is to read what is written.
            for index in expected.parameters.indices where expected.parameters[index].elementType == .float16 {
                expected.parameters[index].elementType = .float32
            }
        }
        for index in expected.layers.indices where !renames.isEmpty {
            if let name = renames[expected.layers[index].id] { expected.layers[index].name = name }
        }
        if let difference = NetworkStructure(expected).firstDifference(from: NetworkStructure(written.network)) {
            throw ModelError(
                .internalFault,
                "the written prototxt is not the planned network; planned: \(difference.expected); written: \(difference.found)"
            )
        }
        guard let base = weights, let reread = written.weights else { return }
        let store = FoldedWeights(base: base, folded: folded)
        for (planned, found) in zip(expected.layers, written.network.layers) {
            for (parameter, copy) in zip(planned.operation.parameters, found.operation.parameters) {
                guard try WeightComparison.agree(parameter, in: store, copy, in: reread, of: expected) else {
                    throw ModelError(
                        .internalFault, "the written weights of layer '\(planned.name)' are not the planned ones")
                }
            }
        }
        ProcessEnd.keep(written)
    }

    // MARK: Input shapes

    /// The blobs that the net takes its data from.
    private var inputNames: [String] {
        original.network.layers.filter { layer in
            switch layer.operation {
            case .input, .dataSource: true
            default: false
            }
        }.flatMap { $0.outputs.map { original.network[$0].name } }
    }

    private func checkInputShapeNames() throws(ModelError) {
        let known = inputNames
        for name in options.inputShapes.keys.sorted() where !known.contains(name) {
            throw ModelError(
                .usage,
                "--input-shape names '\(name)', but the inputs of \(original.definition.path) are \(known.map { "'\($0)'" }.joined(separator: ", "))"
            )
        }
    }

    /// A data layer that becomes an Input needs a shape for each of its tops.
    private func requireInputShapes() throws(ModelError) {
        let positions = Dictionary(
            network.layers.enumerated().map { ($1.id, $0) }, uniquingKeysWith: { first, _ in first })
        for change in changes {
            guard case .becameInput = change.kind, let definition = original.definition(of: change.layer),
                let layer = positions[change.layer].map({ network.layers[$0] })
            else { continue }
            for output in layer.outputs where network[output].shape?.known == nil {
                let name = network[output].name
                let hint = ChannelHint(network: network).channels(of: output)
                let channels = hint.map { String($0.channels) } ?? "C"
                throw definition.error(
                    "the shape of its top '\(name)' is not told by the prototxt; give it: --input-shape \(name)=1,\(channels),H,W"
                        + (hint.map { " (the weights of layer '\($0.layer)' tell C = \($0.channels))" } ?? ""))
            }
        }
    }
}

extension CaffeConversion {
    /// The shared parameters that layers had to part with, because their folds differ.
    public func unshared(by folded: FoldedNetwork) -> [PartedParameter] {
        guard !original.sharedNames.isEmpty else { return [] }
        let after = Dictionary(folded.network.layers.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        var order: [ParameterID] = []
        var groups: [ParameterID: [(parameter: ParameterID, layers: [String])]] = [:]
        // Where in its list the group of each new parameter stands.
        var places: [ParameterID: [ParameterID: Int]] = [:]
        for layer in network.layers {
            guard let new = after[layer.id], new.type == layer.type else { continue }
            for (old, parameter) in zip(layer.operation.parameters, new.operation.parameters)
            where original.sharedNames[old] != nil {
                if groups[old] == nil { order.append(old) }
                if let place = places[old]?[parameter] {
                    groups[old]?[place].layers.append(layer.name)
                } else {
                    places[old, default: [:]][parameter] = groups[old]?.count ?? 0
                    groups[old, default: []].append((parameter, [layer.name]))
                }
            }
        }
        return order.compactMap { parameter in
            guard let parts = groups[parameter], parts.count > 1 else { return nil }
            return PartedParameter(name: original.sharedNames[parameter] ?? "", groups: parts.map(\.layers))
        }
    }
}
