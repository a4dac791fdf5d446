import Testing

@testable import HDF5

@Suite("Data that were never written")
struct MissingDataTests {
    @Test("missing chunks are counted, whatever their fill value", arguments: ["partial", "partial-defaultfill"])
    func missingChunks(name: String) throws {
        let file = try HDF5File(readingPath: damaged(name))
        let error = hdf5Error { () throws(HDF5Error) in try file.dataset(at: "/data/fc/0") }
        #expect(error?.kind == .damaged)
        #expect(error?.message.hasPrefix("misses 1 of its 2 chunks, the first of them at (1, 0)") == true)
    }

    @Test("missing chunks are counted by the library's index, too", arguments: ["unwritten.h5", "unwritten-newer.h5"])
    func missingChunksOfEveryFormat(name: String) throws {
        let file = try HDF5File(readingPath: fixture(name))
        let error = hdf5Error { () throws(HDF5Error) in try file.dataset(at: "/partial") }
        #expect(error?.kind == .damaged)
        #expect(error?.message.hasPrefix("misses 4 of its 6 chunks, the first of them at (0, 2)") == true)
    }

    @Test("a chunk that unpacks to fewer bytes than it should is an error, and no buffer with old bytes")
    func shortChunk() throws {
        let dataset = try HDF5File(readingPath: damaged("mutated")).dataset(at: "/data/conv1/0")
        let error = hdf5Error { () throws(HDF5Error) in try dataset.values(as: Float.self) }
        #expect(error?.kind == .damaged)
        #expect(error?.message == "cannot be read: a chunk gives 216 bytes, expected 2520; is the file damaged?")
    }

    @Test(
        "a dataset without any data has its fill value everywhere, and tells so",
        arguments: [
            ("unwritten.h5", "/zeros", 0), ("unwritten.h5", "/value", 1.5), ("unwritten.h5", "/big-endian", -3),
            ("unwritten-newer.h5", "/value", 1.5), ("unwritten-newer.h5", "/big-endian", -3),
        ] as [(String, String, Double)])
    func fillValues(name: String, path: String, value: Double) throws {
        let dataset = try HDF5File(readingPath: fixture(name)).dataset(at: path)
        #expect(dataset.fillValue == value)
        #expect(try dataset.values(as: Double.self) == [Double](repeating: value, count: 6))
        #expect(try dataset.values(1..<3, as: Double.self) == [value, value])
    }

    @Test("a dataset that was written has no fill value")
    func writtenData() throws {
        #expect(try HDF5File(readingPath: fixture("layouts.h5")).dataset(at: "/contiguous").fillValue == nil)
    }

    @Test("without a fill value, data that were never written are an error", arguments: ["", "-newer"])
    func noFillValue(format: String) throws {
        let file = try HDF5File(readingPath: fixture("unwritten\(format).h5"))
        let error = hdf5Error { () throws(HDF5Error) in try file.dataset(at: "/undefined") }
        #expect(error?.kind == .damaged)
        #expect(error?.message == "claims 24 bytes of data, but none were ever written, and it has no fill value")
    }
}
