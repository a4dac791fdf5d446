import Foundation
import HDF5

/// Weights files as plain values: what a test writes, and what it compares.
struct WeightFile: Equatable {
    struct Blob: Equatable {
        var shape: [Int]
        var elementType: HDF5ElementType
        /// The numbers bit for bit, so that NaN equals itself and 0 differs from -0.
        var bits: [UInt64]

        init(shape: [Int], elementType: HDF5ElementType = .float32, values: [Double]) {
            self.shape = shape
            self.elementType = elementType
            bits = values.map(\.bitPattern)
        }

        var values: [Double] { bits.map { Double(bitPattern: $0) } }
    }

    /// By their paths: `/data/conv1/0`.
    var blobs: [String: Blob] = [:]
    /// The paths of all groups below the root.
    var groups: Set<String>

    init(groups: Set<String> = ["/data"]) { self.groups = groups }

    /// Reads every dataset of a file.
    init(reading path: String) throws {
        let file = try HDF5File(readingPath: path)
        defer { try? file.close() }
        groups = []
        for child in try file.descendants(ofGroup: "/") {
            switch child.kind {
            case .group: groups.insert(child.path)
            case .dataset:
                let dataset = try file.dataset(at: child.path)
                blobs[child.path] = Blob(
                    shape: dataset.shape, elementType: dataset.elementType, values: try dataset.values(as: Double.self))
            default: break
            }
        }
    }

    /// Adds a blob of a layer, and its group.
    mutating func add(_ layer: String, _ index: Int, _ shape: [Int], _ values: [Double]) {
        let group = "/data/" + layer
        groups.insert(group)
        blobs["\(group)/\(index)"] = Blob(shape: shape, values: values)
    }

    func write(to path: String) throws {
        let file = try HDF5File(creatingPath: path)
        for group in groups.sorted() { try file.createGroup(group) }
        for (path, blob) in blobs.sorted(by: { $0.key < $1.key }) {
            let dataset = try file.createDataset(path, shape: blob.shape, elementType: blob.elementType)
            try dataset.write(blob.values)
        }
        try file.close()
    }
}
