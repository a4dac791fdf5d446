import Frontend
import NetGraph

/// What a layer says about one of its parameters.
struct ExpectedBlob {
    /// Its role in the field's words: `weight`, `bias`, `mean`.
    var role: String
    /// Its shape as far as prototxt and bottoms tell; `nil` where nothing is known.
    var shape: [Int?]?
    /// What Caffe fills it with when the file lacks the whole layer; `nil` where that is no use to anybody.
    var filler: Filler?
    /// Whether zeros are no sensible number for it: the weight of a linear layer, which is trained.
    var needsTraining = false
}

/// Gives the parameters of a net their identifiers, resolves sharing by name, and holds them against the weights file.
final class ParameterRegistry {
    let weights: (any WeightFile)?
    private let definition: NetDefinition
    private let surplusLayers: SurplusLayers
    private let ignoresSurplus: Bool
    private(set) var parameters: [Parameter] = []
    /// Where the numbers of each parameter are.
    private(set) var blobs: [ParameterID: StoredBlob] = [:]
    /// The names under which parameters are shared.
    private(set) var sharedNames: [ParameterID: String] = [:]
    /// Parameters whose numbers are not, or not in every place, those that the file has for them.
    private(set) var rewritten: Set<ParameterID> = []
    private var owners: [String: ParameterID] = [:]
    /// Parameters that no layer so far had a blob for, with the error that this is.
    private var missing: [ParameterID: ModelError] = [:]
    /// Parameters that constants fill where no layer has a blob for them.
    private var constants: [ParameterID: (layer: LayerDefinition, role: String, blob: StoredBlob)] = [:]
    /// The copies of each shared parameter.
    private var copies = SharedCopies()
    /// How the blobs of BatchNorms are read that share their first parameter by a name.
    private var dialects: [String: BatchNormDialect] = [:]
    /// Blobs that were never written, and their layers.
    private var unwritten: [(layer: String, blob: StoredBlob)] = []
    private(set) var remarks = RemarkCollector()
    /// What the net lacks of the weights.
    var surplus: [SurplusWeights] { surplusLayers.layers }

    init(
        weights: (any WeightFile)?, definition: NetDefinition, surplus: SurplusLayers = SurplusLayers(),
        ignoresSurplus: Bool = false
    ) {
        self.weights = weights
        self.definition = definition
        surplusLayers = surplus
        self.ignoresSurplus = ignoresSurplus
    }

    /// The parameters of a layer whose blobs are known by role.
    ///
    /// - Throws: for a layer that the weights file does not know, a missing or surplus blob, a wrong shape.
    func register(_ expected: [ExpectedBlob], of layer: LayerDefinition) throws(ModelError) -> [ParameterID] {
        let stored = try weights?.blobs(ofLayer: layer.name)
        if let stored, stored.keys.contains(where: { $0 >= expected.count }) {
            throw wrongCount(layer, expected: expected, stored: stored)
        }
        let names = try layer.sharedNames()
        var result: [ParameterID] = []
        for (index, blob) in expected.enumerated() {
            let shared = names.indices.contains(index) ? names[index] : ""
            result.append(
                try register(blob, at: index, of: layer, sharedName: shared, stored: stored, expected: expected))
        }
        return result
    }

    /// The parameters of a layer that the file has no numbers for, each of them a constant whatever its filler says.
    func register(
        _ expected: [ExpectedBlob], of layer: LayerDefinition, filledWith numbers: [Float]
    ) throws(ModelError) -> [ParameterID] {
        var result: [ParameterID] = []
        for (blob, number) in zip(expected, numbers) {
            guard let shape = blob.shape.flatMap({ TensorShape($0).known }) else {
                throw layer.error("has no numbers of its own, and the shape of its \(blob.role) is not known")
            }
            let parameter = ParameterID(parameters.count)
            parameters.append(Parameter(name: "\(layer.name) \(blob.role)", shape: shape))
            adopt(Self.constant(number, shape: shape, role: blob.role, of: layer), for: parameter)
            rewritten.insert(parameter)
            result.append(parameter)
        }
        return result
    }

