import Files
import ProtobufWire

/// Why samples could not be read: file, place, what was found, what was expected, what to try.
public struct SampleFormatError: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Kind: Hashable, Sendable {
        /// Missing, or may not be read.
        case unreadable
        /// Reading failed on the way.
        case ioFailed
        /// Damaged, or of a form that is not read.
        case malformed
        /// A library that this system lacks.
        case missingLibrary
    }

    public var kind: Kind
    public var description: String

    init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }

    init(_ error: FileError) {
        self.init(error.kind == .unreadable ? .unreadable : .ioFailed, error.message)
    }

    static func malformed(_ place: String, _ text: String) -> SampleFormatError {
        SampleFormatError(.malformed, "\(place): \(text)")
    }
}
