import Files

/// SHA-256 of whole files, read in blocks.
enum FileDigest {
    /// The digest of a file in hexadecimal digits.
    ///
    /// - Parameter cancellation: looked at between blocks.
    /// - Throws: `BNFoldError` of the kind `unreadable`, `inputOutput` or `cancelled`.
    static func hexadecimal(of path: String, cancellation: Cancellation) throws(BNFoldError) -> String {
        try liftingFiles { () throws(FileError) in try FileBytes.requireReadable(path) }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw BNFoldError(.unreadable, "\(path): cannot be opened: \(FileBytes.describe(errno))")
        }
        defer { close(descriptor) }
        var hash = SHA256()
        let block = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 16)
        defer { block.deallocate() }
        while true {
            if cancellation.isCancelled { throw BNFoldError(.cancelled, "stopped; nothing was written") }
            let count = read(descriptor, block.baseAddress, block.count)
            if count < 0 {
                if errno == EINTR { continue }
                throw BNFoldError(.inputOutput, "\(path): cannot be read: \(FileBytes.describe(errno))")
            }
            if count == 0 { break }
            hash.update(UnsafeRawBufferPointer(rebasing: block[..<count]))
        }
        guard let digest = hash.finalized() else {
            throw BNFoldError(.internalFault, "\(path): no SHA-256 could be computed; is libcrypto sound?")
        }
        let digits = Array("0123456789abcdef".unicodeScalars)
        var text = ""
        for byte in digest {
            text.unicodeScalars.append(digits[Int(byte >> 4)])
            text.unicodeScalars.append(digits[Int(byte & 15)])
        }
        return text
    }
}
