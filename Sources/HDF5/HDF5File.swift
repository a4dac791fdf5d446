import CHDF5
import Files
import Synchronization

/// An open HDF5 file: read as whoever wrote it left it, or written as Caffe would.
///
/// It may be used by several threads at once. Close it with `close`, which tells whether everything reached the file; a
/// file being written that is let go without it is taken for abandoned, and left empty.
///
/// Sendable, since all that changes in it is guarded: by the library's lock (`HDF5Library`), an atomic or a mutex.
public final class HDF5File: @unchecked Sendable {
    /// The path of the file, as it was given.
    public let path: String

    /// The same open file that the library uses, whatever happens to the path.
    let descriptor: FileDescriptor
    /// The file's size when it was opened for reading; nil while it is written.
    let sizeWhenOpened: UInt64?
    private let statusWhenOpened: FileDescriptor.Status?
    var place: Place { Place(file: path) }
    var isOpen: Bool { !isClosed.load(ordering: .acquiring) }

    /// What the file holds, of a file that is read; nil while it is written.
    let index: FileIndex?
    /// Unpacked chunks, of a file that is read.
    let chunkCache = ChunkCache()
    let budget = UnpackBudget()
    let smallReads = SmallReads()

    /// The library's handle of a file that is written; used under the library's lock only, and only while the file is open. A file that is
    /// read is not left open in the library.
    let id: hid_t
    private let isClosed = Atomic(false)
    /// The first error in writing. Whatever is in the file then, it is not what was meant.
    private let failure = Mutex<HDF5Error?>(nil)
    /// Compressed datasets that were created; under the library's lock.
    private var chunkWriters: [ChunkWriter] = []
    /// Made for the first object that is created; under the library's lock.
    private var madeProperties: CreationProperties?
    /// Whether the caller wants the bytes on the disk; under the library's lock.
    private var mustSynchronize = false

    /// Whether there is an HDF5 file at the path, told by its contents.
    ///
    /// - Throws: `.notFound`, `.unreadable` or `.ioFailed`.
    public static func looksLikeHDF5(atPath path: String) throws(HDF5Error) -> Bool {
        try FileProbe(path: path).signature() != nil
    }

    /// Opens a file for reading, and finds what it holds.
    ///
    /// Files of the plain form are looked through by `EarliestFormat`; others by libhdf5, in a process of its own where `HDF5Isolation` is
    /// set up.
    ///
    /// - Throws: `.notFound`, `.unreadable`, `.notHDF5`, `.damaged`, `.unsupported` when it is newer than the library, or `.ioFailed`.
    public convenience init(readingPath path: String) throws(HDF5Error) {
        try self.init(readingPath: path, part: nil, named: path)
    }

    /// Opens a file to see of what kind it is. Whoever opens it for reading next need not find anew what it holds, unless it changes.
    ///
    /// - Throws: as the initialiser for reading.
    package convenience init(lookingAtPath path: String) throws(HDF5Error) {
        try self.init(readingPath: path, part: nil, named: path, isLook: true)
    }

    /// Opens a file that is a part of another one, such as a member of an archive that is stored without compression.
    ///
    /// - Parameters:
    ///   - part: the bytes of the file at the path; `nil` for all of it.
    ///   - name: what errors call it.
    ///   - isLook: whether it will be opened once more.
    /// - Throws: as the initialiser for whole files; `.unsupported` for a part that is not of the plain form, which must be copied to a file of
    ///   its own first.
    package init(
        readingPath filePath: String, part: Range<UInt64>?, named path: String, isLook: Bool = false
    ) throws(HDF5Error) {
        let probe = try FileProbe(path: filePath, part: part, named: path)
        guard let signature = try probe.signature() else {
            throw probe.place.error(.notHDF5, "is not an HDF5 file: it \(try probe.appearance())")
        }
        var plain = part == nil && !isLook ? IndexMemory.take(for: probe.status) : nil
        if plain == nil {
            plain = try EarliestFormat.index(
                of: probe.descriptor, path: path, fileSize: probe.size, signature: signature)
        }
        if let plain {
            if isLook { IndexMemory.keep(plain, of: probe.status) }
            index = plain
        } else if part != nil {
            throw probe.place.error(.unsupported, "is not of the plain form")
        } else {
            do throws(HDF5Error) {
                index = try HDF5Isolation.index(of: probe.descriptor, path: filePath, fileSize: probe.size)
            } catch {
                throw HDF5Error(
                    kind: error.kind, file: path, object: error.object, message: error.message,
                    libraryMessage: error.libraryMessage)
            }
        }
        sizeWhenOpened = probe.size
        descriptor = probe.descriptor
        statusWhenOpened = probe.status
        self.path = path
        id = -1
        OpenFiles.add(probe.status)
    }

    /// Creates a file, or empties the one that is there, for writing.
    ///
    /// It is laid out as Caffe does it: the oldest format version, no attributes, no times, so that the same calls give
    /// the same bytes. A process whose file sizes are limited should ignore SIGXFSZ, to get an error instead of that
    /// signal.
    ///
    /// - Throws: `.cannotCreate`.
    public init(creatingPath path: String) throws(HDF5Error) {
        let place = Place(file: path)
        guard !path.utf8.contains(0) else { throw place.error(.cannotCreate, "no path may contain a zero byte") }
        if let status = try? FileDescriptor(readingPath: path).status(), OpenFiles.contains(status) {
            throw place.error(.cannotCreate, "cannot be created: it is open for reading")
        }
        HDF5Library.enter()
        defer { HDF5Library.leave() }
        let access = try FileAccess.writing(at: place)
        try place.require(chdf5_use_earliest_format(access.id), as: .cannotCreate, "cannot be created")
        let id = HDF5Library.retrying {
            H5Fcreate(path, chdf5_truncate(), chdf5_default_properties(), access.id)
        }
        guard id >= 0 else { throw place.libraryError(.cannotCreate, ifSystem: .cannotCreate, "cannot be created") }
        do throws(HDF5Error) {
            descriptor = try Self.descriptor(of: id, at: place)
        } catch {
            H5Fclose(id)
            throw error
        }
        statusWhenOpened = nil
        sizeWhenOpened = nil
        index = nil
        self.path = path
        self.id = id
    }

