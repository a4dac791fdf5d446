import Synchronization

/// Unpacked chunks of the datasets of a file, so that each is unpacked once although it is read in slices.
///
/// It holds the chunks that a reader of consecutive elements will come back to, whatever their size, and at least 32 MiB. The oldest ones
/// make room for new ones before those are unpacked.
final class ChunkCache: Sendable {
    private struct Key: Hashable {
        /// The number of the object in the file's index.
        var dataset: Int
        var chunk: Int
    }

    private struct Contents {
        var chunks: [Key: [UInt8]] = [:]
        var ages: [Key] = []
        var firstAge = 0
        var byteCount = 0
    }

    private static let leastCapacity = 32 << 20
    /// What a chunk takes besides its bytes.
    private static let overhead = 128

    private let contents = Mutex(Contents())

    /// Runs a step with the bytes of a chunk, which are made when they are not there.
    ///
    /// - Parameters:
    ///   - dataset: the number of the object in the file's index.
    ///   - byteCount: the size of each chunk of it.
    ///   - rowCount: how many chunks the reader will come back to.
    func withChunk(
        _ chunk: Int, of dataset: Int, byteCount: Int, rowCount: Int,
        make: () throws(HDF5Error) -> [UInt8], use: ([UInt8]) -> Void
    ) throws(HDF5Error) {
        let key = Key(dataset: dataset, chunk: chunk)
        let capacity = max(Self.leastCapacity, rowCount * (byteCount + Self.overhead))
        try contents.withLock { (contents) throws(HDF5Error) in
            if let bytes = contents.chunks[key] { return use(bytes) }
            while contents.byteCount + byteCount + Self.overhead > capacity,
                contents.firstAge < contents.ages.count
            {
                let oldest = contents.ages[contents.firstAge]
                contents.firstAge += 1
                if let bytes = contents.chunks.removeValue(forKey: oldest) {
                    contents.byteCount -= bytes.count + Self.overhead
                }
            }
            if contents.firstAge > 1024, contents.firstAge * 2 > contents.ages.count {
                contents.ages.removeFirst(contents.firstAge)
                contents.firstAge = 0
            }
            let bytes = try make()
            contents.chunks[key] = bytes
            contents.ages.append(key)
            contents.byteCount += bytes.count + Self.overhead
            use(bytes)
        }
    }
}
