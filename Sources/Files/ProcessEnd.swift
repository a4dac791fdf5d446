import Synchronization

/// What a process that is about to end need not take apart piece by piece: a net of thousands of layers is made of a hundred thousand pieces, and the
/// system takes back all memory at once.
package enum ProcessEnd {
    private static let isAnnounced = Atomic(false)

    /// Keeps a value for as long as the process runs.
    private final class Keeper {
        let value: Any

        init(_ value: Any) { self.value = value }
    }

    /// Tells that the process ends when the work is done that it does now.
    package static func announce() { isAnnounced.store(true, ordering: .relaxed) }

    /// Keeps what is needed no more, where the end of the process was announced.
    package static func keep(_ values: Any...) {
        guard isAnnounced.load(ordering: .relaxed) else { return }
        _ = Unmanaged.passRetained(Keeper(values))
    }
}