    deinit {
        guard id >= 0 else { return closeReading() }
        guard isOpen else { return }
        HDF5Library.enter()
        defer { HDF5Library.leave() }
        abandon()
    }

    /// Writes what the library still holds, and waits until it is on the disk; `close` will wait once more, since
    /// closing changes the file's last bytes.
    public func synchronize() throws(HDF5Error) {
        HDF5Library.enter()
        defer { HDF5Library.leave() }
        try checkWritable()
        mustSynchronize = true
        try flush()
        try synchronizeDescriptor()
    }

    /// Closes the file, and all datasets of it. Closing it once more does nothing.
    ///
    /// - Throws: the first error in writing, also one that was thrown before; `.ioFailed` when closing itself fails;
    ///   `.invalidRequest` when a compressed dataset was not written to its end. A file being written is then left
    ///   empty, as far as the system lets us.
    public func close() throws(HDF5Error) {
        guard id >= 0 else { return closeReading() }
        HDF5Library.enter()
        defer { HDF5Library.leave() }
        guard isOpen else { return }
        do throws(HDF5Error) {
            try checkNothingFailed()
            try checkComplete()
            try flush()
        } catch {
            abandon()
            throw error
        }
        isClosed.store(true, ordering: .releasing)
        chunkWriters = []
        guard H5Fclose(id) >= 0 else {
            let error = place.libraryError(.ioFailed, "cannot be written to its end")
            descriptor.discardContents()
            throw error
        }
        if mustSynchronize { try synchronizeDescriptor() }
    }

    // MARK: - For the other parts of the module

    /// Throws `.invalidRequest` when the file is closed.
    func checkOpen() throws(HDF5Error) {
        guard isOpen else { throw place.error(.invalidRequest, "cannot be used after it was closed") }
    }

    /// Throws unless the file is open for writing and nothing has failed; the library's lock must be held.
    func checkWritable() throws(HDF5Error) {
        try checkOpen()
        guard sizeWhenOpened == nil else {
            throw place.error(.invalidRequest, "is open for reading and cannot be written")
        }
        try checkNothingFailed()
    }

    /// Throws the first error in writing, if there was one.
    func checkNothingFailed() throws(HDF5Error) {
        if let error = failure.withLock({ $0 }) { throw error }
    }

    /// Remembers an error in writing, and returns it to be thrown.
    func failing(with error: HDF5Error) -> HDF5Error {
        failure.withLock { $0 = $0 ?? error }
        return error
    }

    /// Remembers a writer, to see when the file is closed whether it came to its end; the library's lock must be held.
    func register(_ writer: ChunkWriter) {
        chunkWriters.removeAll(where: \.isComplete)
        chunkWriters.append(writer)
    }

    /// The properties of objects that are created; the library's lock must be held.
    func creationProperties(at place: Place) throws(HDF5Error) -> CreationProperties {
        if let madeProperties { return madeProperties }
        let properties = try CreationProperties(at: place)
        madeProperties = properties
        return properties
    }

    // MARK: - Opening and closing

    /// The descriptor that the library writes the file with, duplicated.
    private static func descriptor(of id: hid_t, at place: Place) throws(HDF5Error) -> FileDescriptor {
        var handle: UnsafeMutableRawPointer?
        try place.require(
            H5Fget_vfd_handle(id, chdf5_default_properties(), &handle), as: .cannotCreate, "cannot be opened")
        guard let number = handle?.assumingMemoryBound(to: CInt.self).pointee else {
            throw place.error(.cannotCreate, "cannot be opened: the library has no file descriptor for it")
        }
        do {
            return try FileDescriptor(duplicating: number)
        } catch {
            throw place.error(error.isAboutTheFile ? .cannotCreate : .ioFailed, "cannot be opened: \(error)")
        }
    }

    /// The library's lock must be held.
    private func flush() throws(HDF5Error) {
        guard HDF5Library.retrying({ H5Fflush(id, H5F_SCOPE_LOCAL) }) >= 0 else {
            throw failing(with: place.libraryError(.ioFailed, "cannot be written"))
        }
    }

    private func closeReading() {
        guard !isClosed.exchange(true, ordering: .acquiringAndReleasing), let statusWhenOpened else { return }
        OpenFiles.remove(statusWhenOpened)
    }

    private func checkComplete() throws(HDF5Error) {
        if let writer = chunkWriters.first(where: { !$0.isComplete }) {
            throw writer.place.error(
                .invalidRequest,
                "was created for \(writer.elementCount) elements, but only \(writer.written) were written")
        }
    }

    private func synchronizeDescriptor() throws(HDF5Error) {
        do {
            try descriptor.synchronize()
        } catch {
            throw failing(with: place.error(.ioFailed, "cannot be written to the disk: \(error)"))
        }
    }

    /// Closes a file whose contents are worthless.
    private func abandon() {
        isClosed.store(true, ordering: .releasing)
        chunkWriters = []
        // Before closing, to make room: the library writes what it still holds, and keeps the file open when it cannot.
        // After it, so that nobody takes what the library wrote for a file with weights.
        descriptor.discardContents()
        H5Fclose(id)
        descriptor.discardContents()
    }
}
