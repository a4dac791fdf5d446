import Files
import Folding
import Frontend
import NetGraph
import ProtobufWire

/// Writes a folded model: the file it came from with the changes of the fold, everything else byte by byte.
struct ONNXWriter {
    /// Called before each slice; throws to stop.
    var checkpoint: () throws(ModelError) -> Void = {}

    /// - Parameters:
    ///   - folded: prepared to be written.
    ///   - weights: of the folded network.
    func write(
        _ folded: FoldedNetwork, of original: ONNXNetwork, file: ONNXFile, weights: some WeightStore, to path: String
    ) throws(ModelError) {
        try checkpoint()
        if let node = file.nodes.first(where: \.hasExternalDataInside) {
            throw ModelError(
                .malformed,
                "\(file.path): a graph inside node '\(node.name.inMessages)' (\(node.type)) has numbers in a file of their own, which is not written; put them into the model first (onnx.save without save_as_external_data)"
            )
        }
        let changes = try ONNXChanges(folded, of: original, file: file)
        var edits = ONNXEdits(changes, folded: folded.network, file: file)
        let plan: WirePlan
        do throws(WireError) {
            plan = try WirePlan(applying: try edits.made(), to: file.source)
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
        let produced = edits.messages.produced
        do throws(WireWriteError<ModelError>) {
            try plan.write(from: file.source, to: descriptor, path: path) { (id, offset, buffer) throws(ModelError) in
                try checkpoint()
                try fill(buffer, from: produced[id], at: offset, weights: weights, folded: folded.network, file: file)
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

    /// Computes a slice of new numbers, little-endian, in the format of the tensor.
    private func fill(
        _ buffer: UnsafeMutableRawBufferPointer, from produced: ONNXMessages.Produced, at offset: Int,
        weights: some WeightStore, folded: Network, file: ONNXFile
    ) throws(ModelError) {
        let parameter: ParameterID
        let type: ElementType
        switch produced {
        case .external(let tensor, let place):
            return try onWire { () throws(WireError) in
                let (source, range) = try file.bytes(of: tensor, at: place)
                try source.read(at: range.lowerBound + offset, into: buffer)
            }
        case .parameter(let id, let format): (parameter, type) = (id, format)
        }
        let start = offset / type.byteCount
        do throws(WeightError) {
            switch type {
            case .float32: try weights.read(parameter, from: start, into: buffer.bindMemory(to: Float.self))
            case .float64: try weights.read(parameter, from: start, into: buffer.bindMemory(to: Double.self))
            case .float16:
                try fillHalves(buffer.bindMemory(to: UInt16.self), from: parameter, at: start, weights: weights)
            }
        } catch {
            guard error.kind == .overflow else { throw ModelError(error) }
            // Whoever planned the folds can leave these layers out and try again.
            let users = folded.layers.filter { $0.operation.parameters.contains(parameter) }.map(\.id)
            throw ModelError(.overflow(users), error.message)
        }
        #if _endian(big)
            #error("the numbers of ONNX are little-endian, and no machine of the other kind was there to try it on")
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
                throw WeightError(kind: .overflow, message: "element \(start + index) leaves the range of FLOAT16")
            }
            buffer[index] = bits
        }
    }
}