    /// The parameters of a layer that nothing is known about: whatever the file holds for it.
    func registerAll(of layer: LayerDefinition) throws(ModelError) -> [ParameterID] {
        let stored = try weights?.blobs(ofLayer: layer.name) ?? [:]
        let names = try layer.sharedNames()
        let sharedCount = names.lastIndex { owners[$0] != nil && !$0.isEmpty }.map { $0 + 1 } ?? 0
        // Only what other layers hold may be missing: a blob behind more than that is told as one too many, and no list is as long as its number.
        let count = max(min((stored.keys.max() ?? -1) + 1, stored.count + names.count), sharedCount)
        let expected = (0..<count).map { ExpectedBlob(role: "blob \($0)", shape: nil) }
        return try register(expected, of: layer)
    }

    /// To be called when every layer is registered.
    ///
    /// - Throws: when a shared parameter has a blob in none of its layers, and when the net lacks normalisations of the weights.
    func finish() throws(ModelError) {
        guard let weights else { return tellNotes(of: definition.path) }
        fillConstants(of: weights)
        if let first = missing.min(by: { $0.key < $1.key }) { throw first.value }
        try decideCopies(in: weights)
        if let contradiction { throw ModelError(.malformed, contradiction) }
        if let text = StoredBlob.unwritten(unwritten.map(\.blob), in: weights.path) {
            remarks.add(.unwrittenWeights, .warning, layers: unwritten.map(\.layer), text)
        }
        tellNotes(of: weights.path)
        if !surplus.isEmpty {
            let what = surplus.count == 1 ? "a layer" : "\(surplus.count) layers"
            remarks.add(
                .surplusLayers, .warning, layers: surplus.map(\.name),
                "\(weights.path): holds the numbers of \(what) that \(definition.path) lacks in every phase; they are left out: \(SurplusWeights.list(surplus, limit: 8))"
            )
        }
    }

    /// Gives shared parameters whose copies differ the numbers of the last copy, with one remark for the parameters of the same layers.
    private func decideCopies(in file: any WeightFile) throws(ModelError) {
        var told: [(layers: [String], winner: String, names: [String])] = []
        for (parameter, decision) in try copies.decisions(in: file) {
            adopt(decision.winner.blob, for: parameter)
            rewritten.insert(parameter)
            let name = sharedNames[parameter] ?? ""
            if let place = told.firstIndex(where: { $0.layers == decision.layers && $0.winner == decision.winner.layer }
            ) {
                told[place].names.append(name)
            } else {
                told.append((decision.layers, decision.winner.layer, [name]))
            }
        }
        for (layers, winner, names) in told {
            remarks.add(
                .copiesDiffer, .warning, layers: layers,
                "\(file.path): the layers \(ReadingRemark.list(layers)) share the parameter\(names.count == 1 ? "" : "s") \(ReadingRemark.list(names)), but hold different numbers; the copy that stands last in the file counts, as in Caffe: that of '\(winner)'"
            )
        }
    }

    /// One remark for each kind of thing that was noted about BatchNorms.
    private func tellNotes(of path: String) {
        func tell(_ kind: ReadingRemark.Kind, _ severity: ReadingRemark.Severity, _ text: String) {
            remarks.tell(kind, severity, "\(path): \(text): \(ReadingRemark.list(remarks.layers(of: kind)))")
        }
        tell(
            .scaleInBatchNorm, .note,
            "Scales without numbers of their own, which are blobs 3 and 4 of the BatchNorm before them, as Intel Caffe writes"
        )
        tell(
            .untoldGamma, .note,
            "BatchNorms that hold gamma and beta as blobs 3 and 4, though the prototxt says neither 'scale_bias' nor has a Scale behind them; they apply"
        )
        tell(
            .twoScales, .warning,
            "BatchNorms that hold gamma and beta as blobs 3 and 4, with a Scale behind them that has numbers as well; both apply, in this order"
        )
        tell(
            .unreadFactor, .warning,
            "BatchNorms whose third blob, which NVCaffe never reads, is neither 0 nor 1; for weights of Intel Caffe, which divides by it, add --batch-norm-dialect intel"
        )
        tell(
            .raisedEpsilon, .note, "BatchNorms of NVCaffe with an eps below 1e-5, which it raises to 1e-5")
    }

    /// The dialect of a BatchNorm without blobs of its own is that of the layer that it shares them with.
    func dialect(
        of layer: LayerDefinition, hasBlobs: Bool, _ telling: () throws(ModelError) -> BatchNormDialect
    ) throws(ModelError) -> BatchNormDialect {
        let name = try layer.sharedNames().first ?? ""
        if !hasBlobs, let known = dialects[name] { return known }
        let dialect = try telling()
        if !name.isEmpty { dialects[name] = dialect }
        return dialect
    }

