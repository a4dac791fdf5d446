import Synchronization

/// A switch that stops work from another thread: a signal handler, a user interface.
///
/// Work looks at it between slices of weights, ends with an error of the kind `cancelled`, and leaves nothing half written.
public final class Cancellation: Sendable {
    private let isSet = Atomic<Bool>(false)

    public init() {}

    public func cancel() { isSet.store(true, ordering: .releasing) }
    public var isCancelled: Bool { isSet.load(ordering: .acquiring) }
}
