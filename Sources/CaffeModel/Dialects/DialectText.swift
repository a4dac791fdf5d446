import Frontend
import NetGraph
import Prototxt

/// The edits of a prototxt that give its batch normalisations another dialect, and the fields that go.
struct DialectText {
    /// Fields of a layer that the target's parser does not know; of the net itself where there is no layer.
    struct Dropped: Hashable {
        var layer: String?
        var fields: [String]
    }

    private let target: TargetDialect
    private let definition: NetDefinition
    private let switched: Set<Int>
    private(set) var edits: [SourceEdit] = []
    private(set) var dropped: [Dropped] = []

    private var document: PrototxtDocument { definition.document }
    var path: String { definition.path }

    /// - Parameter switched: layers of the text whose `use_global_stats: false` becomes true.
    init(
        _ target: TargetDialect, of definition: NetDefinition, layers: [DialectLayer], switching switched: Set<Int>
    ) throws(ModelError) {
        self.target = target
        self.switched = switched
        self.definition = definition
        dropFieldsOfNet()
        var changed: [Int: DialectLayer] = [:]
        var scales: [Int: DialectLayer] = [:]
        var merged: Set<Int> = []
        for layer in layers {
            for definition in layer.definitions { changed[definition.index] = layer }
            for definition in layer.scale?.definitions ?? [] { scales[definition.index] = layer }
            merged.formUnion(layer.merged.map(\.index))
        }
        for layer in definition.layers {
            if merged.contains(layer.index) {
                edits += document.removal(ofBlock: layer.field, withLeadingComments: false)
                continue
            }
            var names: [String] = []
            var handled: Set<String> = []
            if let converted = changed[layer.index] {
                handled = ["batch_norm_param", "bn_param"]
                names += try convert(layer, to: converted)
            } else if layer.type == "BatchNorm" {
                handled = ["batch_norm_param"]
                names += editBatchNorm(layer, form: nil, isOfNVCaffe: false, type: layer.type)
            } else if let converted = scales[layer.index] {
                try complete(layer, converted)
            }
            names += dropFields(of: layer, besides: handled)
            note(names.uniqued, of: layer.name)
        }
    }

    private mutating func note(_ fields: [String], of layer: String?) {
        guard !fields.isEmpty else { return }
        let entry = Dropped(layer: layer, fields: fields)
        if !dropped.contains(entry) { dropped.append(entry) }
    }

    // MARK: Layers

    private mutating func convert(_ layer: LayerDefinition, to converted: DialectLayer) throws(ModelError) -> [String] {
        guard let message = layer.reader.message else { return [] }
        if layer.type != converted.type, let scalar = message.value(named: "type")?.scalar {
            edits.append(document.replacement(of: scalar, withString: converted.type))
        }
        if let top = converted.merged.first?.tops.first, layer.tops.first != top,
            let scalar = message.value(named: "top")?.scalar
        {
            edits.append(document.replacement(of: scalar, withString: top))
        }
        try setParameters(of: layer, converted, message)
        var names: [String]
        switch converted.form {
        case .plain, .withScaleAndBias:
            names = editBatchNorm(
                layer, form: converted, isOfNVCaffe: converted.isOfNVCaffe, type: layer.type)
        case .finished:
            names = replaceMessages(
                of: layer,
                with: NewField(
                    name: "bn_param", value: .message([.init(name: "bn_mode", value: .literal("INFERENCE"))])))
        case .scale:
            let term = converted.blobs.count > 1 ? [NewField(name: "bias_term", value: .literal("true"))] : []
            names = replaceMessages(
                of: layer, with: term.isEmpty ? nil : NewField(name: "scale_param", value: .message(term)))
        }
        if let scale = converted.scale, scale.definitions.isEmpty {
            edits.append(
                document.insertion(
                    of: [try newScale(scale, behind: layer)], into: document.root, after: layer.field))
            names.removeAll { Self.fillers[$0.split(separator: ".").last.map(String.init) ?? ""] != nil }
        }
        return names
    }

    /// `param` entries: those of blobs that went go, those of blobs that came come.
    private mutating func setParameters(
        of layer: LayerDefinition, _ converted: DialectLayer, _ message: MessageNode
    ) throws(ModelError) {
        let fields = message.fields(named: "param")
        let entries: [NewField] =
            converted.form == .finished
            ? []
            : try DialectParameters(normalization: layer, scale: converted.merged.first).entries(of: converted.blobs)
        let before = fields.map { NewField(copying: $0, of: document) }
        guard before != entries else { return }
        if before.starts(with: entries) {
            edits += fields.dropFirst(entries.count).map { document.removal(of: $0) }
            return
        }
        edits += fields.map { document.removal(of: $0) }
        let anchor = fields.last ?? anchor(in: message)
        edits.append(document.insertion(of: entries, into: message, after: anchor))
    }