    /// Notes something about a layer, to be told with what is noted of the same kind about others.
    func note(_ kind: ReadingRemark.Kind, _ layer: LayerDefinition) { remarks.note(kind, layer.name) }

    private func register(
        _ expected: ExpectedBlob, at index: Int, of layer: LayerDefinition, sharedName: String,
        stored: [Int: StoredBlob]?, expected all: [ExpectedBlob]
    ) throws(ModelError) -> ParameterID {
        let blob = try stored?[index].map { found throws(ModelError) in try fitted(found, to: expected, of: layer)
        }
        if let blob, blob.fillValue != nil { unwritten.append((layer.name, blob)) }
        if !sharedName.isEmpty, let owner = owners[sharedName] {
            if let shape = parameters[owner.index].shape, let own = expected.shape, !Self.fits(shape, own) {
                throw layer.error(
                    "shares the parameter '\(sharedName)' of shape \(TensorShape.describe(shape)), but its \(expected.role) needs \(TensorShape(own))"
                )
            }
            if let blob {
                if blobs[owner] == nil { adopt(blob, for: owner) }
                copies.add(blob, of: layer.name, for: owner)
            }
            return owner
        }
        let parameter = ParameterID(parameters.count)
        parameters.append(
            Parameter(
                name: "\(layer.name.inMessages) \(expected.role)",
                shape: blob?.shape ?? expected.shape.flatMap { TensorShape($0).known }))
        if !sharedName.isEmpty {
            owners[sharedName] = parameter
            sharedNames[parameter] = sharedName
        }
        if let blob {
            adopt(blob, for: parameter)
            if !sharedName.isEmpty { copies.add(blob, of: layer.name, for: parameter) }
        } else if let weights {
            missing[parameter] = missingBlob(layer, index: index, stored: stored, expected: all, file: weights)
            if stored == nil, let constant = constant(of: expected, among: all, layer: layer) {
                constants[parameter] = (layer, expected.role, constant)
            } else if sharedName.isEmpty, let error = missing[parameter] {
                throw error
            }
        }
        return parameter
    }

    private func adopt(_ blob: StoredBlob, for parameter: ParameterID) {
        blobs[parameter] = blob
        parameters[parameter.index].shape = blob.shape
        parameters[parameter.index].elementType = blob.elementType
        missing[parameter] = nil
    }

    // MARK: Constants

    /// A blob of a layer that the file lacks as a whole, when constants fill all of it.
    private func constant(of blob: ExpectedBlob, among all: [ExpectedBlob], layer: LayerDefinition) -> StoredBlob? {
        let areConstant = all.allSatisfy { blob in
            guard case .constant(let number) = blob.filler else { return false }
            return number != 0 || !blob.needsTraining
        }
        guard areConstant, case .constant(let number) = blob.filler,
            let shape = blob.shape.flatMap({ TensorShape($0).known })
        else { return nil }
        return Self.constant(number, shape: shape, role: blob.role, of: layer)
    }

    private static func constant(
        _ number: Float, shape: [Int], role: String, of layer: LayerDefinition
    ) -> StoredBlob {
        StoredBlob(
            place: "the constant \(role) of layer '\(layer.name)'", shape: shape, elementType: .float32, handle: -1,
            constant: number)
    }

