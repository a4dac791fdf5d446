/// Whole small files as bytes, and what paths lead to.
package enum FileBytes {
    /// What a path leads to; `nil` for nothing, and for what this user may not look at.
    ///
    /// - Throws: `FileError` of the kind `inputOutput`: a disk that fails must not look like a file that is missing.
    package static func status(of path: String) throws(FileError) -> stat? {
        do throws(SystemError) {
            return try SystemCall.status(of: path)
        } catch {
            if error.isAboutTheFile { return nil }
            throw FileError(reading: path, "examined", error)
        }
    }

    /// Whether a path leads to a regular file that may be read.
    package static func isReadableFile(_ path: String) throws(FileError) -> Bool {
        guard let status = try status(of: path), status.st_mode & S_IFMT == S_IFREG else { return false }
        do throws(SystemError) {
            try SystemCall.requireReadable(path)
            return true
        } catch {
            if error.isAboutTheFile { return false }
            throw FileError(reading: path, "examined", error)
        }
    }

    /// Makes sure that a path leads to a regular file that may be read.
    ///
    /// - Throws: `FileError` of the kind `unreadable` or `inputOutput`.
    package static func requireReadable(_ path: String) throws(FileError) {
        let status: stat
        do throws(SystemError) {
            guard let found = try SystemCall.status(of: path) else { throw SystemError(code: ENOENT) }
            status = found
            if status.st_mode & S_IFMT == S_IFREG { try SystemCall.requireReadable(path) }
        } catch {
            throw FileError(reading: path, "opened", error)
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw FileError(.unreadable, "\(path): is \(kind(of: status)), where a file is expected")
        }
    }

    /// The first bytes of a file, as many as there are.
    package static func head(of path: String, count: Int) throws(FileError) -> [UInt8] {
        do throws(SystemError) {
            let descriptor = try SystemCall.open(path, O_RDONLY | O_NONBLOCK)
            defer { close(descriptor) }
            var bytes = [UInt8](repeating: 0, count: count)
            let found = try bytes.withUnsafeMutableBufferPointer { buffer throws(SystemError) in
                try SystemCall.read(descriptor, into: UnsafeMutableRawBufferPointer(buffer), at: 0)
            }
            return Array(bytes[..<found])
        } catch {
            throw FileError(reading: path, "read", error)
        }
    }

    /// Whether a path leads to a folder.
    package static func isFolder(_ path: String) throws(FileError) -> Bool {
        try status(of: path).map { $0.st_mode & S_IFMT == S_IFDIR } ?? false
    }

    /// Whether a path leads to something that exists and is no regular file.
    package static func isNoFile(_ path: String) throws(FileError) -> Bool {
        try status(of: path).map { $0.st_mode & S_IFMT != S_IFREG } ?? false
    }

    /// The bytes of a file, or of what comes through a pipe.
    ///
    /// - Parameter limit: the largest size, in bytes.
    /// - Throws: `FileError`: `unreadable` for a path that is missing, a folder, not readable, or too large; `inputOutput` when reading fails.
    package static func read(_ path: String, limit: Int) throws(FileError) -> [UInt8] {
        let descriptor: Int32
        do throws(SystemError) {
            descriptor = try SystemCall.open(path, O_RDONLY)
        } catch {
            throw FileError(reading: path, "opened", error)
        }
        defer { close(descriptor) }
        let bytes: [UInt8]?
        do throws(SystemError) {
            guard try SystemCall.status(of: descriptor).st_mode & S_IFMT != S_IFDIR else {
                throw SystemError(code: EISDIR)
            }
            bytes = try read(descriptor, limit: limit)
        } catch {
            if error.code == EISDIR { throw FileError(.unreadable, "\(path): is a folder, not a file") }
            throw FileError(reading: path, "read", error)
        }
        guard let bytes else {
            throw FileError(
                .unreadable, "\(path): is larger than \(limit) bytes, the most that is read of such a file")
        }
        return bytes
    }

    /// - Returns: `nil` when there is more than the limit.
    private static func read(_ descriptor: Int32, limit: Int) throws(SystemError) -> [UInt8]? {
        var bytes: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = try block.withUnsafeMutableBufferPointer { buffer throws(SystemError) in
                try SystemCall.read(descriptor, into: UnsafeMutableRawBufferPointer(buffer))
            }
            if count == 0 { return bytes }
            bytes += block[..<count]
            if bytes.count > limit { return nil }
        }
    }

    /// The size of a file in bytes; `nil` when there is none.
    package static func size(_ path: String) -> Int? {
        var status = stat()
        return !path.utf8.contains(0) && stat(path, &status) == 0 ? Int(status.st_size) : nil
    }

    /// Writes a whole file and brings it to the disk.
    ///
    /// - Throws: `FileError` of the kind `cannotCreate` or `inputOutput`.
    package static func write(_ bytes: [UInt8], to path: String) throws(FileError) {
        let descriptor: Int32
        do throws(SystemError) {
            descriptor = try SystemCall.open(path, O_WRONLY | O_CREAT | O_TRUNC)
        } catch {
            throw FileError(
                error.isAboutTheFile ? .cannotCreate : .inputOutput, "\(path): cannot be created: \(error)")
        }
        do throws(SystemError) {
            do throws(SystemError) {
                try SystemCall.write(bytes, to: descriptor)
                try SystemCall.synchronize(descriptor)
            } catch {
                close(descriptor)
                throw error
            }
            // What a network's file system could not store it may tell only now.
            guard close(descriptor) == 0 || errno == EINTR else { throw SystemError.last }
        } catch {
            throw FileError(.inputOutput, "\(path): cannot be written: \(error)")
        }
    }

    /// Whether two files hold the same bytes.
    package static func areEqual(_ first: String, _ second: String) throws(FileError) -> Bool {
        guard let size = size(first), size == self.size(second) else { return false }
        var descriptors: [Int32] = []
        defer { for descriptor in descriptors { close(descriptor) } }
        var blocks = [[UInt8]](repeating: [UInt8](repeating: 0, count: 1 << 18), count: 2)
        var offset = 0
        while true {
            var counts = [0, 0]
            for (index, path) in [first, second].enumerated() {
                do throws(SystemError) {
                    if descriptors.count == index { descriptors.append(try SystemCall.open(path, O_RDONLY)) }
                    counts[index] = try blocks[index].withUnsafeMutableBufferPointer { buffer throws(SystemError) in
                        try SystemCall.read(descriptors[index], into: UnsafeMutableRawBufferPointer(buffer), at: offset)
                    }
                } catch {
                    throw FileError(reading: path, "read", error)
                }
            }
            guard counts[0] == counts[1], blocks[0][..<counts[0]] == blocks[1][..<counts[1]] else { return false }
            if counts[0] == 0 { return true }
            offset += counts[0]
        }
    }

    /// The folder that a path lies in.
    package static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// The last component of a path.
    package static func name(of path: String) -> String {
        path.split(separator: "/").last.map(String.init) ?? path
    }

    /// The system's words for an error number.
    package static func describe(_ code: Int32) -> String { String(cString: strerror(code)) }

    /// A folder, or what else is no regular file.
    package static func kind(of status: stat) -> String {
        switch status.st_mode & S_IFMT {
        case S_IFDIR: "a folder"
        case S_IFIFO: "a pipe"
        case S_IFSOCK: "a socket"
        case S_IFCHR, S_IFBLK: "a device"
        default: "no regular file"
        }
    }
}
