import Files
import Zip

/// Why an array of NumPy could not be read: which file, which member of an archive, and what to do.
public struct NumPyError: Error, Sendable, Hashable {
    /// What sort of failure it is, for callers that act on it.
    public enum Kind: Sendable, Hashable, CaseIterable {
        /// The file is missing, the system does not let us read it, or it is no regular file.
        case unreadable
        /// Reading failed underway: an error of the disk, or a file that has become shorter.
        case ioFailed
        /// The file can be read, but its content is not what is needed: damaged, of an unsupported type, or with fewer
        /// samples than were asked for.
        case malformed
    }

    public let kind: Kind
    /// The path of the file, as it was given.
    public let path: String
    /// The member of an .npz file, `.npy` included; nil when the error is about the file as a whole.
    public let member: String?
    /// What was found, what was expected, and what to try. It reads as the end of a sentence that begins with the file
    /// or member.
    public let message: String
}

extension NumPyError: CustomStringConvertible {
    /// `file: 'member' message`, one line without control characters.
    public var description: String {
        let place = member.map { "\(path): '\($0)' " } ?? "\(path): "
        return place.printable + message.printable
    }
}

extension NumPyError {
    /// An error of the archive, or of the file.
    init(_ error: ZipError) {
        let kind: Kind =
            switch error.kind {
            case .unreadable: .unreadable
            case .ioFailed: .ioFailed
            case .malformed: .malformed
            }
        self.init(kind: kind, path: error.path, member: error.member, message: error.message)
    }
}
