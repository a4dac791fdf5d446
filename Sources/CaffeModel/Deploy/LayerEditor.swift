import Frontend
import NetGraph
import Prototxt

/// The edits that turn the text of one layer into what the layer has become.
struct LayerEditor {
    let definition: LayerDefinition
    /// The layer as it was read, in the network that was read.
    let old: Layer
    let oldNetwork: Network
    /// The layer as it has to be written.
    let layer: Layer
    let network: Network
    /// The name to write.
    let name: String
    /// The names that its parameters are shared under, by index.
    let sharedNames: [String?]
    let keepsTraining: Bool
    /// Write a layer of a fork as one of BVLC Caffe.
    let usesStandardTypes: Bool

    var document: PrototxtDocument { definition.reader.document }
    var message: MessageNode { definition.field.value.message ?? document.root }

    func edits() throws(ModelError) -> [SourceEdit] {
        var edits: [SourceEdit] = []
        if name != definition.name { edits += setString("name", to: name) }
        if old.type != layer.type || isNamedByFork {
            edits += setString("type", to: layer.type)
        }
        if layer.operation == .input {
            edits += try inputEdits()
            return edits
        }
        edits += setStrings("bottom", from: definition.bottoms, to: layer.inputs.map { network[$0].name })
        edits += setStrings("top", from: definition.tops, to: layer.outputs.map { network[$0].name })
        edits += affineEdits()
        edits += standardTypeEdits()
        edits += statisticsEdits()
        edits += try biasEdits()
        edits += try channelEdits()
        edits += try parameterEdits()
        if !keepsTraining {
            edits += try trainingEdits()
        } else if changedType {
            // It stands in for its twins of other phases as well.
            edits += phaseEdits()
        }
        return edits
    }

    // MARK: Names

    private func setString(_ field: String, to text: String) -> [SourceEdit] {
        guard let scalar = message.value(named: field)?.scalar else {
            return [
                document.insertion(
                    of: [NewField(name: field, value: .string(text))], into: message, after: message.fields.last)
            ]
        }
        return [document.replacement(of: scalar, withString: text)]
    }

    /// Sets a repeated string. Fields whose text stays are not touched.
    func setStrings(_ name: String, from oldTexts: [String], to texts: [String]) -> [SourceEdit] {
        guard oldTexts != texts else { return [] }
        let fields = message.fields(named: name)
        let scalars = fields.compactMap(\.value.scalar)
        // A list in brackets is written anew as single fields.
        guard scalars.count == fields.count else {
            let new = texts.map { NewField(name: name, value: .string($0)) }
            return fields.map { document.removal(of: $0) } + [
                document.insertion(of: new, into: message, after: fields.last)
            ]
        }
        if texts.count == scalars.count {
            return zip(scalars, zip(oldTexts, texts)).compactMap { scalar, pair in
                pair.0 == pair.1 ? nil : document.replacement(of: scalar, withString: pair.1)
            }
        }
        var edits: [SourceEdit] = []
        var rest = texts[...]
        for (field, text) in zip(fields, oldTexts) {
            if rest.first == text { rest.removeFirst() } else { edits.append(document.removal(of: field)) }
        }
        if !rest.isEmpty {
            // The names that stay are not in the old order, or there are new ones: replace them all.
            edits = fields.map { document.removal(of: $0) }
            rest = texts[...]
            let anchor = fields.last ?? message.fields.last
            edits.append(
                document.insertion(
                    of: rest.map { NewField(name: name, value: .string($0)) }, into: message, after: anchor))
        }
        return edits
    }

    // MARK: Inputs

    /// A data layer keeps its name and its tops, and gets a shape; an Input gets the shape that the user gave.
    private func inputEdits() throws(ModelError) -> [SourceEdit] {
        let tops = layer.outputs.map { network[$0] }
        let shapes = tops.compactMap { $0.shape?.known }
        var edits = setStrings("top", from: definition.tops, to: tops.map(\.name))
        if old.operation == .input {
            if !keepsTraining { edits += phaseEdits() }
            // Without a shape the caller gives one when it runs the net; there is nothing to write then.
            guard shapes.count == tops.count, try InputFields.shapes(of: definition) != shapes.map({ $0 }) else {
                return edits
            }
            edits += message.fields(named: "input_param").map { document.removal(of: $0) }
            edits.append(document.insertion(of: [inputField(shapes)], into: message, after: message.fields.last))
            return edits
        }
        let kept: Set<String> = ["name", "type", "top"]
        edits += message.fields.filter { !kept.contains($0.name) }.map { document.removal(of: $0) }
        let anchor = message.fields.last { kept.contains($0.name) && !isRemovedTop($0) }
        edits.append(document.insertion(of: [inputField(shapes)], into: message, after: anchor))
        return edits
    }