    /// Gives constants to the parameters that no layer had a blob for.
    private func fillConstants(of file: any WeightFile) {
        var told: [String: [String]] = [:]
        for (parameter, constant) in constants.sorted(by: { $0.key < $1.key }) where missing[parameter] != nil {
            adopt(constant.blob, for: parameter)
            rewritten.insert(parameter)
            let layer = constant.layer
            told["'\(layer.name)' (\(layer.type))", default: []].append(
                "\(constant.role) \(constant.blob.constant ?? 0)")
            remarks.note(.constantFiller, layer.name)
        }
        let list = told.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value.joined(separator: ", "))" }
        remarks.tell(
            .constantFiller, .warning,
            "\(file.path): lacks layers that the prototxt fills with constants, which count, as in Caffe: \(list.prefix(8).joined(separator: "; "))"
                + (list.count > 8 ? " and \(list.count - 8) more" : ""))
    }

    // MARK: Errors

    /// The blob with the shape that the layer needs; a legacy shape is taken for what it stands for.
    private func fitted(
        _ blob: StoredBlob, to expected: ExpectedBlob, of layer: LayerDefinition
    ) throws(ModelError) -> StoredBlob {
        guard let shape = expected.shape, !Self.fits(blob.shape, shape) else { return blob }
        if weights?.mayHaveLegacyShapes == true, blob.shape.count == 4, shape.count < 4 {
            let padding = 4 - shape.count
            let rest = Array(blob.shape[padding...])
            if blob.shape[..<padding].allSatisfy({ $0 == 1 }), Self.fits(rest, shape) {
                var result = blob
                result.shape = rest
                return result
            }
        }
        throw mismatch(
            "\(weights?.path ?? ""): \(blob.place) has shape \(TensorShape.describe(blob.shape)), but the \(expected.role) of layer '\(layer.name)' (\(layer.type)) needs \(TensorShape(shape)); are both from the same training run?"
        )
    }

    private func missingBlob(
        _ layer: LayerDefinition, index: Int, stored: [Int: StoredBlob]?, expected: [ExpectedBlob], file: any WeightFile
    ) -> ModelError {
        if let stored { return wrongCount(layer, expected: expected, stored: stored) }
        let needs =
            "\(file.path): no \(file.describe(layer: layer.name)) for layer '\(layer.name)' (\(layer.type)), which needs \(Self.list(expected))"
        guard layer.type == "BatchNorm" || layer.type == "BN" else {
            return mismatch(
                "\(needs); \(Filler.consequence(of: expected.map(\.filler))); are weights and prototxt from the same training run?"
            )
        }
        let lacksAll = definition.layers.allSatisfy { other in
            other.type != layer.type || ((try? file.blobs(ofLayer: other.name)) ?? nil) == nil
        }
        return mismatch(
            needs + "; Caffe would run it as one that was never trained; "
                + (lacksAll
                    ? "these weights hold no \(layer.type) at all, so they look folded already: give the prototxt that belongs to them"
                    : "are weights and prototxt from the same training run?"))
    }

    /// Blobs that are missing, and blobs too many, each by its number.
    private func wrongCount(
        _ layer: LayerDefinition, expected: [ExpectedBlob], stored: [Int: StoredBlob]
    ) -> ModelError {
        var details: [String] = []
        let surplus = stored.filter { $0.key >= expected.count }.min { $0.key < $1.key }
        if let surplus { details.append("among them \(surplus.value.place)") }
        for (index, blob) in expected.enumerated() where stored[index] == nil {
            // Blobs at the end are missing by their number alone; one before others leaves a gap.
            let isGap = stored.keys.contains { $0 > index }
            details.append(isGap ? "blob \(index) is missing, the \(blob.role)" : "the \(blob.role) is missing")
            break
        }
        let count = "\(stored.count) blob\(stored.count == 1 ? "" : "s")"
        return mismatch(
            "\(weights?.path ?? ""): \(weights?.describe(layer: layer.name) ?? "") holds \(count)\(details.map { ", " + $0 }.joined()); layer '\(layer.name)' (\(layer.type)) needs \(Self.list(expected)); are both from the same training run?"
        )
    }

    /// An error about weights and net that do not fit; a net that lacks normalisations of the weights is the likelier cause.
    private func mismatch(_ text: String) -> ModelError {
        ModelError(.malformed, contradiction.map { "\($0)\n  moreover, \(text)" } ?? text)
    }

    /// What to say of normalisations that the net lacks; `nil` when there are none, or they are to be ignored.
    private var contradiction: String? {
        ignoresSurplus ? nil : surplusLayers.contradiction
    }

    private static func list(_ expected: [ExpectedBlob]) -> String {
        guard !expected.isEmpty else { return "none" }
        let roles = expected.prefix(8).map(\.role) + (expected.count > 8 ? ["..."] : [])
        return "\(expected.count) (\(roles.joined(separator: ", ")))"
    }

    private static func fits(_ shape: [Int], _ expected: [Int?]) -> Bool {
        shape.count == expected.count && zip(shape, expected).allSatisfy { $1 == nil || $0 == $1 }
    }
}
