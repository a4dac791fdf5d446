import Foundation
import HDF5
import Testing

@Suite("Writing files")
struct WritingTests {
    /// Writes a file, closes it, and opens it for reading.
    private func reading<Result>(
        _ write: (HDF5File) throws -> Void, _ read: (HDF5File) throws -> Result
    ) throws -> Result {
        try withTemporaryFolder { folder in
            let file = try HDF5File(creatingPath: folder + "/file.h5")
            try write(file)
            try file.close()
            return try read(try HDF5File(readingPath: folder + "/file.h5"))
        }
    }

    /// The bytes of a file that is written.
    private func bytes(_ write: (HDF5File) throws -> Void) throws -> Data {
        try withTemporaryFolder { folder in
            let path = folder + "/file.h5"
            let file = try HDF5File(creatingPath: path)
            try write(file)
            try file.close()
            return try Data(contentsOf: URL(fileURLWithPath: path))
        }
    }

    private func writeSmallNet(to file: HDF5File) throws {
        try file.createGroup("/data")
        try file.createGroup("/data/conv1")
        try file.createGroup("/data/pool1")
        try file.createDataset("/data/conv1/0", shape: [2, 3]).write([1, 2, 3, 4, 5, 6] as [Float])
        try file.createDataset("/data/conv1/1", shape: []).write([7] as [Float])
    }

    @Test("groups and datasets are read back as they were written")
    func roundTrip() throws {
        try reading(writeSmallNet) { file throws in
            let paths = try file.descendants(ofGroup: "/").map(\.path)
            #expect(paths == ["/data", "/data/conv1", "/data/conv1/0", "/data/conv1/1", "/data/pool1"])
            let dataset = try file.dataset(at: "/data/conv1/0")
            #expect(dataset.shape == [2, 3])
            #expect(dataset.elementType == .float32)
            #expect(dataset.storedByteCount == 24)
            #expect(try dataset.values(as: Float.self) == [1, 2, 3, 4, 5, 6])
            let scalar = try file.dataset(at: "/data/conv1/1")
            #expect(scalar.shape == [])
            #expect(try scalar.values(as: Float.self) == [7])
        }
    }

    @Test("the file has superblock version 0, which Caffe's libraries of any age read")
    func superblock() throws {
        let bytes = try bytes(writeSmallNet)
        #expect(bytes[8] == 0)
    }

    @Test("the same calls give the same bytes at another time", arguments: [0, 6])
    func reproducibility(compression: Int) throws {
        let write = { (file: HDF5File) in
            try self.writeSmallNet(to: file)
            let values = (0..<5000).map { Float($0 % 7) }
            try file.createDataset("/data/pool1/0", shape: [5000], compression: compression).write(values)
        }
        let first = try bytes(write)
        // Times in HDF5 files count whole seconds.
        Thread.sleep(forTimeInterval: 1.1)
        #expect(try bytes(write) == first)
    }

    @Test("slices of a contiguous dataset may be written in any order")
    func slicesInAnyOrder() throws {
        let write = { (file: HDF5File) in
            let dataset = try file.createDataset("/0", shape: [2, 3])
            try dataset.write([5, 6] as [Float], at: 4)
            try dataset.write([] as [Float], at: 6)
            try dataset.write([1, 2, 3, 4] as [Float], at: 0)
        }
        try reading(write) { file throws in
            #expect(try file.dataset(at: "/0").values(as: Float.self) == [1, 2, 3, 4, 5, 6])
        }
    }

    @Test("numbers are converted to the type of the dataset, and rounded once", arguments: [0, 1])
    func conversion(compression: Int) throws {
        let values = [1 + 0x1p-24 + 0x1p-40, 0.1, -1e39, .nan] + [Double](repeating: 0.1, count: 5000)
        let write = { (file: HDF5File) in
            let single = try file.createDataset("/single", shape: [values.count], compression: compression)
            try single.write(values)
            let double = try file.createDataset(
                "/double", shape: [values.count], elementType: .float64, compression: compression)
            try double.write(values.map { Float($0) })
        }
        try reading(write) { file throws in
            let single = try file.dataset(at: "/single")
            #expect(single.elementType == .float32)
            #expect(try single.values(as: Float.self).map(\.bitPattern) == values.map { Float($0).bitPattern })
            let double = try file.dataset(at: "/double")
            #expect(double.elementType == .float64)
            #expect(try double.values(0..<3, as: Double.self) == values.prefix(3).map { Double(Float($0)) })
        }
    }

