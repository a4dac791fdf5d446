import Files
import Frontend
import NetGraph

/// What stopped a command, with the exit code that tells it to scripts.
public struct BNFoldError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Why; the raw value is the exit code (`sysexits.h`).
    public enum Kind: Int32, Hashable, Sendable, CaseIterable {
        /// The folded network differs from the original by more than rounding allows.
        case beyond = 2
        /// A fault of the command line.
        case usage = 64
        /// Input that is malformed, or whose parts do not fit together.
        case malformed = 65
        /// Input that is missing or cannot be read.
        case unreadable = 66
        /// A library of the system that is needed is not there.
        case unavailable = 69
        /// A fault of this program.
        case internalFault = 70
        /// Output that exists already or cannot be created.
        case cannotCreate = 73
        /// Reading or writing failed on the way.
        case inputOutput = 74
        /// Stopped from outside, for example by a signal.
        case cancelled = 75
    }

    public var kind: Kind
    /// What was found, what was expected, what to try. May have several lines.
    public var message: String

    /// - Parameter message: one line; names in it may hold anything, and are escaped where a terminal would obey them.
    public init(_ kind: Kind, _ message: String) { self.init(kind, lines: [message]) }

    /// - Parameter lines: the message line by line.
    public init(_ kind: Kind, lines: [String]) {
        self.kind = kind
        message = lines.map(\.printable).joined(separator: "\n")
    }

    init(_ error: ModelError) {
        let kind: Kind =
            switch error.kind {
            case .usage: .usage
            case .malformed: .malformed
            case .unreadable: .unreadable
            case .cannotCreate: .cannotCreate
            case .inputOutput: .inputOutput
            case .cancelled: .cancelled
            case .internalFault, .overflow: .internalFault
            }
        self.init(kind, lines: error.lines)
    }

    init(_ error: FileError) {
        self.init(ModelError(error))
    }

    public var exitCode: Int32 { kind.rawValue }
    public var description: String { message }
}

/// Runs a step that reads or writes a file as bytes; its error becomes one of this library.
func liftingFiles<Result>(_ step: () throws(FileError) -> Result) throws(BNFoldError) -> Result {
    do throws(FileError) {
        return try step()
    } catch {
        throw BNFoldError(error)
    }
}

/// Runs a step that reads numbers of a network; its error becomes one of this library.
func liftingWeights<Result>(_ step: () throws(WeightError) -> Result) throws(BNFoldError) -> Result {
    do throws(WeightError) {
        return try step()
    } catch {
        throw BNFoldError(ModelError(error))
    }
}

/// Runs a step of the frontend; its error becomes one of this library.
func lifting<Result>(_ step: () throws(ModelError) -> Result) throws(BNFoldError) -> Result {
    do throws(ModelError) {
        return try step()
    } catch {
        throw BNFoldError(error)
    }
}
