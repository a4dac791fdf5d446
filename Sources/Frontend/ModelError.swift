import Files
import HDF5
import NetGraph

/// Why a model could not be read, understood or written.
public struct ModelError: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Kind: Hashable, Sendable {
        /// The user asked for something that does not exist.
        case usage
        /// Input that is malformed, or whose parts do not fit together.
        case malformed
        /// Input that is missing or cannot be read.
        case unreadable
        /// Output that cannot be created.
        case cannotCreate
        /// Reading or writing failed on the way.
        case inputOutput
        /// A fault of this program.
        case internalFault
        /// Stopped from outside.
        case cancelled
        /// A weight left the range of its number format; carries the layers that would have to stay unfolded.
        case overflow([LayerID])
    }

    public var kind: Kind
    /// One or more lines: file, place, what was found, what was expected, what to try. A name in one may hold anything.
    public let lines: [String]

    public init(_ kind: Kind, _ message: String) { self.init(kind, lines: [message]) }

    public init(_ kind: Kind, lines: [String]) {
        self.kind = kind
        self.lines = lines
    }

    public var message: String { lines.joined(separator: "\n") }

    public init(_ error: WeightError) {
        let kind: Kind =
            switch error.kind {
            case .malformed: .malformed
            case .unreadable: .unreadable
            case .inputOutput: .inputOutput
            case .overflow: .overflow([])
            }
        self.init(kind, error.message)
    }

    public init(_ error: HDF5Error) {
        let kind: Kind =
            switch error.kind {
            case .notFound, .unreadable: .unreadable
            case .cannotCreate: .cannotCreate
            case .ioFailed: .inputOutput
            default: .malformed
            }
        self.init(kind, "\(error)")
    }

    package init(_ error: FileError) {
        let kind: Kind =
            switch error.kind {
            case .usage: .usage
            case .unreadable: .unreadable
            case .cannotCreate: .cannotCreate
            case .inputOutput: .inputOutput
            case .internalFault: .internalFault
            }
        self.init(kind, error.message)
    }

    public var description: String { message }
}

/// Runs a step that reads or writes a file as bytes; its error becomes one of a model.
package func readingFile<Result>(_ step: () throws(FileError) -> Result) throws(ModelError) -> Result {
    do throws(FileError) {
        return try step()
    } catch {
        throw ModelError(error)
    }
}

/// What a look at a file finds; `nil` where the file is not what was looked for. An error of the disk is no answer, and is thrown on.
package func lookingAt<Result>(_ step: () throws(ModelError) -> Result) throws(ModelError) -> Result? {
    do throws(ModelError) {
        return try step()
    } catch {
        guard error.kind != .inputOutput else { throw error }
        return nil
    }
}

extension WeightError {
    public init(_ error: ModelError) {
        let kind: Kind =
            switch error.kind {
            case .unreadable: .unreadable
            case .inputOutput, .cannotCreate: .inputOutput
            case .overflow: .overflow
            default: .malformed
            }
        self.init(kind: kind, message: error.message)
    }
}
