import Files
import Frontend
import NetGraph
import ProtobufWire

/// Writes the parameters of a network as a `.caffemodel`.
///
/// A `.caffemodel` that the weights came from is edited: what no fold touches is copied byte for byte, unknown fields and layers that Caffe
/// inserted included. From any other source a new file is made, in today's format.
struct BinaryWeightWriter {
    /// Called before each slice; throws to stop.
    var checkpoint: () throws(ModelError) -> Void = {}

    /// What one segment of new numbers holds.
    private struct Produced {
        var parameter: ParameterID
        var type: ElementType
    }

    /// The numbers that the edits ask for, by segment identifier.
    private var produced: [Produced] = []

    init() {}

    /// Writes the edited source.
    ///
    /// - Parameters:
    ///   - original: the net before, whose layers tell which ones are gone.
    ///   - network: the network to write.
    mutating func write(
        _ network: Network, editing file: BinaryWeightFile, original: CaffeNetwork, weights: some WeightStore,
        to path: String
    ) throws(ModelError) {
        try requireFinite(network, unchangedFrom: original.network, weights: weights)
        let edits = try edits(for: network, of: file, original: original)
        try write(edits, to: file.source, weights: weights, network: network, path: path)
    }

    /// Writes a new file.
    mutating func write(_ network: Network, weights: some WeightStore, to path: String) throws(ModelError) {
        var content = WireContent()
        content.appendString(network.name, field: CaffeSchema.Net.name)
        for layer in network.layers {
            content.appendMessage(try message(for: layer, of: network), field: CaffeSchema.Net.layer)
        }
        let empty = MemoryByteSource([], path: path)
        try write([.insert(content, at: 0)], to: empty, weights: weights, network: network, path: path)
    }

    /// Copies a file as it is.
    func copy(_ file: BinaryWeightFile, to path: String) throws(ModelError) {
        try checkpoint()
        try write(
            [], to: file.source, weights: CaffeWeightStore(file: file, blobs: [:]), network: Network(), path: path)
    }

    /// Blobs that are copied as bytes are looked at as well: a number that is not finite must not pass in silence.
    private func requireFinite(
        _ network: Network, unchangedFrom original: Network, weights: some WeightStore
    ) throws(ModelError) {
        var seen: Set<ParameterID> = []
        for parameter in network.layers.flatMap(\.operation.parameters)
        where parameter.index < original.parameters.count && seen.insert(parameter).inserted {
            let count = network[parameter].elementCount ?? 0
            switch network[parameter].elementType {
            case .float16, .float32: try read(parameter, count: count, weights: weights, as: Float.self)
            case .float64: try read(parameter, count: count, weights: weights, as: Double.self)
            }
        }
    }

    /// Reads a whole parameter in slices, for the errors that this may give.
    private func read<Element: WeightElement>(
        _ parameter: ParameterID, count: Int, weights: some WeightStore, as type: Element.Type
    ) throws(ModelError) {
        let buffer = UnsafeMutableBufferPointer<Element>.allocate(capacity: min(max(count, 1), 1 << 15))
        buffer.initialize(repeating: 0)
        defer { buffer.deallocate() }
        var start = 0
        while start < count {
            try checkpoint()
            let slice = UnsafeMutableBufferPointer(rebasing: buffer[..<min(buffer.count, count - start)])
            do throws(WeightError) {
                try weights.read(parameter, from: start, into: slice)
            } catch {
                throw ModelError(error)
            }
            start += slice.count
        }
    }

    // MARK: Edits

