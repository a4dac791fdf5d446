import Frontend
import NetGraph

/// Decides what becomes of each batch normalisation of a net in the dialect of another fork.
struct DialectPlanner {
    let target: TargetDialect
    let definition: NetDefinition
    let file: any WeightFile
    /// The net in the phase TEST, and in TRAIN where it differs and can be built.
    private let nets: [CaffeNetwork]
    private let stores: [CaffeWeightStore]
    private let readers: [[ValueID: [Int]]]

    init(
        _ target: TargetDialect, definition: NetDefinition, file: any WeightFile, options: CaffeOptions
    ) throws(ModelError) {
        self.target = target
        self.definition = definition
        self.file = file
        var builder = GraphBuilder(definition: definition)
        builder.state = options.state
        builder.weights = file
        builder.dialect = options.batchNormDialect
        builder.inputShapes = options.inputShapes
        builder.borrowsDataLayers = true
        builder.assumesGlobalStatistics = options.assumesGlobalStatistics
        // A Scale that the prototxt lacks would be lost on whoever runs the net. Other layers stay in the weights.
        builder.surplus = try SurplusLayers(of: file, lackedBy: definition)
        var nets = [try builder.build()]
        let included = Set(nets[0].network.layers.map(\.id.index))
        if definition.layers.contains(where: { !included.contains($0.index) }) {
            builder.state.phase = .train
            // A net that is no longer trained may lack what only training needs. Its normalisations that are nowhere else are refused below, and
            // no Scale becomes part of a layer that one of its layers may read.
            if let trained = try? builder.build() { nets.append(trained) }
        }
        self.nets = nets
        stores = nets.map { CaffeWeightStore(file: file, blobs: $0.blobs) }
        readers = nets.map { net in
            var readers: [ValueID: [Int]] = [:]
            for (position, layer) in net.network.layers.enumerated() {
                for input in layer.inputs { readers[input, default: []].append(position) }
            }
            return readers
        }
    }

    /// The layers of the text that take part in TEST.
    var deployedLayers: Set<Int> { Set(nets[0].network.layers.map(\.id.index)) }

    /// What is worth telling of how weights and net belong together.
    var remarks: [ReadingRemark] { nets[0].remarks.filter { $0.kind != .forkFields && $0.kind != .surplusLayers } }

    /// The layers that change, in the order of the text.
    ///
    /// - Throws: with the name of the first layer that cannot be converted, and why.
    func layers() throws(ModelError) -> [DialectLayer] {
        var names = UniqueNames(Set(definition.layers.map(\.name)).union(try file.layerNames()))
        for record in (file as? BinaryWeightFile)?.records ?? [] { names.take(record.name) }
        var groups: [String: [LayerDefinition]] = [:]
        for layer in definition.layers where Self.isNormalization(layer) {
            groups[layer.name, default: []].append(layer)
        }
        var result: [DialectLayer] = []
        for layer in definition.layers {
            guard let group = groups.removeValue(forKey: layer.name), Self.isNormalization(layer) else { continue }
            do {
                if let converted = try converted(group, names: &names) { result.append(converted) }
            } catch let reason as DialectReason {
                throw layer.error(
                    "\(reason.text); it has no equal form in the dialect '\(target.rawValue)', and nothing was written")
            } catch let error as ModelError {
                throw error
            } catch {
                throw ModelError(.internalFault, "\(error)")
            }
        }
        return result
    }

    private static func isNormalization(_ layer: LayerDefinition) -> Bool {
        layer.type == "BatchNorm" || layer.type == "BN"
    }

    /// `nil` for a layer that stays as it is, fields aside.
    private func converted(_ group: [LayerDefinition], names: inout UniqueNames) throws -> DialectLayer? {
        guard Set(group.map(\.type)).count == 1 else {
            throw DialectReason("has the type BatchNorm in one phase and BN in another")
        }
        let indices = Set(group.map(\.index))
        guard
            let (number, layer) = nets.enumerated().lazy.compactMap({ number, net in
                net.network.layers.first { indices.contains($0.id.index) }.map { (number, $0) }
            }).first
        else {
            throw DialectReason("takes part in no phase that can be built, so what its blobs are is not known")
        }
        guard case .batchNorm(let batchNorm) = layer.operation else {
            throw DialectReason("is not what its type says")
        }
        try check(batchNorm, input: nets[number].network[layer.inputs[0]].shape)
        var all = DialectSource(
            group: group, batchNorm: batchNorm,
            numbers: try NormalizationNumbers(batchNorm, of: nets[number], in: stores[number]))
        guard !isDone(all) else { return nil }
        guard batchNorm.hasStatistics else {
            throw DialectReason(
                "has no 'bn_mode: INFERENCE', so its two blobs are gamma and beta without statistics; compute them with the tools of the fork that trained it"
            )
        }
        if let behind = ScaleBehind(group, in: nets, readers: readers) {
            let isEmpty = try file.blobs(ofLayer: behind.name)?.isEmpty ?? true
            // In Intel Caffe's snapshots its numbers lie in the normalisation; elsewhere a Scale that the file lacks has those of its fillers.
            all.behind = DialectSource.Behind(
                scale: behind, isWithoutNumbers: isEmpty && all.isOfIntel,
                gamma: try numbers(behind.scale.gamma, of: behind.net) ?? [],
                beta: try numbers(behind.scale.beta, of: behind.net))
        } else if all.isOfIntel, try hasScaleWithoutNumbers(behind: layer, in: nets[number]) {
            throw DialectReason(
                "holds the numbers of the Scale behind it, which is not alone in reading it")
        }
        return try target == .bvlc ? all.inBVLC(names: &names) : target == .nvcaffe ? all.inNVCaffe() : all.inSegNet()
    }

    /// What no dialect has a form for.
    private func check(_ batchNorm: BatchNorm, input: TensorShape?) throws(DialectReason) {
        if let field = batchNorm.unknownFields.first {
            throw DialectReason("has the field '\(field)', which is not known and may change what it computes")
        }
        if batchNorm.addsEpsilonToDeviation, target != .segnet {
            throw DialectReason(
                "says 'add_eps_before_sqrt: false': its deviation is sqrt(variance) + eps, which \(target.fork) cannot say"
            )
        }
        if target == .segnet, let rank = input?.rank, rank > 4 {
            throw DialectReason("works on a blob of \(rank) axes, but the BN of SegNet's Caffe takes at most 4")
        }
    }

    /// Whether the layer has the form of the target already.
    private func isDone(_ source: DialectSource) -> Bool {
        switch target {
        case .bvlc: !source.isBN && source.batchNorm.gamma == nil
        case .nvcaffe: source.isOfNVCaffe
        case .segnet: source.isBN && source.batchNorm.spread == .applied
        }
    }

    private func numbers(_ parameter: ParameterID?, of net: CaffeNetwork) throws(ModelError) -> [Double]? {
        guard let parameter else { return nil }
        do throws(WeightError) {
            return try CaffeWeightStore(file: file, blobs: net.blobs).vector(parameter, of: net.network)
        } catch {
            throw ModelError(error)
        }
    }

    private func hasScaleWithoutNumbers(behind layer: Layer, in net: CaffeNetwork) throws(ModelError) -> Bool {
        for next in net.network.layers where next.inputs.contains(where: layer.outputs.contains) {
            if case .scale = next.operation, try file.blobs(ofLayer: next.name)?.isEmpty ?? true { return true }
        }
        return false
    }
}
