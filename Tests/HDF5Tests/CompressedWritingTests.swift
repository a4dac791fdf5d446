import HDF5
import Testing

@testable import class HDF5.ChunkWriter
@testable import struct HDF5.Hyperslab

@Suite("Writing compressed datasets")
struct CompressedWritingTests {
    private static func values(_ count: Int) -> [Float] { (0..<count).map { Float($0 % 251) } }

    @Test(
        "slices of any size give back the same values",
        arguments: [[5000], [3, 70, 50], [2, 300_000], [1, 3, 100_000], [300_001]], [4999, 300_000])
    func roundTrip(shape: [Int], sliceSize: Int) throws {
        try withTemporaryFolder { folder in
            let path = folder + "/file.h5"
            let values = Self.values(shape.reduce(1, *))
            let written = try HDF5File(creatingPath: path)
            let dataset = try written.createDataset("/0", shape: shape, compression: 1)
            for start in stride(from: 0, to: values.count, by: sliceSize) {
                try dataset.write(Array(values[start..<min(start + sliceSize, values.count)]), at: start)
            }
            try written.close()
            let read = try HDF5File(readingPath: path).dataset(at: "/0")
            #expect(read.shape == shape)
            #expect(read.storedByteCount < values.count * 4)
            #expect(try read.values(as: Float.self) == values)
        }
    }

    @Test("a small dataset is not compressed, and may be written in any order")
    func smallDataset() throws {
        try withTemporaryFolder { folder in
            let path = folder + "/file.h5"
            let written = try HDF5File(creatingPath: path)
            let dataset = try written.createDataset("/0", shape: [2], compression: 9)
            try dataset.write([2] as [Float], at: 1)
            try dataset.write([1] as [Float], at: 0)
            try written.close()
            let read = try HDF5File(readingPath: path).dataset(at: "/0")
            #expect(read.storedByteCount == 8)
            #expect(try read.values(as: Float.self) == [1, 2])
        }
    }

    @Test("slices out of order are an error, after which the right slice is still taken")
    func outOfOrder() throws {
        try withTemporaryFolder { folder in
            let file = try HDF5File(creatingPath: folder + "/file.h5")
            let dataset = try file.createDataset("/0", shape: [5000], compression: 1)
            let error = hdf5Error { () throws(HDF5Error) in try dataset.write([1] as [Float], at: 1) }
            #expect(error?.kind == .invalidRequest)
            try dataset.write(Self.values(5000))
            try file.close()
        }
    }

    @Test("a dataset that was not written to its end makes closing fail")
    func incomplete() throws {
        try withTemporaryFolder { folder in
            let file = try HDF5File(creatingPath: folder + "/file.h5")
            try file.createDataset("/0", shape: [5000], compression: 1).write([1] as [Float])
            let error = hdf5Error { () throws(HDF5Error) in try file.close() }
            #expect(error?.kind == .invalidRequest)
            #expect(error?.object == "/0")
            #expect(try !HDF5File.looksLikeHDF5(atPath: folder + "/file.h5"))
        }
    }

    @Test(
        "chunks are whole rows of the first axes, of at most a mebibyte",
        arguments: [
            ([1000], [1000]),
            ([1_000_000], [262144]),
            ([64, 3, 7, 7], [64, 3, 7, 7]),
            ([512, 512, 3, 3], [56, 512, 3, 3]),
            ([4, 1000, 1000], [1, 262, 1000]),
            ([4096, 25088], [10, 25088]),
            ([2, 300_000], [1, 262144]),
        ])
    func chunkShape(shape: [Int], expected: [Int]) {
        let chunk = ChunkWriter.chunk(for: shape, elementSize: 4)
        #expect(chunk == expected)
        #expect(chunk.reduce(4, *) <= 1 << 20)
    }
}
