/// The bytes of one array as np.save wrote them, header included, wherever they lie.
protocol ArrayContent: Sendable {
    var origin: Origin { get }
    var byteCount: Int { get }

    /// The first `count` bytes, to read the header from. They are not compared with any checksum, since that takes all.
    func beginning(_ count: Int) throws(NumPyError) -> [UInt8]

    /// Fills the whole buffer with the bytes from `offset` on. Throws when they differ from their checksum.
    func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws(NumPyError)
}