    private mutating func edits(
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
            content.appendMessage(try message(for: layer, of: network), field: CaffeSchema.Net.layer)
            edits.append(.insert(content, at: file.source.byteCount))
        }
        return edits
    }

    private mutating func recordEdits(
        _ record: BinaryWeightFile.Record, old: Layer, layer: Layer, network: Network, original: CaffeNetwork,
        source: FileByteSource
    ) throws(ModelError) -> [WireEdit] {
        let parameters = layer.operation.parameters
        let rewritten = original.rewritten
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
                || oldParameters.indices.contains(index)
                    && original.network[oldParameters[index]].shape != network[parameters[index]].shape
            {
                var content = WireContent()
                content.appendMessage(
                    try self.blob(parameters[index], of: network), field: CaffeSchema.Layer.current.blobs)
                edits.append(.replace(blob.field, inside: enclosing, with: content))
            } else {
                edits += numberEdits(blob, parameter: parameters[index], enclosing: enclosing + [blob.field])
            }
        }
        if record.blobs.count < parameters.count {
            var content = WireContent()
            for parameter in parameters[record.blobs.count...] {
                content.appendMessage(try blob(parameter, of: network), field: CaffeSchema.Layer.current.blobs)
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
        let content = numbers(of: parameter, count: blob.numbers.count, type: blob.elementType, field: field)
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

    // MARK: New messages

    private mutating func message(for layer: Layer, of network: Network) throws(ModelError) -> WireContent {
        let schema = CaffeSchema.Layer.current
        var content = WireContent()
        content.appendString(layer.name, field: schema.name)
        content.appendString(layer.type, field: schema.type)
        for input in layer.inputs { content.appendString(network[input].name, field: schema.bottom) }
        for output in layer.outputs { content.appendString(network[output].name, field: schema.top) }
        for parameter in layer.operation.parameters {
            content.appendMessage(try blob(parameter, of: network), field: schema.blobs)
        }
        if case .scale(let scale) = layer.operation, scale.beta != nil {
            var term = WireContent()
            term.appendVarint(1, field: CaffeSchema.BiasTerm.scale)
            content.appendMessage(term, field: CaffeSchema.Layer.scaleParameter)
        }
        return content
    }

    private mutating func blob(_ parameter: ParameterID, of network: Network) throws(ModelError) -> WireContent {
        guard let shape = network[parameter].shape, let count = network[parameter].elementCount else {
            throw ModelError(.internalFault, "the shape of \(network[parameter].name) is not known")
        }
        var dimensions = WireContent()
        if !shape.isEmpty {
            dimensions.appendPackedVarints(shape.map { UInt64($0) }, field: CaffeSchema.Blob.dimensions)
        }
        var content = WireContent()
        let type = network[parameter].elementType
        switch type {
        case .float16:
            content.appendMessage(dimensions, field: CaffeSchema.Blob.shape)
            content.appendVarint(UInt64(CaffeSchema.RawType.half), field: CaffeSchema.Blob.rawType)
            content.append(numbers(of: parameter, count: count, type: type, field: CaffeSchema.Blob.rawData))
        case .float32:
            content.append(numbers(of: parameter, count: count, type: type, field: CaffeSchema.Blob.data))
            content.appendMessage(dimensions, field: CaffeSchema.Blob.shape)
        case .float64:
            content.appendMessage(dimensions, field: CaffeSchema.Blob.shape)
            content.append(numbers(of: parameter, count: count, type: type, field: CaffeSchema.Blob.doubleData))
        }
        return content
    }

    private mutating func numbers(of parameter: ParameterID, count: Int, type: ElementType, field: Int) -> WireContent {
        var content = WireContent()
        content.appendProduced(byteCount: count * type.byteCount, id: produced.count, field: field)
        produced.append(Produced(parameter: parameter, type: type))
        return content
    }

    // MARK: Writing

    private func write(
        _ edits: [WireEdit], to source: some ByteSource, weights: some WeightStore, network: Network, path: String
    ) throws(ModelError) {
        let plan: WirePlan
        do throws(WireError) {
            plan = try WirePlan(applying: edits, to: source)
        } catch {
            throw ModelError(
                .malformed, "\(error); write HDF5 instead (name the output .h5), which has no such limit")
        }
        let descriptor: Int32
        do throws(SystemError) {
            descriptor = try SystemCall.open(path, O_WRONLY | O_CREAT | O_TRUNC)
        } catch {
            throw ModelError(
                error.isAboutTheFile ? .cannotCreate : .inputOutput, "\(path): cannot be created: \(error)")
        }
        defer { close(descriptor) }
        do throws(WireWriteError<ModelError>) {
            try plan.write(from: source, to: descriptor, path: path) { (id, offset, buffer) throws(ModelError) in
                try checkpoint()
                try fill(buffer, from: produced[id], at: offset, weights: weights, network: network)
            }
        } catch {
            switch error {
            case .wire(let reason): throw ModelError(.inputOutput, "\(reason)")
            case .producer(let reason): throw reason
            }
        }
        do throws(SystemError) {
            try SystemCall.synchronize(descriptor)
        } catch {
            throw ModelError(.inputOutput, "\(path): cannot be written: \(error)")
        }
    }

    /// Computes a slice of new numbers, little-endian, in the format of the blob.
    private func fill(
        _ buffer: UnsafeMutableRawBufferPointer, from produced: Produced, at offset: Int, weights: some WeightStore,
        network: Network
    ) throws(ModelError) {
        let start = offset / produced.type.byteCount
        do throws(WeightError) {
            switch produced.type {
            case .float32: try weights.read(produced.parameter, from: start, into: buffer.bindMemory(to: Float.self))
            case .float64: try weights.read(produced.parameter, from: start, into: buffer.bindMemory(to: Double.self))
            case .float16:
                try fillHalves(
                    buffer.bindMemory(to: UInt16.self), from: produced.parameter, at: start, weights: weights)
            }
        } catch {
            guard error.kind == .overflow else { throw ModelError(error) }
            // Whoever planned the folds can leave these layers out and try again.
            let users = network.layers.filter { $0.operation.parameters.contains(produced.parameter) }.map(\.id)
            throw ModelError(.overflow(users), error.message)
        }
        #if _endian(big)
            #error(
                "the numbers of a .caffemodel are little-endian, and no machine of the other kind was there to try it on"
            )
        #endif
    }

    private func fillHalves(
        _ buffer: UnsafeMutableBufferPointer<UInt16>, from parameter: ParameterID, at start: Int,
        weights: some WeightStore
    ) throws(WeightError) {
        let numbers = UnsafeMutableBufferPointer<Double>.allocate(capacity: buffer.count)
        numbers.initialize(repeating: 0)
        defer { numbers.deallocate() }
        try weights.read(parameter, from: start, into: numbers)
        for index in buffer.indices {
            let bits = HalfPrecision.bits(numbers[index])
            if bits & 0x7FFF == 0x7C00, numbers[index].isFinite {
                throw WeightError(kind: .overflow, message: "element \(start + index) leaves the range of fp16")
            }
            buffer[index] = bits
        }
    }
}
