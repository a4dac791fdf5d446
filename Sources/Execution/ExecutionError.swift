import NetGraph

/// Why a network could not be run.
public struct ExecutionError: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Kind: Hashable, Sendable {
        /// The numbers handed in are not what the network takes.
        case invalidInput
        /// A layer cannot work on what it gets, or the network contradicts itself.
        case invalidNetwork
        /// More memory than is allowed would be needed.
        case tooLarge
        /// The weights are not what the network needs.
        case weights
        /// Reading the weights failed on the way.
        case inputOutput
        /// A file is missing or may not be read.
        case unreadable
        /// The system lacks what matrices are multiplied with.
        case missingLibrary
        /// The receiver of the values asked to stop.
        case stopped
    }

    public var kind: Kind
    public var message: String

    public init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }

    public var description: String { message }
}

extension Layer {
    /// An error that names the layer.
    func error(_ text: String, kind: ExecutionError.Kind = .invalidNetwork) -> ExecutionError {
        ExecutionError(kind, "layer '\(name)' (\(type)): \(text)")
    }
}
