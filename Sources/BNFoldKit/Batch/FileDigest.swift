import Files

/// SHA-256 of whole files, read in blocks.
enum FileDigest {
    /// The digest of a file in hexadecimal digits.
    ///
    /// - Parameter cancellation: looked at between blocks.
    /// - Throws: `BNFoldError` of the kind `unreadable`, `inputOutput` or `cancelled`.
    static func hexadecimal(of path: String, cancellation: Cancellation) throws(BNFoldError) -> String {
        try liftingFiles { () throws(FileError) in try FileBytes.requireReadable(path) }
        let descriptor: Int32
        do throws(SystemError) {
            descriptor = try SystemCall.open(path, O_RDONLY)
        } catch {
            throw BNFoldError(FileError(reading: path, "opened", error))
        }
        defer { close(descriptor) }
        var hash = SHA256()
        let block = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 16)
        defer { block.deallocate() }
        while true {
            if cancellation.isCancelled { throw BNFoldError(.cancelled, "stopped; nothing was written") }
            let count: Int
            do throws(SystemError) {
                count = try SystemCall.read(descriptor, into: block)
            } catch {
                throw BNFoldError(FileError(reading: path, "read", error))
            }
            if count == 0 { break }
            hash.update(UnsafeRawBufferPointer(rebasing: block[..<count]))
        }
        guard let digest = hash.finalized() else {
            throw BNFoldError(.internalFault, "\(path): no SHA-256 could be computed; is libcrypto sound?")
        }
        return FileFingerprint.hexadecimal(digest)
    }
}