    private func anchor(in message: MessageNode) -> FieldNode? {
        message.fields.last { ["name", "type", "bottom", "top"].contains($0.name) }
    }

    /// Fillers of a normalisation, and what they are called in a Scale.
    private static let fillers = [
        "filler": "filler", "scale_filler": "filler", "slope_filler": "filler", "bias_filler": "bias_filler",
        "shift_filler": "bias_filler",
    ]

    /// A Scale in place behind a normalisation, in the same phases.
    private func newScale(_ scale: DialectLayer.Scale, behind layer: LayerDefinition) throws(ModelError) -> NewField {
        let message = layer.reader.message
        var fields = [
            NewField(name: "name", value: .string(scale.name)), NewField(name: "type", value: .string("Scale")),
        ]
        for name in ["bottom", "top"] { fields += layer.tops.map { NewField(name: name, value: .string($0)) } }
        for name in ["phase", "include", "exclude"] {
            fields += (message?.fields(named: name) ?? []).map { NewField(copying: $0, of: document) }
        }
        fields += try DialectParameters(normalization: layer, scale: nil).entries(of: scale.blobs)
        var parameters: [NewField] = []
        let own = ["batch_norm_param", "bn_param"].compactMap { message?.value(named: $0)?.message }
        for field in own.flatMap(\.fields) {
            guard let name = Self.fillers[field.name], !parameters.contains(where: { $0.name == name }) else {
                continue
            }
            guard name == "filler" || scale.blobs.count > 1 else { continue }
            parameters.append(NewField(copying: field, of: document, as: name))
        }
        if scale.blobs.count > 1 { parameters.append(NewField(name: "bias_term", value: .literal("true"))) }
        if !parameters.isEmpty { fields.append(NewField(name: "scale_param", value: .message(parameters))) }
        return NewField(name: "layer", value: .message(fields))
    }

    /// A Scale that was there without numbers says how many blobs it has now.
    private mutating func complete(_ layer: LayerDefinition, _ converted: DialectLayer) throws(ModelError) {
        guard let scale = converted.scale, let message = layer.reader.message else { return }
        let hasTerm = try layer.reader.submessage("scale_param").bool("bias_term") ?? false
        guard hasTerm != (scale.blobs.count > 1) else { return }
        let literal = hasTerm ? "false" : "true"
        let new = NewField(name: "bias_term", value: .literal(literal))
        if let parameters = message.value(named: "scale_param")?.message {
            if let scalar = parameters.value(named: "bias_term")?.scalar {
                edits.append(document.replacement(of: scalar, withLiteral: literal))
            } else {
                edits.append(document.insertion(of: [new], into: parameters, after: parameters.fields.last))
            }
        } else {
            edits.append(
                document.insertion(
                    of: [NewField(name: "scale_param", value: .message([new]))], into: message,
                    after: message.fields.last))
        }
    }

    // MARK: Messages of normalisations

    /// The fields of `batch_norm_param` for the target.
    ///
    /// - Returns: those that go.
    private mutating func editBatchNorm(
        _ layer: LayerDefinition, form: DialectLayer?, isOfNVCaffe: Bool, type: String
    ) -> [String] {
        guard let message = layer.reader.message else { return [] }
        let isWhole = form?.form == .withScaleAndBias
        var added = isWhole ? [NewField(name: "scale_bias", value: .literal("true"))] : []
        if isWhole, let scale = form?.merged.first?.reader.message?.value(named: "scale_param")?.message {
            for (name, new) in [("filler", "scale_filler"), ("bias_filler", "bias_filler")] {
                added += scale.fields(named: name).map { NewField(copying: $0, of: document, as: new) }
            }
        }
        if type == "BN" {
            let own = message.value(named: "bn_param")?.message
            var fields = (own?.fields(named: "eps") ?? []).map { NewField(copying: $0, of: document) }
            if own?.value(named: "frozen")?.scalar?.boolValue == true {
                fields.append(NewField(name: "use_global_stats", value: .literal("true")))
            }
            if isWhole {
                for (name, new) in [
                    ("scale_filler", "scale_filler"), ("slope_filler", "scale_filler"), ("shift_filler", "bias_filler"),
                    ("bias_filler", "bias_filler"),
                ] {
                    fields += (own?.fields(named: name) ?? []).map { NewField(copying: $0, of: document, as: new) }
                }
            }
            fields += added
            let known = Set(fields.map(\.name)).union(isWhole ? Set(Self.fillers.keys) : ["frozen"])
            let gone = replaceMessages(
                of: layer, with: fields.isEmpty ? nil : NewField(name: "batch_norm_param", value: .message(fields)))
            return gone.filter { !known.contains($0.split(separator: ".").last.map(String.init) ?? "") }
        }
        let isUnchanged = form == nil
        let target = target
        let isSwitched = switched.contains(layer.index) && layer.deniesGlobalStatistics
        if isSwitched,
            let scalar = message.value(named: "batch_norm_param")?.message?.value(named: "use_global_stats")?.scalar
        {
            edits.append(document.replacement(of: scalar, withLiteral: "true"))
        }
        return editFields(of: message, adding: added) { field in
            guard target.batchNormFields.contains(field.name) else {
                // A field that changes what the layer computes was refused before.
                return field.name == "add_eps_before_sqrt"
                    || KnownFields.messages["batch_norm_param"]?.knows(field.name) == true
            }
            switch field.name {
            case "scale_bias":
                return !isUnchanged && (isWhole ? field.value.scalar?.boolValue != true : true)
            case "scale_filler", "bias_filler":
                return !isUnchanged && !isWhole
            case "use_global_stats":
                return !isSwitched && target == .bvlc && isOfNVCaffe && field.value.scalar?.boolValue == false
            case "eps":
                guard target == .bvlc, isOfNVCaffe, let epsilon = field.value.scalar?.floatValue else { return false }
                return epsilon < DialectSource.leastEpsilon
            case "engine":
                return Self.isForeignEngine(field)
            default:
                return false
            }
        }
    }