    @Test("what is not written of a contiguous dataset reads as zeros")
    func unwrittenPart() throws {
        let write = { (file: HDF5File) in
            let dataset = try file.createDataset("/0", shape: [100_000])
            try dataset.write([1] as [Float], at: 10)
        }
        try reading(write) { file throws in
            #expect(try file.dataset(at: "/0").values(9..<12, as: Float.self) == [0, 1, 0])
            #expect(try file.dataset(at: "/0").values(99_999..<100_000, as: Float.self) == [0])
        }
    }

    @Test("a dataset without elements can be written", arguments: [0, 1])
    func noElements(compression: Int) throws {
        let write = { (file: HDF5File) in
            try file.createDataset("/0", shape: [3, 0], compression: compression).write([] as [Float])
        }
        try reading(write) { file throws in
            #expect(try file.dataset(at: "/0").shape == [3, 0])
        }
    }

    @Test(
        "a file that cannot be created says why",
        arguments: [("/no/such/folder/file.h5", "No such file or directory"), ("/", "Is a directory")])
    func cannotCreate(path: String, reason: String) {
        let error = hdf5Error { () throws(HDF5Error) in try HDF5File(creatingPath: path) }
        #expect(error?.kind == .cannotCreate)
        #expect(error?.libraryMessage == reason)
    }

    @Test("a file that is open cannot be created anew")
    func createWhileOpen() throws {
        try withTemporaryFolder { folder in
            let path = folder + "/file.h5"
            try FileManager.default.copyItem(atPath: fixture("small.h5"), toPath: path)
            let file = try HDF5File(readingPath: path)
            let error = hdf5Error { () throws(HDF5Error) in try HDF5File(creatingPath: path) }
            #expect(error?.kind == .cannotCreate)
            #expect(try file.dataset(at: "/0").values(as: Float.self).count == 7)
        }
    }

