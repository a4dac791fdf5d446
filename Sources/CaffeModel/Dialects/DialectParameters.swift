import Frontend
import Prototxt

/// The `param` entries of a layer whose blobs have moved.
struct DialectParameters {
    let normalization: LayerDefinition
    let scale: LayerDefinition?

    /// The entries that blobs take with them, up to the last one that there is; those of statistics say that training leaves them alone.
    ///
    /// Caffe takes a BatchNorm's three entries whatever they say, and aborts on one or two whose `lr_mult` is not 0; NVCaffe wants it to be 0 in the first
    /// three (`batch_norm_layer.cpp`, `upgrade_proto.cpp`).
    func entries(of blobs: [DialectLayer.Blob]) throws(ModelError) -> [NewField] {
        var result: [NewField?] = []
        for blob in blobs {
            let entry = try entry(of: blob.origin)
            result.append(blob.isStatistic ? entry.map { Self.frozen($0) } : entry)
        }
        guard let last = result.lastIndex(where: { $0 != nil }) else { return [] }
        let statistics = blobs.lastIndex(where: \.isStatistic) ?? 0
        return result.prefix(max(last, statistics) + 1).enumerated().map { index, entry in
            entry
                ?? (blobs[index].isStatistic
                    ? Self.frozen(NewField(name: "param", value: .inlineMessage([])))
                    : NewField(name: "param", value: .inlineMessage([NewField(name: "lr_mult", value: .literal("1"))])))
        }
    }

    /// The name that an entry shares its blob under.
    static func sharedName(_ origin: DialectLayer.Blob.Origin?, of layer: DialectLayer) throws(ModelError) -> String? {
        guard let origin else { return nil }
        let (definition, index): (LayerDefinition?, Int) =
            switch origin {
            case .normalization(let index): (layer.definitions.first, index)
            case .scale(let index): (layer.merged.first, index)
            }
        let names = try definition?.sharedNames() ?? []
        return names.indices.contains(index) && !names[index].isEmpty ? names[index] : nil
    }

    private func entry(of origin: DialectLayer.Blob.Origin?) throws(ModelError) -> NewField? {
        guard let origin else { return nil }
        let (definition, index): (LayerDefinition?, Int) =
            switch origin {
            case .normalization(let index): (normalization, index)
            case .scale(let index): (scale, index)
            }
        guard let definition else { return nil }
        let fields = definition.reader.message?.fields(named: "param") ?? []
        guard fields.allSatisfy({ $0.value.message != nil }) else {
            throw definition.error(
                "its 'param' entries are written as a list, which is not supported; write one 'param { }' for each")
        }
        return fields.indices.contains(index)
            ? NewField(copying: fields[index], of: definition.reader.document) : nil
    }

    private static func frozen(_ entry: NewField) -> NewField {
        guard case .inlineMessage(let fields) = entry.value else { return entry }
        let rates: Set<String> = ["lr_mult", "decay_mult"]
        let isFrozen = fields.contains {
            $0.name == "lr_mult" && ($0.value == .literal("0") || $0.value == .literal("0.0"))
        }
        guard !isFrozen else { return entry }
        let rest = fields.filter { !rates.contains($0.name) }
        return NewField(
            name: entry.name,
            value: .inlineMessage(
                rest + ["lr_mult", "decay_mult"].map { NewField(name: $0, value: .literal("0")) }))
    }
}

extension NewField {
    /// A field of the text, to be inserted elsewhere; comments inside of it stay behind.
    init(copying field: FieldNode, of document: PrototxtDocument, as name: String? = nil) {
        let value: NewValue
        if let message = field.value.message {
            value = .inlineMessage(message.fields.map { NewField(copying: $0, of: document) })
        } else {
            value = .literal(document.text(in: field.value.range))
        }
        self.init(name: name ?? field.name, value: value)
    }
}
