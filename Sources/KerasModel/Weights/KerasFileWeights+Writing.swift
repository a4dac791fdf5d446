import Files
import Frontend
import HDF5
import NetGraph
import Zip

extension KerasFileWeights {
    /// Writes a file of the same container, and brings it to the disk.
    ///
    /// The state of training is left out: `training_config`, `optimizer_weights`. Everything else that the file had stays as it was. Numbers pass
    /// through slices, so that any model takes the same memory.
    ///
    /// - Parameters:
    ///   - plan: what the layers of the new file are, and which of their tensors are new.
    ///   - weights: gives the new numbers.
    ///   - path: a file that does not matter yet; it is overwritten.
    ///   - checkpoint: called between slices; throws to stop.
    /// - Throws: `ModelError`, of the kind `overflow` when a number leaves its format.
    public func write(
        _ plan: KerasWeightPlan, weights: some WeightStore, to path: String,
        checkpoint: @escaping () throws(ModelError) -> Void = {}
    ) throws(ModelError) {
        let new =
            switch form {
            case .legacy(let legacy): try outline(legacy, for: plan)
            case .tree(let tree): try outline(tree, for: plan)
            }
        let layout: HDF5Layout
        do throws(HDF5Error) {
            layout = try HDF5Layout(new.outline, path: path)
        } catch {
            throw ModelError(error)
        }
        let numbers = NumberWriter(sources: new.sources, weights: weights, checkpoint: checkpoint)
        let file = try readingFile { () throws(FileError) in try SequentialFile(creatingPath: path) }
        guard self.file.kind == .archive else {
            try numbers.write(layout) { bytes throws(FileError) in try file.append(bytes) }
            return try readingFile { () throws(FileError) in try file.finish() }
        }
        var archive = ZipWriter(to: file)
        for member in self.file.members {
            switch member.name {
            case KerasFile.configMember:
                try readingFile { () throws(FileError) in
                    try archive.write(plan.config.document.bytes, as: member.name)
                }
            case KerasFile.weightsMember:
                try readingFile { () throws(FileError) in
                    try archive.begin(member.name, byteCount: layout.byteCount)
                }
                try numbers.write(layout) { bytes throws(FileError) in try archive.append(bytes) }
                try readingFile { () throws(FileError) in try archive.end() }
            default: try Self.copy(member, to: &archive)
            }
        }
        do throws(FileError) {
            try archive.finish()
        } catch {
            throw ModelError(error)
        }
    }

    private static func copy(_ member: ZipMember, to archive: inout ZipWriter) throws(ModelError) {
        let bytes: [UInt8]
        do throws(ZipError) {
            bytes = try member.content.bytes()
        } catch {
            throw ModelError(error.kind == .malformed ? .malformed : .inputOutput, "\(error)")
        }
        do throws(FileError) {
            try archive.write(bytes, as: member.name)
        } catch {
            throw ModelError(error)
        }
    }
}

/// Writes the numbers of a new file, slice by slice in the order in which they lie.
struct NumberWriter<Weights: WeightStore> {
    /// 256 KiB: large enough that calls cost nothing, small enough that a slice stays in the nearest caches.
    private static var sliceSize: Int { 1 << 18 }

    let sources: [String: WeightOutline.Source]
    let weights: Weights
    let checkpoint: () throws(ModelError) -> Void

    typealias Sink = (UnsafeRawBufferPointer) throws(FileError) -> Void

    func write(_ layout: HDF5Layout, to sink: Sink) throws(ModelError) {
        let slice = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.sliceSize, alignment: 64)
        defer { slice.deallocate() }
        try layout.head.withUnsafeBufferPointer { head throws(ModelError) in
            try put(UnsafeRawBufferPointer(head), to: sink)
        }
        var position = layout.head.count
        for dataset in layout.datasets {
            let padding = UnsafeMutableRawBufferPointer(rebasing: slice[..<(dataset.offset - position)])
            padding.initializeMemory(as: UInt8.self, repeating: 0)
            try put(UnsafeRawBufferPointer(padding), to: sink)
            switch sources[dataset.path] {
            case .kept(let kept): try copy(kept, through: slice, to: sink)
            case .computed(let parameter, let type, let count):
                try compute(parameter, type, count: count, through: slice, to: sink)
            case nil: throw ModelError(.internalFault, "nothing is known of '\(dataset.path)'")
            }
            position = dataset.offset + dataset.byteCount
        }
    }

    private func copy(_ dataset: HDF5Dataset, through slice: UnsafeMutableRawBufferPointer, to sink: Sink)
        throws(ModelError)
    {
        let size = dataset.elementType.byteCount
        var start = 0
        while start < dataset.elementCount {
            try checkpoint()
            let end = min(start + Self.sliceSize / size, dataset.elementCount)
            let bytes = UnsafeMutableRawBufferPointer(rebasing: slice[..<((end - start) * size)])
            do throws(HDF5Error) {
                try dataset.readBytes(elements: start..<end, into: bytes)
            } catch {
                throw ModelError(error)
            }
            try put(UnsafeRawBufferPointer(bytes), to: sink)
            start = end
        }
    }

    private func compute(
        _ parameter: ParameterID, _ type: ElementType, count: Int, through slice: UnsafeMutableRawBufferPointer,
        to sink: Sink
    ) throws(ModelError) {
        var start = 0
        while start < count {
            try checkpoint()
            let end = min(start + Self.sliceSize / type.byteCount, count)
            let bytes = UnsafeMutableRawBufferPointer(rebasing: slice[..<((end - start) * type.byteCount)])
            do throws(WeightError) {
                try weights.readBytes(parameter, from: start, as: type, halfName: "float16", into: bytes)
            } catch {
                throw ModelError(error)
            }
            try put(UnsafeRawBufferPointer(bytes), to: sink)
            start = end
        }
    }

    private func put(_ bytes: UnsafeRawBufferPointer, to sink: Sink) throws(ModelError) {
        do throws(FileError) {
            try sink(bytes)
        } catch {
            throw ModelError(error)
        }
    }
}
