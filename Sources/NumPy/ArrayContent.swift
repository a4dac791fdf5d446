import Zip

/// The bytes of one array as np.save wrote them, header included, wherever they lie: a file, or a member of an archive.
struct ArrayContent: Sendable {
    private let bytes: any MemberContent

    init(_ bytes: any MemberContent) { self.bytes = bytes }

    var origin: Origin { Origin(path: bytes.origin.path, member: bytes.origin.member) }
    var byteCount: Int { bytes.byteCount }

    /// The first `count` bytes, to read the header from. They are not compared with any checksum, since that takes all.
    func beginning(_ count: Int) throws(NumPyError) -> [UInt8] {
        do throws(ZipError) {
            return try bytes.beginning(count)
        } catch {
            throw NumPyError(error)
        }
    }

    /// Fills the whole buffer with the bytes from `offset` on. Throws when they differ from their checksum.
    func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws(NumPyError) {
        do throws(ZipError) {
            try bytes.read(at: offset, into: buffer)
        } catch {
            throw NumPyError(error)
        }
    }
}
