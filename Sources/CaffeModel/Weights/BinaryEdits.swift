import Frontend
import NetGraph
import ProtobufWire

/// What changes in a `.caffemodel` that is edited: records of layers that are gone, blobs with other numbers, and what must agree with them.
struct BinaryEdits {
    var messages = BinaryMessages()

    /// - Parameters:
    ///   - network: the network to write.
    ///   - original: the net before, whose layers tell which ones are gone.
    mutating func edits(
        for network: Network, of file: BinaryWeightFile, original: CaffeNetwork
    ) throws(ModelError) -> [WireEdit] {
        let remaining = Dictionary(network.layers.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        let before = Dictionary(original.network.layers.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        let defined = Set(original.definition.layers.map(\.name))
        var edits: [WireEdit] = []
        for record in file.records {
            if let layer = remaining[record.name], let old = before[record.name] {
                edits += try recordEdits(
                    record, old: old, layer: layer, network: network, original: original, source: file.source)
            } else if defined.contains(record.name) || !record.blobs.isEmpty {
                // Numbers of layers that the net does not have would be lost to whoever loads the pair.
                edits.append(.remove(record.enclosing[0]))
            }
        }
        // A layer whose parameters were all shared may have no record; un-shared it needs one. So does one that constants fill.
        let known = Set(file.records.map(\.name))
        for layer in network.layers where !layer.operation.parameters.isEmpty && !known.contains(layer.name) {
            guard
                layer.operation != before[layer.name]?.operation
                    || layer.operation.parameters.contains(where: original.rewritten.contains)
            else { continue }
            var content = WireContent()
            content.appendMessage(try messages.message(for: layer, of: network), field: CaffeSchema.Net.layer)
            edits.append(.insert(content, at: file.source.byteCount))
        }
        return edits
    }

    /// New numbers for blobs in the form of the old ones, and nothing else.
    ///
    /// - Parameter blobs: the parameters that have them, by layer and index.
    mutating func edits(replacing blobs: [String: [Int: ParameterID]], in file: BinaryWeightFile) -> [WireEdit] {
        var edits: [WireEdit] = []
        for record in file.records {
            for (index, blob) in record.blobs.enumerated() {
                guard let parameter = blobs[record.name]?[index] else { continue }
                edits += numberEdits(blob, parameter: parameter, enclosing: record.enclosing + [blob.field])
            }
        }
        return edits
    }

    private mutating func recordEdits(
        _ record: BinaryWeightFile.Record, old: Layer, layer: Layer, network: Network, original: CaffeNetwork,
        source: FileByteSource
    ) throws(ModelError) -> [WireEdit] {
        let parameters = layer.operation.parameters
        let rewritten = original.rewritten.union(network.halved(parameters, since: original.network))
        guard old.operation != layer.operation || parameters.contains(where: rewritten.contains) else { return [] }
        let oldParameters = old.operation.parameters
        let becomesScale = old.type != layer.type
        var edits: [WireEdit] = []
        for (index, blob) in record.blobs.enumerated() {
            let enclosing = record.enclosing
            guard parameters.indices.contains(index) else {
                edits.append(.remove(blob.field, inside: enclosing))
                continue
            }
            guard
                becomesScale || !oldParameters.indices.contains(index) || oldParameters[index] != parameters[index]
                    || rewritten.contains(parameters[index])
            else { continue }
            if becomesScale || rewritten.contains(parameters[index])
                || blob.numbers.count != network[parameters[index]].elementCount
                || network[parameters[index]].elementType == .float16 && blob.elementType != .float16
                || oldParameters.indices.contains(index)
                    && original.network[oldParameters[index]].shape != network[parameters[index]].shape
            {
                var content = WireContent()
                content.appendMessage(
                    try messages.blob(parameters[index], of: network), field: CaffeSchema.Layer.current.blobs)
                edits.append(.replace(blob.field, inside: enclosing, with: content))
            } else {
                edits += numberEdits(blob, parameter: parameters[index], enclosing: enclosing + [blob.field])
            }
        }
        if record.blobs.count < parameters.count {
            var content = WireContent()
            for parameter in parameters[record.blobs.count...] {
                content.appendMessage(try messages.blob(parameter, of: network), field: CaffeSchema.Layer.current.blobs)
            }
            let end = record.blobs.last?.field.range.upperBound ?? record.message.range.upperBound
            edits.append(.insert(content, at: end, inside: record.enclosing))
        }
        do throws(WireError) {
            edits += try definitionEdits(record, old: old, layer: layer, source: source)
        } catch {
            throw ModelError(error)
        }
        return edits
    }

    /// New numbers in the form of the old ones; gradients of the old ones go.
    private mutating func numberEdits(_ blob: BinaryBlob, parameter: ParameterID, enclosing: [WireField]) -> [WireEdit]
    {
        var edits: [WireEdit] = []
        for number in [
            CaffeSchema.Blob.diff, CaffeSchema.Blob.doubleDiff, CaffeSchema.Blob.rawDiff, CaffeSchema.Blob.rawDiffType,
        ] {
            edits += WireEdit.remove(blob.message.fields(number), inside: enclosing)
        }
        let field =
            switch blob.numbers {
            case .floats: CaffeSchema.Blob.data
            case .doubles: CaffeSchema.Blob.doubleData
            case .raw: CaffeSchema.Blob.rawData
            }
        let content = messages.numbers(of: parameter, count: blob.numbers.count, type: blob.elementType, field: field)
        return edits + WireEdit.replace(blob.message.fields(field), inside: enclosing, with: content)
    }

    /// The definition that a `.caffemodel` carries beside the blobs: what must agree with their number.
    private func definitionEdits(
        _ record: BinaryWeightFile.Record, old: Layer, layer: Layer, source: FileByteSource
    ) throws(WireError) -> [WireEdit] {
        var edits: [WireEdit] = []
        let enclosing = record.enclosing
        if old.type != layer.type {
            var type = WireContent()
            type.appendString(layer.type, field: CaffeSchema.Layer.current.type)
            edits += WireEdit.replace(
                record.message.fields(CaffeSchema.Layer.current.type), inside: enclosing, with: type)
            for number in [
                CaffeSchema.Layer.batchNormParameter, CaffeSchema.Layer.scaleParameter, CaffeSchema.Layer.biasParameter,
                CaffeSchema.Layer.powerParameter,
            ] + CaffeSchema.Layer.bnParameters {
                edits += WireEdit.remove(record.message.fields(number, .lengthDelimited), inside: enclosing)
            }
            // The `param` entries of the statistics are more than a Scale may have.
            edits += WireEdit.remove(record.message.fields(6, .lengthDelimited), inside: enclosing)
        }
        let parameterNumber: Int
        let termNumber: Int
        switch layer.operation {
        case .convolution, .deconvolution:
            (parameterNumber, termNumber) = (CaffeSchema.Layer.convolutionParameter, CaffeSchema.BiasTerm.convolution)
        case .innerProduct:
            (parameterNumber, termNumber) = (CaffeSchema.Layer.innerProductParameter, CaffeSchema.BiasTerm.innerProduct)
        case .scale:
            (parameterNumber, termNumber) = (CaffeSchema.Layer.scaleParameter, CaffeSchema.BiasTerm.scale)
        default: return edits
        }
        var term = WireContent()
        term.appendVarint(1, field: termNumber)
        guard layer.operation.parameters.count > 1 else {
            // A Scale that lost its term; linear layers lose none.
            guard case .scale = layer.operation, old.type == layer.type,
                let field = record.message.lastField(parameterNumber, .lengthDelimited)
            else { return edits }
            let message = try WireMessage(indexing: field, of: source)
            return edits + WireEdit.remove(message.fields(termNumber), inside: enclosing + [field])
        }
        if old.type == layer.type,
            let field = record.message.lastField(parameterNumber, .lengthDelimited)
        {
            let message = try WireMessage(indexing: field, of: source)
            guard try message.bool(termNumber, in: source) != true else { return edits }
            edits += WireEdit.remove(message.fields(termNumber), inside: enclosing + [field])
            edits.append(.insert(term, at: message.range.upperBound, inside: enclosing + [field]))
        } else if case .scale = layer.operation {
            var content = WireContent()
            content.appendMessage(term, field: parameterNumber)
            edits.append(.insert(content, at: record.message.range.upperBound, inside: enclosing))
        }
        return edits
    }
}

extension Network {
    /// The parameters of an earlier network that are stored in half precision now, and were not.
    fileprivate func halved(_ parameters: [ParameterID], since earlier: Network) -> [ParameterID] {
        parameters.filter { parameter in
            earlier.parameters.indices.contains(parameter.index) && self[parameter].elementType == .float16
                && earlier[parameter].elementType != .float16
        }
    }
}
