import Foundation
import HDF5
import Testing

@Suite("Damaged and hostile files")
struct HostileFileTests {
    @Test("a shape that the file cannot hold is refused before anything is allocated", arguments: ["/0", "/1"])
    func hugeShape(path: String) throws {
        let file = try HDF5File(readingPath: fixture("huge.h5"))
        let error = hdf5Error { () throws(HDF5Error) in try file.dataset(at: path) }
        #expect(error?.kind == .damaged)
        #expect(error?.message.hasPrefix("claims 4398046511104 bytes of data, but only") == true)
    }

    @Test("a shape whose size does not fit into 64 bits is refused", arguments: ["/0", "/1"])
    func overflowingShape(path: String) throws {
        let file = try HDF5File(readingPath: fixture("overflowing.h5"))
        let error = hdf5Error { () throws(HDF5Error) in try file.dataset(at: path) }
        #expect(error?.kind == .damaged)
        #expect(error?.message == "claims the shape 4611686018427387905, larger than any file")
    }

    @Test("a dataset of the largest length that can be written is named, and the others are still listed")
    func largestLength() throws {
        let file = try HDF5File(readingPath: fixture("largest.h5"))
        #expect(try file.children(ofGroup: "/").map(\.name) == ["0", "1"])
        let error = hdf5Error { () throws(HDF5Error) in try file.dataset(at: "/0") }
        #expect(error?.kind == .damaged)
        #expect(error?.object == "/0")
        #expect(error?.message == "claims the shape 18446744073709551615, larger than any file")
    }

    @Test("a wrong checksum is damage")
    func falseChecksum() throws {
        let file = try HDF5File(readingPath: fixture("false-checksum.h5"))
        let dataset = try file.dataset(at: "/gzip-shuffle-fletcher32")
        let error = hdf5Error { () throws(HDF5Error) in try dataset.values(as: Float.self) }
        #expect(error?.kind == .damaged)
        #expect(
            error?.message == "cannot be read: a chunk does not have its Fletcher-32 checksum; is the file damaged?")
    }

    @Test("a dataset in a format that only a newer library reads is unsupported, not damaged")
    func newestFormat() throws {
        let file = try HDF5File(readingPath: fixture("newest.h5"))
        do throws(HDF5Error) {
            // A library that is new enough simply reads it.
            let values = try file.dataset(at: "/0").values(as: Float.self)
            #expect(values == (0..<24).map(Float.init))
        } catch {
            #expect(error.kind == .unsupported)
        }
    }

    @Test("a file that becomes shorter while it is open is an error")
    func shrinkingFile() throws {
        try withTemporaryFolder { folder in
            let path = folder + "/shrinking.h5"
            try FileManager.default.copyItem(atPath: fixture("layouts.h5"), toPath: path)
            let dataset = try HDF5File(readingPath: path).dataset(at: "/contiguous")
            try #require(truncate(path, 100) == 0)
            let error = hdf5Error { () throws(HDF5Error) in try dataset.values(as: Float.self) }
            #expect(error?.kind == .ioFailed)
        }
    }

    @Test("a file cut at any length is an error, never a trap", arguments: Array(stride(from: 1, to: 6192, by: 97)))
    func cutFile(length: Int) throws {
        let bytes = try Data(contentsOf: URL(fileURLWithPath: fixture("small.h5")))
        let error = try openingError(of: bytes.prefix(length))
        #expect(error?.kind == (length < 8 ? .notHDF5 : .damaged))
    }
}
