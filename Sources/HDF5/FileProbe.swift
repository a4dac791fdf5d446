import Files

/// A first look at a file, before libhdf5 sees it: is it there, is it readable, is it HDF5, and if not, what is it.
struct FileProbe {
    /// The eight bytes with which an HDF5 superblock begins (File Format Specification, II.A).
    private static let signature: [UInt8] = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a]

    let place: Place
    let status: FileDescriptor.Status
    /// The bytes of the file, or of the part of it that is read.
    let size: UInt64
    let descriptor: FileDescriptor

    /// Opens the file; throws `.notFound`, `.unreadable` or `.ioFailed`.
    ///
    /// - Parameters:
    ///   - part: the bytes of it to look at.
    ///   - name: what errors call it.
    init(path: String, part: Range<UInt64>? = nil, named name: String? = nil) throws(HDF5Error) {
        place = Place(file: name ?? path)
        do {
            descriptor = try FileDescriptor(readingPath: path, from: part?.lowerBound ?? 0)
            status = try descriptor.status()
        } catch {
            if error.code == ENOENT || error.code == ENOTDIR { throw place.error(.notFound, "no such file") }
            throw place.error(
                error.isAboutTheFile ? .unreadable : .ioFailed, "cannot be opened for reading: \(error)")
        }
        let wholeSize = status.size
        size = part.map { $0.clamped(to: 0..<wholeSize).upperBound - min($0.lowerBound, wholeSize) } ?? wholeSize
        if status.isDirectory { throw place.error(.unreadable, "is a directory, expected a file") }
        guard status.isRegularFile else {
            throw place.error(.unreadable, "is a pipe or a device, expected a regular file")
        }
    }

    /// Where an HDF5 signature is: at the beginning, or behind a user block at byte 512, 1024, 2048 and so on.
    func signature() throws(HDF5Error) -> UInt64? {
        var offset: UInt64 = 0
        while offset < size {
            if try bytes(count: Self.signature.count, at: offset) == Self.signature { return offset }
            let (next, overflow) = offset.multipliedReportingOverflow(by: 2)
            if overflow { break }
            offset = offset == 0 ? 512 : next
        }
        return nil
    }

    /// What a file without a signature looks like, as the end of 'is not an HDF5 file: it ...'.
    func appearance() throws(HDF5Error) -> String {
        FileAppearance(beginning: try bytes(count: 256, at: 0)).description
    }

    private func bytes(count: Int, at offset: UInt64) throws(HDF5Error) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        do {
            let count = try bytes.withUnsafeMutableBytes { buffer throws(SystemError) in
                try descriptor.read(into: buffer, at: offset)
            }
            return Array(bytes.prefix(count))
        } catch {
            throw place.error(.ioFailed, "cannot be read: \(error)")
        }
    }
}
