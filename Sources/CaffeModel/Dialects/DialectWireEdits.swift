import Frontend
import NetGraph
import ProtobufWire

/// What changes in a `.caffemodel` whose batch normalisations get another dialect; all other bytes are copied.
struct DialectWireEdits {
    let target: TargetDialect
    /// The layers of the file after the conversion.
    let network: Network
    private(set) var messages = BinaryMessages()

    init(target: TargetDialect, network: Network) {
        self.target = target
        self.network = network
    }

    /// `scale_bias` of NVCaffe's `batch_norm_param`, and what BVLC Caffe knows of it.
    private static let scaleBias = 7
    private static let fieldsOfBVLC = 1...3
    private static let parametersEntry = 6
    /// `bn_mode: INFERENCE` of SegNet's `bn_param`.
    private static let mode = (field: 3, inference: UInt64(1))

    mutating func edits(of file: BinaryWeightFile, layers: [DialectLayer]) throws -> [WireEdit] {
        let converted = Dictionary(layers.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        let completed = Dictionary(
            layers.compactMap { $0.scale }.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        let merged = Set(layers.flatMap { $0.merged.map(\.name) })
        let operations = Dictionary(network.layers.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        var edits: [WireEdit] = []
        var seen: Set<String> = []
        for (position, record) in file.records.enumerated() {
            if merged.contains(record.name) {
                edits.append(.remove(record.enclosing[0]))
            } else if let layer = converted[record.name] {
                // Of several records of one name the last one counts; each has to have as many blobs as the layer.
                let isLast = !file.records[(position + 1)...].contains { $0.name == record.name }
                guard isLast else {
                    edits.append(.remove(record.enclosing[0]))
                    continue
                }
                seen.insert(record.name)
                edits += try recordEdits(record, operations[record.name], source: file.source)
                edits += try definitionEdits(record, layer, source: file.source)
                if let scale = layer.scale, file.record(named: scale.name) == nil, let new = operations[scale.name] {
                    seen.insert(scale.name)
                    edits.append(
                        .insert(
                            try scaleRecord(new, behind: record, source: file.source),
                            at: record.enclosing[0].range.upperBound))
                }
            } else if completed[record.name] != nil {
                seen.insert(record.name)
                edits += try recordEdits(record, operations[record.name], source: file.source)
            } else if target != .nvcaffe {
                edits += try halfEdits(record, operations[record.name])
            }
        }
        // Layers that had no record.
        for layer in layers {
            for name in [layer.name, layer.scale?.name].compactMap(\.self) where !seen.contains(name) {
                guard let new = operations[name] else { continue }
                var content = WireContent()
                content.appendMessage(try messages.message(for: new, of: network), field: CaffeSchema.Net.layer)
                edits.append(.insert(content, at: file.source.byteCount))
            }
        }
        return edits
    }

    /// All blobs of a record anew.
    private mutating func recordEdits(
        _ record: BinaryWeightFile.Record, _ layer: Layer?, source: FileByteSource
    ) throws -> [WireEdit] {
        guard let layer else { return [] }
        var content = WireContent()
        for parameter in layer.operation.parameters {
            content.appendMessage(try messages.blob(parameter, of: network), field: CaffeSchema.Layer.current.blobs)
        }
        var edits = record.blobs.map { WireEdit.remove($0.field, inside: record.enclosing) }
        let place = record.blobs.first?.field.range.lowerBound ?? record.message.range.upperBound
        edits.insert(.insert(content, at: place, inside: record.enclosing), at: 0)
        return edits
    }

    /// Type, top and parameters that the record tells beside the blobs.
    private func definitionEdits(
        _ record: BinaryWeightFile.Record, _ layer: DialectLayer, source: FileByteSource
    ) throws -> [WireEdit] {
        let enclosing = record.enclosing
        let message = record.message
        let schema = CaffeSchema.Layer.current
        var edits: [WireEdit] = []
        if record.type != layer.type {
            var type = WireContent()
            type.appendString(layer.type, field: schema.type)
            edits += WireEdit.replace(message.fields(schema.type), inside: enclosing, with: type)
        }
        if let top = layer.merged.first?.tops.first {
            var content = WireContent()
            content.appendString(top, field: schema.top)
            edits += WireEdit.replace(message.fields(schema.top), inside: enclosing, with: content)
        }
        edits += WireEdit.remove(message.fields(Self.parametersEntry, .lengthDelimited), inside: enclosing)
        let number = CaffeSchema.Layer.batchNormParameter
        var own = WireContent()
        switch layer.form {
        case .plain, .withScaleAndBias:
            for other in CaffeSchema.Layer.bnParameters where record.type == "BN" {
                edits += WireEdit.remove(message.fields(other, .lengthDelimited), inside: enclosing)
            }
            if layer.form == .withScaleAndBias { own.appendVarint(1, field: Self.scaleBias) }
            if let field = message.lastField(number, .lengthDelimited), record.type != "BN" {
                let inner = try WireMessage(indexing: field, of: source)
                for other in 1...16 where !Self.fieldsOfBVLC.contains(other) {
                    edits += WireEdit.remove(inner.fields(other), inside: enclosing + [field])
                }
                if own.byteCount > 0 {
                    edits.append(.insert(own, at: inner.range.upperBound, inside: enclosing + [field]))
                }
                return edits
            }
            guard own.byteCount > 0 else { return edits }
            var content = WireContent()
            content.appendMessage(own, field: number)
            edits.append(.insert(content, at: message.range.upperBound, inside: enclosing))
        case .finished, .scale:
            edits += WireEdit.remove(message.fields(number, .lengthDelimited), inside: enclosing)
            for other in CaffeSchema.Layer.bnParameters where record.type == "BN" {
                edits += WireEdit.remove(message.fields(other, .lengthDelimited), inside: enclosing)
            }
            var content = WireContent()
            if layer.form == .finished {
                own.appendVarint(Self.mode.inference, field: Self.mode.field)
                content.appendMessage(own, field: CaffeSchema.Layer.bnParameters[0])
            } else if layer.blobs.count > 1 {
                own.appendVarint(1, field: CaffeSchema.BiasTerm.scale)
                content.appendMessage(own, field: CaffeSchema.Layer.scaleParameter)
            }
            if content.byteCount > 0 {
                edits.append(.insert(content, at: message.range.upperBound, inside: enclosing))
            }
        }
        return edits
    }

    /// A Scale in place on what the record writes.
    private mutating func scaleRecord(
        _ layer: Layer, behind record: BinaryWeightFile.Record, source: FileByteSource
    ) throws -> WireContent {
        let schema = CaffeSchema.Layer.current
        var content = WireContent()
        content.appendString(layer.name, field: schema.name)
        content.appendString("Scale", field: schema.type)
        if let top = try record.message.string(schema.top, in: source) {
            content.appendString(top, field: schema.bottom)
            content.appendString(top, field: schema.top)
        }
        for parameter in layer.operation.parameters {
            content.appendMessage(try messages.blob(parameter, of: network), field: schema.blobs)
        }
        if layer.operation.parameters.count > 1 {
            var term = WireContent()
            term.appendVarint(1, field: CaffeSchema.BiasTerm.scale)
            content.appendMessage(term, field: CaffeSchema.Layer.scaleParameter)
        }
        var result = WireContent()
        result.appendMessage(content, field: CaffeSchema.Net.layer)
        return result
    }

    /// NVCaffe's raw data as Float: no other fork reads it.
    private mutating func halfEdits(_ record: BinaryWeightFile.Record, _ layer: Layer?) throws -> [WireEdit] {
        guard let layer else { return [] }
        var edits: [WireEdit] = []
        for (index, blob) in record.blobs.enumerated() {
            guard case .raw = blob.numbers, layer.operation.parameters.indices.contains(index) else { continue }
            var content = WireContent()
            content.appendMessage(
                try messages.blob(layer.operation.parameters[index], of: network),
                field: CaffeSchema.Layer.current.blobs)
            edits.append(.replace(blob.field, inside: record.enclosing, with: content))
        }
        return edits
    }
}