    private func isRemovedTop(_ field: FieldNode) -> Bool {
        guard field.name == "top", let text = field.value.scalar?.stringValue else { return false }
        return !layer.outputs.contains { network[$0].name == text }
    }

    private func inputField(_ shapes: [[Int]]) -> NewField {
        let all = shapes.map { shape in
            NewField(
                name: "shape", value: .inlineMessage(shape.map { NewField(name: "dim", value: .literal(String($0))) }))
        }
        return NewField(name: "input_param", value: .message(all))
    }

    // MARK: Types of forks

    /// Whether the text has a fork's name for what BVLC Caffe has under another one.
    private var isNamedByFork: Bool {
        guard usesStandardTypes, case .convolution = layer.operation, !changedType else { return false }
        return definition.type != layer.type && StandardTypes.convolutions.contains(definition.type)
    }

    /// What a fork's layer leaves unsaid.
    private func standardTypeEdits() -> [SourceEdit] {
        if isNamedByFork, case .convolution(let convolution) = layer.operation {
            guard let parameters = message.value(named: "convolution_param")?.message,
                parameters.value(named: "group") == nil, convolution.groups != 1
            else { return [] }
            let group = NewField(name: "group", value: .literal(String(convolution.groups)))
            return [document.insertion(of: [group], into: parameters, after: parameters.fields.last)]
        }
        guard usesStandardTypes, case .activation(.clip(let least, let most)) = layer.operation, old.type == "ReLU6",
            changedType
        else { return [] }
        let limits = [("min", least), ("max", most)].map { name, number in
            NewField(name: name, value: .literal(String(Int(number))))
        }
        return [
            document.insertion(
                of: [NewField(name: "clip_param", value: .message(limits))], into: message, after: message.fields.last)
        ]
    }

    // MARK: Statistics

    /// A BatchNorm that uses its stored statistics must not say that it does not.
    private func statisticsEdits() -> [SourceEdit] {
        guard case .batchNorm(let batchNorm) = layer.operation, batchNorm.usesGlobalStatistics,
            let scalar = message.value(named: "batch_norm_param")?.message?.value(named: "use_global_stats")?.scalar,
            scalar.boolValue == false
        else { return [] }
        return [document.replacement(of: scalar, withLiteral: "true")]
    }

    // MARK: Biases

    /// A linear layer that gained a bias.
    private func biasEdits() throws(ModelError) -> [SourceEdit] {
        guard layer.operation.linearBias != nil, old.operation.linearBias == nil else { return [] }
        let name = if case .innerProduct = layer.operation { "inner_product_param" } else { "convolution_param" }
        guard let parameters = message.value(named: name)?.message else { return [] }
        return setTrue("bias_term", in: parameters, isDefault: true)
    }

    func setTrue(_ name: String, in parameters: MessageNode, isDefault: Bool) -> [SourceEdit] {
        if let scalar = parameters.value(named: name)?.scalar {
            return scalar.boolValue == true ? [] : [document.replacement(of: scalar, withLiteral: "true")]
        }
        if isDefault { return [] }
        return [document.insertion(of: [NewField(name: name, value: .literal("true"))], into: parameters, after: nil)]
    }

    // MARK: Channels

    /// A linear layer that has fewer channels.
    private func channelEdits() throws(ModelError) -> [SourceEdit] {
        switch (old.operation, layer.operation) {
        case (.convolution(let old), .convolution(let new)), (.deconvolution(let old), .deconvolution(let new)):
            let outputs = try setNumber(
                "num_output", of: "convolution_param", from: old.outputChannels, to: new.outputChannels)
            guard old.groups != new.groups else { return outputs }
            // A fork's depthwise layers may leave it unsaid.
            guard message.value(named: "convolution_param")?.message?.value(named: "group") != nil else {
                return outputs
            }
            return outputs + (try setNumber("group", of: "convolution_param", from: old.groups, to: new.groups))
        case (.innerProduct(let old), .innerProduct(let new)):
            return try setNumber("num_output", of: "inner_product_param", from: old.outputCount, to: new.outputCount)
        default: return []
        }
    }

