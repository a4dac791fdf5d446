import Files

/// Why a ZIP archive could not be read: which file, which member, and what to do.
package struct ZipError: Error, Sendable, Hashable {
    /// What sort of failure it is, for callers that act on it.
    package enum Kind: Sendable, Hashable, CaseIterable {
        /// The file is missing, the system does not let us read it, or it is no regular file.
        case unreadable
        /// Reading failed underway: an error of the disk, or a file that has become shorter.
        case ioFailed
        /// The file can be read, but its content is damaged, or of a kind that is not read.
        case malformed
    }

    package let kind: Kind
    /// The path of the file, as it was given.
    package let path: String
    /// The name of the member; nil when the error is about the file as a whole.
    package let member: String?
    /// What was found, what was expected, and what to try. It reads as the end of a sentence that begins with the file or member.
    package let message: String
}

extension ZipError: CustomStringConvertible {
    /// `file: 'member' message`, one line without control characters.
    package var description: String {
        let place = member.map { "\(path): '\($0)' " } ?? "\(path): "
        return place.printable + message.printable
    }
}
