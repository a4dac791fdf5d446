import Files
import Frontend
import NetGraph
import ProtobufWire

extension ONNXHalfGraph {
    /// Writes the model.
    ///
    /// - Parameter checkpoint: called before each slice; throws to stop.
    func write(to path: String, checkpoint: () throws(ModelError) -> Void) throws(ModelError) {
        let edits: ONNXHalfEdits
        let plan: WirePlan
        do throws(WireError) {
            edits = try ONNXHalfEdits(self)
            plan = try WirePlan(applying: edits.edits, to: file.source)
        } catch {
            throw ModelError(error)
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
            try plan.write(from: file.source, to: descriptor, path: path) { (id, offset, buffer) throws(ModelError) in
                try checkpoint()
                try fill(buffer, of: file.initializers[edits.produced[id]], at: offset)
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

    private func fill(
        _ buffer: UnsafeMutableRawBufferPointer, of tensor: ONNXTensor, at offset: Int
    ) throws(ModelError) {
        let halves = buffer.bindMemory(to: UInt16.self)
        let numbers = UnsafeMutableBufferPointer<Double>.allocate(capacity: halves.count)
        numbers.initialize(repeating: 0)
        defer { numbers.deallocate() }
        try onWire { () throws(WireError) in
            try file.read(tensor, from: offset / ElementType.float16.byteCount, into: numbers)
        }
        for index in halves.indices { halves[index] = bits(of: numbers[index], in: tensor.name).littleEndian }
    }

    /// Holds a written model against what was to be written: its tensors, and that every node reads what is there.
    ///
    /// - Throws: `ModelError` of the kind `internalFault`.
    func check(_ path: String) throws(ModelError) {
        let written: ONNXFile
        do throws(ModelError) {
            written = try onWire { () throws(WireError) in try ONNXFile(path: path) }
        } catch {
            guard error.kind == .malformed || error.kind == .usage else { throw error }
            throw ModelError(.internalFault, "the written model does not load: \(error)")
        }
        let casts = castInputs.count + castOutputs.count
        guard written.nodes.count == file.nodes.count - removedNodes.count + casts,
            written.initializers.count == file.initializers.count + constants.count
        else {
            throw ModelError(.internalFault, "the written model has other nodes or tensors than were to be written")
        }
        for (place, tensor) in file.initializers.enumerated() {
            let copy = written.initializers[place]
            let type = rounded[place] == nil ? tensor.type : .float16
            guard copy.name == renamed[place] ?? tensor.name, copy.type == type, copy.dimensions == tensor.dimensions
            else {
                throw ModelError(.internalFault, "the written tensor '\(copy.name.inMessages)' is not the planned one")
            }
            if rounded[place] != nil { try checkNumbers(tensor, copy, written) }
        }
        var known = Set(written.inputs.map(\.name)).union(written.initializers.map(\.name))
        for node in written.nodes {
            guard node.inputs.allSatisfy({ $0.isEmpty || known.contains($0) }) else {
                throw ModelError(
                    .internalFault, "node '\(node.name.inMessages)' of the written model reads what is not there")
            }
            known.formUnion(node.outputs)
        }
        guard written.outputs.allSatisfy({ known.contains($0.name) }) else {
            throw ModelError(.internalFault, "the written model hands out what is not there")
        }
    }

    private func checkNumbers(_ tensor: ONNXTensor, _ copy: ONNXTensor, _ written: ONNXFile) throws(ModelError) {
        let count = min(tensor.elementCount, 4096)
        let buffers = (0..<2).map { _ in UnsafeMutableBufferPointer<Double>.allocate(capacity: count) }
        for buffer in buffers { buffer.initialize(repeating: 0) }
        defer { for buffer in buffers { buffer.deallocate() } }
        for start in Set([0, tensor.elementCount - count]) {
            try onWire { () throws(WireError) in
                try file.read(tensor, from: start, into: buffers[0])
                try written.read(copy, from: start, into: buffers[1])
            }
            for index in 0..<count
            where bits(of: buffers[0][index], in: tensor.name) != HalfPrecision.bits(buffers[1][index]) {
                throw ModelError(
                    .internalFault, "the written numbers of '\(tensor.name.inMessages)' are not the planned ones")
            }
        }
    }
}
