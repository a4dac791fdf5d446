import Folding
import Frontend
import JSON
import NetGraph

/// A model of Keras with its files, as the commands see it.
struct KerasPair: Model {
    let files: ModelFiles
    let weights: (any WeightStore)?
    private let config: KerasModelConfig
    /// Where the configuration lies, for messages.
    private let place: String
    private let container: (any KerasContainer)?
    private let source: (any KerasWeightSource)?
    private let model: KerasNetwork
    private let options: ModelOptions

    init(
        config: KerasModelConfig, place: String, container: (any KerasContainer)?, files: ModelFiles,
        options: ModelOptions
    ) throws(ModelError) {
        guard config.dialect != .one else {
            throw KerasOne.refusal(of: config.document.root, version: container?.version, place: place)
        }
        self.config = config
        self.place = place
        self.container = container
        self.files = files
        self.options = options
        let source = try container.map { container throws(ModelError) in try container.weights(for: config) }
        self.source = source
        var builder = KerasGraphBuilder(config: config, weights: source, options: options, file: place)
        let model = try builder.build()
        self.model = model
        weights = source.map { KerasWeightStore(source: $0, tensors: model.tensors, constants: model.constants) }
    }

    var original: Network { model.network }
    var network: Network { model.network }
    var remarks: [ReadingRemark] { model.remarks }
    var switchedNormalizations: [LayerID] { [] }
    var preparations: [DataPreparation] { [] }
    var surplusLayers: [SurplusWeights] { [] }

    // Nothing has to be asked for: what normalises by the batch does so in every reading.
    var usesBatchStatistics: Bool { false }

    var batchStatisticsRemedy: String {
        "they are called with training=True; --assume-global-stats takes their stored statistics instead, and folds these layers"
    }

    /// A Dense with softmax is one layer, and so is one that is called several times.
    func isCounted(_ layer: LayerID) -> Bool {
        guard let origin = model.origins[layer] else { return true }
        return origin.part == .main && origin.call == 0
    }

    func deployment(of folded: Network) -> [LayerDeployment] { [] }
    func deployed() throws(ModelError) -> any Model { self }
    func network(withNamesOf twin: Network, weights twinWeights: (any WeightStore)?) -> Network {
        KerasTwin(network: model.network, weights: weights).network(withNamesOf: twin, weights: twinWeights)
    }

    // MARK: Writing

    func renames(of folded: FoldedNetwork, in format: OutputFormat) -> [LayerID: String] {
        guard let insertions = try? KerasInsertionFinder(folded, of: model).insertions() else { return [:] }
        var names: [LayerID: String] = [:]
        for insertion in insertions {
            let name = insertion.model.appending(insertion.name).description
            if folded.network.layers.contains(where: { $0.id == insertion.layer && $0.name != name }) {
                names[insertion.layer] = name
            }
        }
        return names
    }

    func unshared(by folded: FoldedNetwork) -> [PartedParameter] { [] }

    func networkFile(
        for folded: FoldedNetwork, plan: FoldPlan, format: OutputFormat
    ) throws(ModelError) -> [UInt8]? {
        guard container?.kind.hasOwnConfig != true else { return nil }
        return try text(for: KerasChanges(folded, of: model))
    }

    private func text(for changes: KerasChanges) throws(ModelError) -> [UInt8] {
        var editor = KerasEditor(
            config, changes: changes, file: place, dropsTraining: container?.kind == .archive)
        return try editor.text()
    }

    func writeWeights(
        of folded: FoldedNetwork, to path: String, settings: WriteSettings, magnitudes: WeightMagnitudes?
    ) throws(ModelError) {
        guard let container, let source, let weights else {
            throw ModelError(.internalFault, "there are no weights to write")
        }
        guard
            (settings.format.name == "keras") == (container.kind == .archive)
                || container.kind == .wholeHDF5 && container.path.hasSuffix(".keras")
        else {
            throw ModelError(
                .usage,
                container.kind == .archive
                    ? "\(container.path): is a .keras file and stays one; give OUTPUT a name that ends in .keras"
                    : "\(container.path): is HDF5 and stays so, but a name that ends in .keras is for a zip archive; give OUTPUT a name that ends in .h5"
            )
        }
        guard settings.compression == 0 else {
            throw ModelError(
                .usage, "--compress is an option for nets of Caffe; files of Keras are written as Keras writes them")
        }
        let changes = try KerasChanges(folded, of: model)
        let config = try KerasModelConfig(
            parsing: text(for: changes), file: "the new \(place)", version: container.version)
        let store = FailureNotingStore(
            FoldedWeights(base: AnyWeightStore(weights), folded: folded, magnitudes: magnitudes))
        do throws(ModelError) {
            try container.write(
                KerasWeightPlan(config: config, changes: changes.tensors), keeping: source,
                store: AnyWeightStore(store), to: path, settings: settings)
        } catch {
            guard case .overflow = error.kind, let parameter = store.failed.parameter else { throw error }
            var overflow = error
            overflow.kind = .overflow(
                folded.network.layers.filter { $0.operation.parameters.contains(parameter) }.map(\.id))
            throw overflow
        }
    }

    // MARK: Writing other statistics

    var containerFormat: OutputFormat { OutputFormat(name: container?.kind == .archive ? "keras" : "hdf5") }

    var trainingBatchSize: Int? { nil }

    func networkFile(recalibrated folded: FoldedNetwork) throws(ModelError) -> [UInt8]? {
        guard container?.kind.hasOwnConfig != true else { return nil }
        return try text(for: KerasChanges(folded, of: model))
    }

