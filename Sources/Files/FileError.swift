/// Why a file could not be read, made or put in place.
package struct FileError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Kind: Hashable, Sendable {
        /// The user named one file for two uses.
        case usage
        /// Input that is missing or may not be read.
        case unreadable
        /// Output that exists already or cannot be created.
        case cannotCreate
        /// Reading or writing failed on the way.
        case inputOutput
        /// A fault of this program.
        case internalFault
    }

    package var kind: Kind
    package var message: String

    package init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }

    /// An input that the system does not let us read.
    ///
    /// - Parameter attempt: as the end of 'cannot be': `opened`, `read`.
    package init(reading path: String, _ attempt: String, _ error: SystemError) {
        self.init(
            error.isAboutTheFile ? .unreadable : .inputOutput,
            "\(path): cannot be \(attempt): \(error)" + (error.code == ENOENT ? "; is the path right?" : ""))
    }

    package var description: String { message }
}