    @Test("a group or dataset needs a free name in a group that exists")
    func impossibleObjects() throws {
        try withTemporaryFolder { folder in
            let file = try HDF5File(creatingPath: folder + "/file.h5")
            try file.createGroup("/data")
            _ = try file.createDataset("/data/0", shape: [1])
            let errors = [
                hdf5Error { () throws(HDF5Error) in try file.createGroup("/") },
                hdf5Error { () throws(HDF5Error) in try file.createGroup("/data") },
                hdf5Error { () throws(HDF5Error) in try file.createDataset("/data/0", shape: [1]) },
                hdf5Error { () throws(HDF5Error) in try file.createGroup("/nothing/below") },
                hdf5Error { () throws(HDF5Error) in try file.createGroup("/data/0/below") },
                hdf5Error { () throws(HDF5Error) in try file.createGroup("relative") },
            ]
            #expect(
                errors.map { $0?.kind } == [
                    .cannotCreate, .cannotCreate, .cannotCreate, .missingObject, .missingObject, .invalidRequest,
                ])
        }
    }

    @Test(
        "an impossible shape is an error",
        arguments: [[-1], [Int.max], [Int.max, Int.max], [1 << 31, 1 << 31, 1 << 31], [0, Int.max, Int.max]])
    func impossibleShapes(shape: [Int]) throws {
        try withTemporaryFolder { folder in
            let file = try HDF5File(creatingPath: folder + "/file.h5")
            for compression in [0, 1] {
                let error = hdf5Error { () throws(HDF5Error) in
                    try file.createDataset("/0", shape: shape, compression: compression)
                }
                #expect(error?.kind == .cannotCreate)
            }
        }
    }

    @Test("more than 32 axes, other types and other gzip levels cannot be created")
    func impossibleDatasets() throws {
        try withTemporaryFolder { folder in
            let file = try HDF5File(creatingPath: folder + "/file.h5")
            let axes = [Int](repeating: 1, count: 33)
            let errors = [
                hdf5Error { () throws(HDF5Error) in try file.createDataset("/0", shape: axes) },
                hdf5Error { () throws(HDF5Error) in
                    try file.createDataset("/0", shape: [1], elementType: .integer(bits: 8, signed: true))
                },
                hdf5Error { () throws(HDF5Error) in try file.createDataset("/0", shape: [1], compression: 10) },
                hdf5Error { () throws(HDF5Error) in try file.createDataset("/0", shape: [1], compression: -1) },
            ]
            #expect(errors.allSatisfy { $0?.kind == .cannotCreate })
        }
    }

    @Test("half precision is written as it is stored, plain and compressed", arguments: [0, 4])
    func halfPrecision(compression: Int) throws {
        try withTemporaryFolder { folder in
            let path = folder + "/file.h5"
            let bits = (0..<4096).map { UInt16($0) }
            let file = try HDF5File(creatingPath: path)
            let dataset = try file.createDataset("/0", shape: [4096], elementType: .float16, compression: compression)
            try bits.withUnsafeBytes { bytes in try dataset.write(stored: bytes, at: 0) }
            let error = hdf5Error { () throws(HDF5Error) in try dataset.write([1] as [Float]) }
            #expect(error?.kind == .invalidRequest)
            try file.close()
            let written = try HDF5File(readingPath: path).dataset(at: "/0")
            #expect(written.elementType == .float16)
            #expect(try written.values(as: Double.self)[0..<3] == [0, 0x1p-24, 0x1p-23])
            #expect(try written.values(as: Double.self)[0x0C00] == 0x1p-12)
        }
    }

    @Test("writing out of bounds is an error", arguments: [-1, 5, 6, Int.max, Int.min])
    func outOfBounds(element: Int) throws {
        try withTemporaryFolder { folder in
            let file = try HDF5File(creatingPath: folder + "/file.h5")
            let dataset = try file.createDataset("/0", shape: [5])
            let error = hdf5Error { () throws(HDF5Error) in try dataset.write([1] as [Float], at: element) }
            #expect(error?.kind == .invalidRequest)
        }
    }

    @Test("a file open for reading cannot be written, and one being written cannot be read")
    func wrongDirection() throws {
        let file = try HDF5File(readingPath: fixture("small.h5"))
        #expect(hdf5Error { () throws(HDF5Error) in try file.createGroup("/g") }?.kind == .invalidRequest)
        #expect(hdf5Error { () throws(HDF5Error) in try file.synchronize() }?.kind == .invalidRequest)
        let read = try file.dataset(at: "/0")
        #expect(hdf5Error { () throws(HDF5Error) in try read.write([1] as [Float]) }?.kind == .invalidRequest)
        try withTemporaryFolder { folder in
            let file = try HDF5File(creatingPath: folder + "/file.h5")
            let written = try file.createDataset("/0", shape: [1])
            #expect(hdf5Error { () throws(HDF5Error) in try file.dataset(at: "/0") }?.kind == .invalidRequest)
            #expect(hdf5Error { () throws(HDF5Error) in try written.values(as: Float.self) }?.kind == .invalidRequest)
        }
    }

    @Test("writing after closing is an error")
    func writeAfterClosing() throws {
        try withTemporaryFolder { folder in
            let file = try HDF5File(creatingPath: folder + "/file.h5")
            let dataset = try file.createDataset("/0", shape: [1])
            try file.close()
            #expect(hdf5Error { () throws(HDF5Error) in try dataset.write([1] as [Float]) }?.kind == .invalidRequest)
            #expect(hdf5Error { () throws(HDF5Error) in try file.createGroup("/g") }?.kind == .invalidRequest)
        }
    }

    @Test("a synchronized file is complete after closing")
    func synchronizing() throws {
        let write = { (file: HDF5File) in
            try self.writeSmallNet(to: file)
            try file.synchronize()
        }
        try reading(write) { file throws in
            #expect(try file.dataset(at: "/data/conv1/0").values(0..<2, as: Float.self) == [1, 2])
        }
    }

    @Test("a file that is let go without closing is left empty")
    func abandonedFile() throws {
        try withTemporaryFolder { folder in
            let path = folder + "/file.h5"
            try writeSmallNet(to: try HDF5File(creatingPath: path))
            #expect(try Data(contentsOf: URL(fileURLWithPath: path)).isEmpty)
        }
    }
}
