import Files

/// A file, or an object in it: where an error is, and the maker of errors about it.
struct Place: Sendable {
    let file: String
    var object: String?

    init(file: String, object: String? = nil) {
        self.file = file
        self.object = object
    }

    /// An error that we found ourselves.
    func error(_ kind: HDF5Error.Kind, _ message: String) -> HDF5Error {
        HDF5Error(kind: kind, file: file, object: object, message: message, libraryMessage: nil)
    }

    /// An error of a library call that has just failed; the library's lock must be held since that call.
    ///
    /// When the machine has failed, whatever the file is, it is of the kind `.ioFailed`.
    ///
    /// - Parameter systemKind: the kind to use instead of `kind` when the operating system has found something wrong with the file.
    func libraryError(
        _ kind: HDF5Error.Kind, ifSystem systemKind: HDF5Error.Kind? = nil, _ message: String
    ) -> HDF5Error {
        let cause = LibraryMessage.innermost()
        let kind = cause?.systemError.map { $0.isAboutTheFile ? systemKind ?? kind : .ioFailed } ?? kind
        return HDF5Error(kind: kind, file: file, object: object, message: message, libraryMessage: cause?.text)
    }

    /// The error of a library call that should have opened the place; the library's lock must be held since that call.
    func openingError() -> HDF5Error {
        let error = libraryError(.damaged, ifSystem: .unreadable, "cannot be opened; the file may be damaged")
        // The library has no codes for these cases; should it ever word them otherwise, the general error remains.
        let cases: [(words: String, kind: HDF5Error.Kind, message: String)] = [
            ("truncated file", .damaged, "is truncated: it is shorter than its header says; was it copied to its end?"),
            (
                "already open for write", .damaged,
                "was not closed by the program that wrote it; try 'h5clear -s' on a copy"
            ),
            (
                "version number", .unsupported,
                "cannot be opened; it needs a newer HDF5 library than this one, or is damaged"
            ),
        ]
        guard error.kind == .damaged, let cause = error.libraryMessage,
            let match = cases.first(where: { cause.contains($0.words) })
        else { return error }
        return HDF5Error(kind: match.kind, file: file, object: object, message: match.message, libraryMessage: cause)
    }

    /// The result of a library call, or its error: the library tells failure by a negative number.
    @discardableResult
    func require<Result: SignedInteger>(
        _ result: Result, as kind: HDF5Error.Kind = .damaged, _ message: @autoclosure () -> String
    ) throws(HDF5Error) -> Result {
        guard result >= 0 else { throw libraryError(kind, message()) }
        return result
    }

    /// A name between quotes, fit for one line of a terminal: names in a file may hold anything.
    static func quoted(_ name: String) -> String { "'\(printable(name))'" }

    /// The text with control characters escaped, and its middle left out when it is very long.
    static func printable(_ text: String) -> String {
        let scalars = text.unicodeScalars
        guard scalars.count > 400 else { return text.printable }
        return String(scalars.prefix(250)).printable + "..." + String(scalars.suffix(100)).printable
    }
}