    /// Edits `batch_norm_param`, which is made where something is added, and goes where nothing is left.
    private mutating func editFields(
        of message: MessageNode, adding: [NewField], isGone: (FieldNode) -> Bool
    ) -> [String] {
        let name = "batch_norm_param"
        guard let own = message.fields(named: name).first, let parameters = own.value.message else {
            if !adding.isEmpty {
                edits.append(
                    document.insertion(
                        of: [NewField(name: name, value: .message(adding))], into: message, after: message.fields.last))
            }
            return []
        }
        let gone = parameters.fields.filter(isGone)
        let present = Set(parameters.fields.filter { !isGone($0) }.map(\.name))
        let new = adding.filter { !present.contains($0.name) }
        let names = gone.map { "\(name).\($0.name)" }
        if !gone.isEmpty, gone.count == parameters.fields.count, new.isEmpty {
            edits.append(document.removal(of: own))
        } else {
            edits += gone.map { document.removal(of: $0) }
            if !new.isEmpty {
                edits.append(document.insertion(of: new, into: parameters, after: parameters.fields.last))
            }
        }
        return names
    }

    /// Another message takes the place of those of the old dialect.
    ///
    /// - Returns: the fields of the old ones.
    private mutating func replaceMessages(of layer: LayerDefinition, with new: NewField?) -> [String] {
        guard let message = layer.reader.message else { return [] }
        let old = ["batch_norm_param", "bn_param"].flatMap { message.fields(named: $0) }
        edits += old.map { document.removal(of: $0) }
        if let new {
            edits.append(document.insertion(of: [new], into: message, after: old.last ?? message.fields.last))
        }
        return old.flatMap { field in (field.value.message?.fields ?? []).map { "\(field.name).\($0.name)" } }
            .filter { $0 != "bn_param.bn_mode" }
    }

    // MARK: Fields of other layers

    private mutating func dropFieldsOfNet() {
        let fields = document.root.fields.filter { target.drops(netField: $0.name) }
        edits += fields.map { document.removal(of: $0) }
        note(fields.map(\.name).uniqued, of: nil)
    }

    /// Fields that the target does not know and that change nothing: which code runs a layer, in which number format.
    private mutating func dropFields(of layer: LayerDefinition, besides handled: Set<String>) -> [String] {
        guard let message = layer.reader.message else { return [] }
        var names: [String] = []
        for field in message.fields where !handled.contains(field.name) {
            if target.drops(layerField: field.name) {
                edits.append(document.removal(of: field))
                names.append(field.name)
                continue
            }
            guard let known = KnownFields.messages[field.name], let parameters = field.value.message,
                // SegNet's Caffe knows all that a `bn_param` of its own has.
                field.name != "bn_param" || target != .segnet,
                // Fields that belong to a layer built into this one stay with it.
                !parameters.fields.contains(where: { Self.fusions.contains($0.name) })
            else { continue }
            let gone = parameters.fields.filter {
                $0.name == "engine"
                    ? Self.isForeignEngine($0) || !known.caffe.contains("engine") && target != .nvcaffe
                    : target.drops($0.name, of: known)
            }
            edits += gone.map { document.removal(of: $0) }
            names += gone.map { "\(field.name).\($0.name)" }
        }
        return names
    }

    private static let fusions: Set<String> = ["relu", "fuse_type", "fusion_type"]

    private static func isForeignEngine(_ field: FieldNode) -> Bool {
        guard let scalar = field.value.scalar else { return true }
        return !TargetDialect.engines.contains(scalar.identifier ?? scalar.text)
    }
}
