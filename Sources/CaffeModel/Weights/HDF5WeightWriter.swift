import Frontend
import HDF5
import NetGraph

/// Writes the parameters of a network in the layout that Caffe loads: `/data/<layer>/<index>`, shared parameters with their first owner only.
struct HDF5WeightWriter {
    /// gzip level of the datasets; 0 for contiguous ones, as Caffe writes.
    var compression = 0
    /// Whether numbers in half precision stay so; they become Float otherwise.
    var keepsHalfPrecision = false
    /// New names of layers.
    var renames: [LayerID: String] = [:]
    /// Called between slices; throws to stop.
    var checkpoint: () throws(ModelError) -> Void = {}

    /// The datasets of a layer, by blob index; a layer without parameters has none.
    static func plan(_ network: Network, renames: [LayerID: String]) -> [PlannedGroup] {
        var owned: Set<ParameterID> = []
        var groups: [PlannedGroup] = []
        for layer in network.layers where !layer.operation.parameters.isEmpty {
            var group = PlannedGroup(layer: layer.id, name: renames[layer.id] ?? layer.name, blobs: [])
            for (index, parameter) in layer.operation.parameters.enumerated() where owned.insert(parameter).inserted {
                group.blobs.append((index, parameter))
            }
            groups.append(group)
        }
        return groups
    }

    struct PlannedGroup {
        var layer: LayerID
        var name: String
        var blobs: [(index: Int, parameter: ParameterID)]
    }

    /// Writes a whole file and brings it to the disk.
    ///
    /// - Parameters:
    ///   - network: gives names, shapes and formats.
    ///   - weights: gives the numbers, slice by slice.
    ///   - path: a file that does not matter yet; it is overwritten.
    func write(_ network: Network, weights: some WeightStore, to path: String) throws(ModelError) {
        let file: HDF5File
        let layers: HDF5Group
        do throws(HDF5Error) {
            file = try HDF5File(creatingPath: path)
            layers = try file.createGroup("/data")
        } catch {
            throw ModelError(error)
        }
        var slices = SliceWriter()
        for planned in Self.plan(network, renames: renames) {
            let group: HDF5Group
            do throws(HDF5Error) {
                group = try layers.createGroup(planned.name)
            } catch {
                throw ModelError(error)
            }
            for (index, parameter) in planned.blobs {
                do {
                    try write(parameter, of: network, weights: weights, to: group, index: index, slices: &slices)
                } catch  where error.kind == .overflow([]) {
                    // Whoever planned the folds can leave these layers out and try again.
                    let users = network.layers.filter { $0.operation.parameters.contains(parameter) }.map(\.id)
                    throw ModelError(.overflow(users), error.message)
                }
            }
        }
        do throws(HDF5Error) {
            try slices.finish()
            try file.synchronize()
            try file.close()
        } catch {
            throw ModelError(error)
        }
    }

    private func write(
        _ parameter: ParameterID, of network: Network, weights: some WeightStore, to group: HDF5Group, index: Int,
        slices: inout SliceWriter
    ) throws(ModelError) {
        guard let shape = network[parameter].shape, let count = network[parameter].elementCount else {
            throw ModelError(.internalFault, "the shape of \(network[parameter].name) is not known")
        }
        let type = network[parameter].elementType
        let isHalf = type == .float16 && keepsHalfPrecision
        let dataset: HDF5Dataset
        do throws(HDF5Error) {
            dataset = try group.createDataset(
                String(index), shape: shape, elementType: isHalf ? .float16 : type == .float64 ? .float64 : .float32,
                compression: compression)
        } catch {
            throw ModelError(error)
        }
        switch type {
        case .float16 where isHalf: try copyHalves(parameter, count: count, weights: weights, to: dataset)
        case .float16, .float32:
            try copy(parameter, count: count, weights: weights, to: dataset, through: &slices, as: Float.self)
        case .float64:
            try copy(parameter, count: count, weights: weights, to: dataset, through: &slices, as: Double.self)
        }
    }

    /// Each number is rounded once, from double precision.
    private func copyHalves(
        _ parameter: ParameterID, count: Int, weights: some WeightStore, to dataset: HDF5Dataset
    ) throws(ModelError) {
        let slice = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 64)
        defer { slice.deallocate() }
        var start = 0
        while start < count {
            try checkpoint()
            let bytes = UnsafeMutableRawBufferPointer(
                rebasing: slice[..<min(slice.count, (count - start) * ElementType.float16.byteCount)])
            do throws(WeightError) {
                try weights.readBytes(parameter, from: start, as: .float16, halfName: "float16", into: bytes)
            } catch {
                throw ModelError(error)
            }
            do throws(HDF5Error) {
                try dataset.write(stored: UnsafeRawBufferPointer(bytes), at: start)
            } catch {
                throw ModelError(error)
            }
            start += bytes.count / ElementType.float16.byteCount
        }
    }

    private func copy<Element: WeightElement & HDF5Number>(
        _ parameter: ParameterID, count: Int, weights: some WeightStore, to dataset: HDF5Dataset,
        through slices: inout SliceWriter, as type: Element.Type
    ) throws(ModelError) {
        let overlapping = SliceWriter.overlaps(isComputed: weights.isComputed(parameter), count: count, of: type)
        var start = 0
        while start < count {
            try checkpoint()
            let slice = slices.next(atMost: count - start, as: type, overlapping: overlapping)
            do throws(WeightError) {
                try weights.read(parameter, from: start, into: slice)
            } catch {
                throw ModelError(error)
            }
            do throws(HDF5Error) {
                try slices.write(slice, to: dataset, at: start, overlapping: overlapping)
            } catch {
                throw ModelError(error)
            }
            start += slice.count
        }
    }
}