    func writeWeights(
        recalibrated folded: FoldedNetwork, to path: String, settings: WriteSettings
    ) throws(ModelError) {
        try writeWeights(of: folded, to: path, settings: settings, magnitudes: nil)
    }

    func check(_ folded: FoldedNetwork, files: ModelFiles, format: OutputFormat) throws(ModelError) {
        if let network = files.network, container?.kind.hasOwnConfig == true {
            throw ModelError(
                .usage,
                "\(network): is named for the architecture, but the file that is written holds that of its model itself; leave it out"
            )
        }
        var session = KerasSession()
        session.readsOwnFiles = true
        let written: KerasPair
        do throws(ModelError) {
            guard let pair = try session.open(files, options: options) as? KerasPair else {
                throw ModelError(.internalFault, "the written model is none of Keras")
            }
            written = pair
        } catch {
            guard error.kind == .malformed || error.kind == .usage else { throw error }
            throw ModelError(.internalFault, "the written model does not load: \(error)")
        }
        let names = renames(of: folded, in: format)
        var renamed = folded.network
        for index in renamed.layers.indices {
            if let name = names[renamed.layers[index].id] { renamed.layers[index].name = name }
        }
        let expected = Self.anonymous(renamed, model.origins)
        let found = Self.anonymous(written.model.network, written.model.origins)
        if let difference = NetworkStructure(expected).firstDifference(from: NetworkStructure(found)) {
            throw ModelError(
                .internalFault,
                "the written model is not the planned network; planned: \(difference.expected); written: \(difference.found)"
            )
        }
        guard let weights, let rewritten = written.weights else { return }
        let store = FoldedWeights(base: AnyWeightStore(weights), folded: folded)
        for (planned, found) in zip(expected.layers, found.layers) {
            for (parameter, copy) in zip(planned.operation.parameters, found.operation.parameters) {
                guard
                    try WeightComparison.agree(
                        parameter, in: store, copy, in: AnyWeightStore(rewritten), of: folded.network)
                else {
                    throw ModelError(
                        .internalFault, "the written weights of layer '\(planned.name)' are not the planned ones")
                }
            }
        }
    }

    /// The same network with names where the file has some: values have none of their own, nor have layers that only help.
    private static func anonymous(_ network: Network, _ origins: [LayerID: KerasNetwork.Origin]) -> Network {
        // A nested model of which nothing is left goes with its doors.
        var result = withoutIdentities(network)
        for index in result.values.indices {
            result.values[index].name = ""
            result.values[index].isSealed = false
        }
        result.layers = inOrder(result)
        for index in result.layers.indices where origins[result.layers[index].id]?.part == .helper {
            result.layers[index].name = ""
        }
        return result
    }

    /// The same network without layers that hand their input on.
    private static func withoutIdentities(_ network: Network) -> Network {
        var result = network
        var sources: [ValueID: ValueID] = [:]
        result.layers.removeAll { layer in
            guard case .identity = layer.operation, layer.inputs.count == 1, layer.outputs.count == 1 else {
                return false
            }
            sources[layer.outputs[0]] = sources[layer.inputs[0]] ?? layer.inputs[0]
            return true
        }
        for index in result.layers.indices {
            result.layers[index].inputs = result.layers[index].inputs.map { sources[$0] ?? $0 }
        }
        result.outputs = result.outputs.map { sources[$0] ?? $0 }
        return result
    }

    /// The layers in an order that follows from who reads what: each behind all that it reads.
    private static func inOrder(_ network: Network) -> [Layer] {
        let producers = Dictionary(
            network.layers.indices.flatMap { index in network.layers[index].outputs.map { ($0, index) } },
            uniquingKeysWith: { first, _ in first })
        let read = Set(network.layers.flatMap(\.inputs))
        var order: [Layer] = []
        var seen: Set<Int> = []
        // Those that nobody reads, by name; from there on all that leads to them.
        let ends = network.layers.indices.filter { network.layers[$0].outputs.allSatisfy { !read.contains($0) } }
            .sorted { (network.layers[$0].name, $0) < (network.layers[$1].name, $1) }
        for end in ends where seen.insert(end).inserted {
            var stack: [(layer: Int, next: Int)] = [(end, 0)]
            while let (layer, next) = stack.last {
                guard next < network.layers[layer].inputs.count else {
                    order.append(network.layers[layer])
                    stack.removeLast()
                    continue
                }
                stack[stack.count - 1].next += 1
                if let producer = producers[network.layers[layer].inputs[next]], seen.insert(producer).inserted {
                    stack.append((producer, 0))
                }
            }
        }
        return order
    }
}

/// Remembers which parameter could not be read, for an error that has to name the layers.
private struct FailureNotingStore<Base: WeightStore>: WeightStore {
    /// Written while a file is written, and read when that has ended.
    final class Failed {
        var parameter: ParameterID?
    }

    private let base: Base
    let failed = Failed()

    init(_ base: Base) { self.base = base }

    func read<Element: WeightElement>(
        _ parameter: ParameterID, from start: Int, into buffer: UnsafeMutableBufferPointer<Element>
    ) throws(WeightError) {
        do throws(WeightError) {
            try base.read(parameter, from: start, into: buffer)
        } catch {
            if failed.parameter == nil { failed.parameter = parameter }
            throw error
        }
    }

    func isComputed(_ parameter: ParameterID) -> Bool { base.isComputed(parameter) }
    func location(of parameter: ParameterID) -> String? { base.location(of: parameter) }
}
