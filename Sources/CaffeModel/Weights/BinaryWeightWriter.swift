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

    /// Writes the edited source.
    ///
    /// - Parameters:
    ///   - original: the net before, whose layers tell which ones are gone.
    ///   - network: the network to write.
    func write(
        _ network: Network, editing file: BinaryWeightFile, original: CaffeNetwork, weights: some WeightStore,
        to path: String
    ) throws(ModelError) {
        try requireFinite(network, unchangedFrom: original.network, weights: weights)
        var changes = BinaryEdits()
        let edits = try changes.edits(for: network, of: file, original: original)
        try write(
            edits, producing: changes.messages, to: file.source, weights: weights, network: network, path: path)
    }

    /// Writes a new file.
    func write(_ network: Network, weights: some WeightStore, to path: String) throws(ModelError) {
        var messages = BinaryMessages()
        var content = WireContent()
        content.appendString(network.name, field: CaffeSchema.Net.name)
        for layer in network.layers {
            content.appendMessage(try messages.message(for: layer, of: network), field: CaffeSchema.Net.layer)
        }
        let empty = MemoryByteSource([], path: path)
        try write(
            [.insert(content, at: 0)], producing: messages, to: empty, weights: weights, network: network, path: path)
    }

    /// Copies a file as it is, but for the numbers of some blobs.
    ///
    /// - Parameters:
    ///   - blobs: the parameters whose numbers take the place of those of blobs, by layer and index.
    ///   - weights: of `network`, which has these parameters.
    func copy(
        _ file: BinaryWeightFile, replacing blobs: [String: [Int: ParameterID]], by weights: some WeightStore,
        of network: Network, to path: String
    ) throws(ModelError) {
        try checkpoint()
        var changes = BinaryEdits()
        let edits = changes.edits(replacing: blobs, in: file)
        try write(
            edits, producing: changes.messages, to: file.source, weights: weights, network: network, path: path)
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

    /// Writes a source with edits, whose new numbers are those of `network`.
    func write(
        _ edits: [WireEdit], producing messages: BinaryMessages, to source: some ByteSource,
        weights: some WeightStore, network: Network, path: String
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
                try fill(buffer, from: messages.produced[id], at: offset, weights: weights, network: network)
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
        _ buffer: UnsafeMutableRawBufferPointer, from produced: BinaryMessages.Produced, at offset: Int,
        weights: some WeightStore,
        network: Network
    ) throws(ModelError) {
        let start = offset / produced.type.byteCount
        do throws(WeightError) {
            try weights.readBytes(
                produced.parameter, from: start, as: produced.type, halfName: "fp16", into: buffer)
        } catch {
            guard error.kind == .overflow else { throw ModelError(error) }
            // Whoever planned the folds can leave these layers out and try again.
            let users = network.layers.filter { $0.operation.parameters.contains(produced.parameter) }.map(\.id)
            throw ModelError(.overflow(users), error.message)
        }
    }
}
