import Files

/// Why an HDF5 file could not be read or written: which file, which object in it, and what to do.
public struct HDF5Error: Error, Equatable, Sendable {
    /// What sort of failure it is, for callers that act on it.
    public enum Kind: Equatable, Sendable, CaseIterable {
        /// No file at the path.
        case notFound
        /// The file is there, but the system does not let us read it, or it is no regular file.
        case unreadable
        /// The file is readable, but not HDF5.
        case notHDF5
        /// The file is HDF5, but cut short or inconsistent in itself.
        case damaged
        /// The file is sound, but uses something that is not supported, such as an external link.
        case unsupported
        /// The file has no such object, or it is not of the kind asked for.
        case missingObject
        /// A file, group or dataset could not be created.
        case cannotCreate
        /// Reading or writing failed underway, for example on a full disk.
        case ioFailed
        /// The caller asked for what cannot be: a range out of bounds, a use after closing.
        case invalidRequest
    }

    public let kind: Kind
    /// The path of the file, as it was given.
    public let file: String
    /// The path of the object inside the file; nil when the error is about the file as a whole.
    public let object: String?
    /// What was found, what was expected, and what to try. After an object's name it reads as the end of a sentence.
    public let message: String
    /// The library's own innermost message, when a call of it failed.
    public let libraryMessage: String?
}

extension HDF5Error {
    /// An error that those find who know what a file should hold.
    package init(_ kind: Kind, file: String, object: String?, _ message: String) {
        self.init(kind: kind, file: file, object: object, message: message, libraryMessage: nil)
    }
}

extension HDF5Error: CustomStringConvertible {
    /// `file: 'object' message (HDF5: library message)`, one line without control characters.
    public var description: String {
        let place = file.printable + ": " + (object.map { Place.quoted($0) + " " } ?? "")
        return place + message + (libraryMessage.map { " (HDF5: \(Place.printable($0)))" } ?? "")
    }
}
