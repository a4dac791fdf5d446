import Files

/// The main database of an LMDB environment, read without its library: nothing is locked, mapped or written, and a damaged file is an error.
///
/// The form is version 1 of the data file of 64-bit systems (lmdb 0.9, `mdb.c`: `MDB_meta`, `MDB_page`, `MDB_node`): two meta pages, the newer of
/// which holds, then a tree of branch and leaf pages; large values lie in overflow pages.
public final class LMDBDatabase: Sendable {
    /// The data file.
    public let path: String
    /// How many keys there are.
    public let count: Int
    let pageSize: Int
    let fileSize: Int
    let root: UInt64
    let depth: Int
    private let descriptor: Int32

    /// The name of the data file in the folder of an environment.
    private static let fileName = "data.mdb"
    private static let magic: UInt32 = 0xBEEF_C0DE
    private static let noPage = UInt64.max
    /// The deepest tree that the library itself goes through.
    private static let deepest = 32
    /// A node, and the 2 bytes that point to it, take at least so many bytes.
    private static let leastNode = 10

    /// Whether a path leads to a folder with a data file, or to such a file.
    public static func isOne(atPath path: String) throws(SampleFormatError) -> Bool {
        do throws(FileError) {
            if try FileBytes.isFolder(path) { return try FileBytes.isReadableFile(path + "/" + fileName) }
            let head = try FileBytes.head(of: path, count: 20)
            return head.count == 20 && head.littleEndian(UInt32.self, at: 16) == magic
        } catch {
            throw SampleFormatError(error)
        }
    }

    /// Opens an environment: its folder, or its data file.
    public init(path given: String) throws(SampleFormatError) {
        let file: String
        do throws(FileError) {
            file = try FileBytes.isFolder(given) ? given + "/" + Self.fileName : given
            try FileBytes.requireReadable(file)
        } catch {
            throw SampleFormatError(error)
        }
        path = file
        let opened: Int32
        do throws(SystemError) {
            opened = try SystemCall.open(file, O_RDONLY | O_CLOEXEC)
        } catch {
            throw SampleFormatError(FileError(reading: file, "opened", error))
        }
        descriptor = opened
        do throws(SystemError) {
            fileSize = Int(try SystemCall.status(of: opened).st_size)
        } catch {
            close(opened)
            throw SampleFormatError(FileError(reading: file, "read", error))
        }
        do throws(SampleFormatError) {
            let meta = try Self.newestMeta(of: opened, path: file, fileSize: fileSize)
            (pageSize, root, depth, count) = (meta.pageSize, meta.root, meta.depth, meta.count)
        } catch {
            close(opened)
            throw error
        }
    }

    deinit { close(descriptor) }

    // MARK: Meta pages

    private struct Meta {
        var pageSize: Int
        var transaction: UInt64
        var root: UInt64
        var depth: Int
        var count: Int
    }

    private static func newestMeta(
        of descriptor: Int32, path: String, fileSize: Int
    ) throws(SampleFormatError) -> Meta {
        let first = try read(descriptor, 152, at: 0, path: path)
        guard first.count == 152, first.littleEndian(UInt32.self, at: 16) == magic else {
            throw .malformed(
                path,
                "is no LMDB data file: it does not begin with LMDB's meta page; was it copied whole, from a 64-bit system?"
            )
        }
        let version = first.littleEndian(UInt32.self, at: 20)
        guard version == 1 else {
            throw .malformed(
                path, "is of version \(version) of LMDB's format, expected 1; copy it with mdb_copy of LMDB 0.9")
        }
        // The free list's database, the first of two, holds the page size where others have padding.
        let pageSize = Int(first.littleEndian(UInt32.self, at: 40))
        guard (512...65536).contains(pageSize), pageSize.nonzeroBitCount == 1 else {
            throw .malformed(
                path,
                "its meta page tells pages of \(pageSize) bytes, expected a power of 2 from 512 to 65536: it is damaged, or was written by a 32-bit system"
            )
        }
        var metas = [first]
        let second = try read(descriptor, 152, at: pageSize, path: path)
        if second.count == 152, second.littleEndian(UInt32.self, at: 16) == magic,
            second.littleEndian(UInt32.self, at: 20) == 1
        {
            metas.append(second)
        }
        let newest = metas.map { ($0.littleEndian(UInt64.self, at: 144), $0) }.max { $0.0 < $1.0 }
        guard let (transaction, bytes) = newest else { throw .malformed(path, "has no meta page") }
        let flags = bytes.littleEndian(UInt16.self, at: 92)
        guard flags & 0x04 == 0 else {
            throw .malformed(path, "its keys have several values each (MDB_DUPSORT), expected one sample for each key")
        }
        let depth = Int(bytes.littleEndian(UInt16.self, at: 94))
        let entries = bytes.littleEndian(UInt64.self, at: 120)
        let root = bytes.littleEndian(UInt64.self, at: 128)
        guard entries > 0, root != noPage else {
            throw .malformed(path, "holds no samples: the database is empty; was it written to its end?")
        }
        guard (1...deepest).contains(depth), entries <= UInt64(fileSize / leastNode) else {
            throw .malformed(
                path,
                "its meta page tells \(entries) keys in a tree of depth \(depth), which \(fileSize) bytes cannot hold: it is damaged or was not copied whole"
            )
        }
        return Meta(pageSize: pageSize, transaction: transaction, root: root, depth: depth, count: Int(entries))
    }

    // MARK: Reading

    /// A page of the tree.
    func page(_ number: UInt64) throws(SampleFormatError) -> LMDBPage {
        let bytes = try bytes(pageSize, ofPage: number, from: 0)
        return try LMDBPage(bytes, number: number, path: path)
    }

    /// Bytes of a page, or of consecutive pages that begin with it.
    func bytes(_ count: Int, ofPage number: UInt64, from offset: Int) throws(SampleFormatError) -> [UInt8] {
        let pages = UInt64(fileSize / pageSize)
        guard number < pages, count <= fileSize - Int(number) * pageSize - offset else {
            throw .malformed(
                path,
                "has \(pages) pages, but page \(number) is needed with \(count) bytes: it is damaged or was not copied whole"
            )
        }
        let bytes = try Self.read(descriptor, count, at: Int(number) * pageSize + offset, path: path)
        guard bytes.count == count else {
            throw .malformed(path, "has become shorter while it was read")
        }
        return bytes
    }

    private static func read(
        _ descriptor: Int32, _ count: Int, at offset: Int, path: String
    ) throws(SampleFormatError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        do throws(SystemError) {
            let found = try bytes.withUnsafeMutableBufferPointer { buffer throws(SystemError) in
                try SystemCall.read(
                    descriptor, into: UnsafeMutableRawBufferPointer(buffer), at: offset)
            }
            return Array(bytes.prefix(found))
        } catch {
            throw SampleFormatError(FileError(reading: path, "read", error))
        }
    }
}
