import Testing

@testable import HDF5

@Suite("Limits of what is unpacked")
struct UnpackLimitTests {
    @Test("fill values make no more of a small file than the limit")
    func fillValues() throws {
        let file = try HDF5File(readingPath: fixture("unwritten.h5"))
        let error = hdf5Error { () throws(HDF5Error) in try file.dataset(at: "/huge") }
        #expect(error?.kind == .unsupported)
        #expect(error?.message.contains("files are unpacked up to 32 times the file's size and 64 MiB") == true)
    }

    @Test("the limit is for all datasets together, each path counted once")
    func sum() throws {
        let budget = UnpackBudget()
        for _ in 0..<3 { try budget.take(40 << 20, for: "/a", fileSize: 1 << 20) }
        try budget.take(56 << 20, for: "/b", fileSize: 1 << 20)
        #expect(throws: Fault.self) { try budget.take(1, for: "/c", fileSize: 1 << 20) }
    }

    @Test("chunks beyond the limit are refused before anything is allocated")
    func largeChunks() throws {
        let shape = try DatasetShape(claimed: [1 << 26], elementByteCount: 4)
        let grid = try ChunkGrid(lengths: [1 << 26], of: shape)
        let chunk = ChunkGrid.Chunk(number: 0, offset: 0, byteCount: 1 << 20, skippedFilters: 0)
        #expect(throws: Fault.self) {
            try ChunkTable(grid: grid, filters: [.deflate], chunks: [chunk], shape: shape, fileSize: 1 << 20)
        }
        _ = try ChunkTable(grid: grid, filters: [.deflate], chunks: [chunk], shape: shape, fileSize: 1 << 23)
    }

    @Test("a chunk larger than the cache is unpacked once, however often it is asked for")
    func largeChunkOnce() throws {
        let cache = ChunkCache()
        var made = 0
        for _ in 0..<10 {
            try cache.withChunk(
                0, of: 1, byteCount: 40 << 20, rowCount: 1,
                make: { () throws(HDF5Error) in
                    made += 1
                    return [UInt8](repeating: 7, count: 40 << 20)
                },
                use: { #expect($0.count == 40 << 20) })
        }
        #expect(made == 1)
    }

    @Test("a row of chunks larger than the cache is unpacked once, too, and makes room for the next")
    func rowsOfChunks() throws {
        let cache = ChunkCache()
        var made: [Int] = []
        for row in 0..<2 {
            for _ in 0..<3 {
                for chunk in 0..<5 {
                    try cache.withChunk(
                        row * 5 + chunk, of: 1, byteCount: 8 << 20, rowCount: 5,
                        make: { () throws(HDF5Error) in
                            made.append(row * 5 + chunk)
                            return [UInt8](repeating: 0, count: 8 << 20)
                        },
                        use: { _ in })
                }
            }
        }
        #expect(made == Array(0..<10))
    }

    @Test(
        "the chunks that a reader comes back to are those of one step of the slowest axis that is cut",
        arguments: [
            ([4096, 9216], [128, 288], 32), ([1, 1, 4096, 9216], [1, 1, 128, 288], 32), ([4096, 16], [4096, 1], 16),
            ([64], [8], 1), ([6, 4], [1, 4], 1),
        ])
    func rowCount(shape: [Int], chunk: [Int], count: Int) throws {
        let shape = try DatasetShape(claimed: shape.map(UInt64.init), elementByteCount: 4)
        #expect(try ChunkGrid(lengths: chunk.map(UInt64.init), of: shape).rowCount == count)
    }
}
