import Files
import Folding
import Frontend
import NetGraph
import ProtobufWire

/// Writes a folded model: the file it came from with the changes of the fold, everything else byte by byte.
struct ONNXWriter {
    /// Called before each slice; throws to stop.
    var checkpoint: () throws(ModelError) -> Void = {}
    /// Parameters whose numbers have a factor of their own (Gemm's alpha), so that they are computed in double precision to be rounded once.
    private var doubled: Set<ParameterID> = []
    /// Where numbers go that lie in a file of their own; `nil` to put all of them into the model.
    var side: WriteSettings.SideFile?
    /// Whether all large tensors go there, those of the model itself included.
    var movesAll = false

    /// - Parameter weights: of the folded network.
    mutating func write(
        _ prepared: ONNXPreparedFold, of original: ONNXNetwork, file: ONNXFile, weights: some WeightStore,
        to path: String
    ) throws(ModelError) {
        try checkpoint()
        let folded = prepared.folded
        if let node = file.nodes.first(where: \.hasExternalDataInside) {
            throw ModelError(
                .malformed,
                "\(file.path): a graph inside node '\(node.name.inMessages)' (\(node.type)) has numbers in a file of their own, which is not written, nor does bnfold convert take them in; put them into the model first (onnx.save without save_as_external_data)"
            )
        }
        for case (let parameter, .scaled(let source, _)) in folded.recipes
        where original.constants[source]?.factor ?? 1 != 1 { doubled.insert(parameter) }
        let changes = try ONNXChanges(prepared, of: original, file: file)
        var edits = ONNXEdits(changes, folded: folded.network, file: file)
        if let side {
            try checkPlace(of: side, file: file)
            edits.data = ONNXDataLayout(
                name: FileBytes.name(of: side.path),
                keeping: changes.isEmpty && !movesAll
                    ? try onWire { () throws(WireError) in try file.onlyExternalFile() } : nil)
        }
        edits.movesAll = movesAll
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
        if let side, let data = edits.data { try write(data, to: side, weights: weights, folded: folded, file: file) }
    }

    /// The numbers of a model must not be overwritten while they are read.
    private func checkPlace(of side: WriteSettings.SideFile, file: ONNXFile) throws(ModelError) {
        let written = try readingFile { () throws(FileError) in
            try FileBytes.status(of: side.path).map(FileIdentity.init)
        }
        guard let written else { return }
        for place in file.externalPlaces {
            let path = "\(FileBytes.folder(of: file.path))/\(place.location)"
            let read = try readingFile { () throws(FileError) in
                try FileBytes.status(of: path).map(FileIdentity.init)
            }
            guard read != written else {
                throw ModelError(
                    .usage, "\(side.path): holds numbers of \(file.path); give the output another name or folder")
            }
        }
    }

    /// Writes the file of the numbers.
    private func write(
        _ data: ONNXDataLayout, to side: WriteSettings.SideFile, weights: some WeightStore, folded: FoldedNetwork,
        file: ONNXFile
    ) throws(ModelError) {
        let output = try readingFile { () throws(FileError) in try SequentialFile(creatingPath: side.staged) }
        let slice = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 16)
        defer { slice.deallocate() }
        for piece in data.pieces {
            let gap = [UInt8](repeating: 0, count: piece.offset - output.position)
            try readingFile { () throws(FileError) in try output.append(gap) }
            var done = 0
            while done < piece.byteCount {
                let part = UnsafeMutableRawBufferPointer(rebasing: slice[..<min(slice.count, piece.byteCount - done)])
                try checkpoint()
                try fill(part, from: piece.content, at: done, weights: weights, folded: folded.network, file: file)
                try readingFile { () throws(FileError) in try output.append(UnsafeRawBufferPointer(part)) }
                done += part.count
            }
        }
        try readingFile { () throws(FileError) in try output.finish() }
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
        case .raw(let tensor, let raw):
            return try onWire { () throws(WireError) in
                try tensor.field.source(in: file.source).read(at: raw.payload.lowerBound + offset, into: buffer)
            }
        case .file(let source):
            return try onWire { () throws(WireError) in try source.read(at: offset, into: buffer) }
        case .parameter(let id, let format): (parameter, type) = (id, format)
        }
        let start = offset / type.byteCount
        do throws(WeightError) {
            if type == .float32, doubled.contains(parameter) {
                let floats = buffer.bindMemory(to: Float.self)
                let numbers = UnsafeMutableBufferPointer<Double>.allocate(capacity: floats.count)
                numbers.initialize(repeating: 0)
                defer { numbers.deallocate() }
                try weights.read(parameter, from: start, into: numbers)
                for index in floats.indices { floats[index] = Float(numbers[index]) }
            } else {
                try weights.readBytes(parameter, from: start, as: type, halfName: "FLOAT16", into: buffer)
            }
        } catch {
            guard error.kind == .overflow else { throw ModelError(error) }
            // Whoever planned the folds can leave these layers out and try again.
            let users = folded.layers.filter { $0.operation.parameters.contains(parameter) }.map(\.id)
            throw ModelError(.overflow(users), error.message)
        }
    }
}