    private func setNumber(
        _ name: String, of message: String, from old: Int, to new: Int
    ) throws(ModelError) -> [SourceEdit] {
        guard old != new else { return [] }
        let scalars = self.message.values(named: message).compactMap { $0.message?.value(named: name)?.scalar }
        guard !scalars.isEmpty else {
            throw definition.error("its '\(name)' was to become \(new), but it has none to be set")
        }
        return scalars.map { document.replacement(of: $0, withLiteral: String(new)) }
    }

    // MARK: Training

    static let fillers: Set<String> = ["weight_filler", "bias_filler", "filler"]

    /// What only training needs: phase rules, loss weights, fillers.
    private func trainingEdits() throws(ModelError) -> [SourceEdit] {
        var edits = phaseEdits()
        for name in ["loss_weight", "propagate_down", "loss_param"] where name != "loss_param" || changedType {
            edits += message.fields(named: name).map { document.removal(of: $0) }
        }
        for field in message.fields {
            guard let parameters = field.value.message, field.name.hasSuffix("_param"), !isReplaced(field.name) else {
                continue
            }
            let removed = parameters.fields.filter { Self.fillers.contains($0.name) }
            guard !removed.isEmpty else { continue }
            if removed.count == parameters.fields.count, !changesAffineFields(of: field.name) {
                edits.append(document.removal(of: field))
            } else {
                edits += removed.map { document.removal(of: $0) }
            }
        }
        return edits
    }

    var changedType: Bool { old.type != layer.type }

    private func phaseEdits() -> [SourceEdit] {
        let rules = message.fields(named: "include") + message.fields(named: "exclude")
        // A layer's own `phase: TRAIN` is no rule: it changes what the layer computes.
        let phase = message.fields(named: "phase").filter { $0.value.scalar?.identifier != "TRAIN" || !dependsOnPhase }
        return (rules + phase).map { document.removal(of: $0) }
    }

    private var dependsOnPhase: Bool {
        switch layer.operation {
        case .batchNorm, .opaque, .stochastic: true
        default: false
        }
    }

    // MARK: Parameters

    /// `param` entries: gone in a deploy net but for names that are shared; in a training net only the names are set right.
    private func parameterEdits() throws(ModelError) -> [SourceEdit] {
        let fields = message.fields(named: "param")
        let count = layer.operation.parameters.count
        let becameScale = old.type != layer.type
        let needed = sharedNames.lastIndex { $0 != nil }.map { $0 + 1 } ?? 0
        guard fields.allSatisfy({ $0.value.message != nil }) else {
            throw definition.error(
                "its 'param' entries are written as a list, which is not supported; write one 'param { }' for each")
        }
        var edits: [SourceEdit] = []
        for (index, field) in fields.enumerated() {
            guard let entry = field.value.message else { continue }
            let name = sharedNames.indices.contains(index) ? sharedNames[index] : nil
            let remains = keepsTraining && !becameScale ? index < max(count, 1) : index < needed
            guard remains else {
                edits.append(document.removal(of: field))
                continue
            }
            for part in entry.fields where part.name == "name" ? name == nil : !keepsTraining {
                edits.append(document.removal(of: part))
            }
            guard let name else { continue }
            if let scalar = entry.value(named: "name")?.scalar {
                if scalar.stringValue != name { edits.append(document.replacement(of: scalar, withString: name)) }
            } else {
                edits.append(
                    document.insertion(of: [NewField(name: "name", value: .string(name))], into: entry, after: nil))
            }
        }
        if fields.count < needed {
            let missing = sharedNames[fields.count..<needed].map { name in
                NewField(
                    name: "param",
                    value: .inlineMessage(name.map { [NewField(name: "name", value: .string($0))] } ?? []))
            }
            let anchor = fields.last ?? message.fields.last { ["name", "type", "bottom", "top"].contains($0.name) }
            edits.append(document.insertion(of: missing, into: message, after: anchor))
        }
        return edits
    }
}

extension Operation {
    /// The bias of a linear operation.
    fileprivate var linearBias: ParameterID? {
        switch self {
        case .convolution(let convolution), .deconvolution(let convolution): convolution.bias
        case .innerProduct(let product): product.bias
        default: nil
        }
    }
}
