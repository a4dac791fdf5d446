import Synchronization

/// The files of this process that are not in place yet, so that they can be cleared away when the work itself cannot do it: it waits for a disk
/// or a pipe that does not answer.
package final class OpenOutputs: Sendable {
    package static let shared = OpenOutputs()

    private struct State {
        var names: [ObjectIdentifier: [String]] = [:]
        /// Files that are locked. They go as well, but for those with a journal, which the next run needs.
        var locks: [ObjectIdentifier: String] = [:]
        /// Runs that are putting files in place.
        var committing: Set<ObjectIdentifier> = []
        var isAbandoned = false
    }

    private let state = Mutex(State())

    func add(_ outputs: StagedOutputs, names: [String]) {
        state.withLock { $0.names[ObjectIdentifier(outputs)] = names }
    }

    func add(_ lock: FileLock) {
        state.withLock { $0.locks[ObjectIdentifier(lock)] = lock.path }
    }

    func remove(_ lock: FileLock) {
        state.withLock { $0.locks[ObjectIdentifier(lock)] = nil }
    }

    func remove(_ outputs: StagedOutputs) {
        state.withLock { state in
            state.names[ObjectIdentifier(outputs)] = nil
            state.committing.remove(ObjectIdentifier(outputs))
        }
    }

    /// Does not return once the outputs were abandoned: the process is about to end.
    func beginCommit(_ outputs: StagedOutputs) {
        while true {
            let mayGoOn = state.withLock { state in
                guard !state.isAbandoned else { return false }
                state.committing.insert(ObjectIdentifier(outputs))
                return true
            }
            if mayGoOn { return }
            sleep(1)
        }
    }

    /// Removes what is not in place, and sees to it that nothing is put in place any more. For a process that ends right after.
    ///
    /// - Parameter patience: how long to wait for files that are being put in place at this moment. After that the journals tell the next run.
    package func abandon(patience: Duration) {
        let deadline = ContinuousClock.now + patience
        while !tryToAbandon(), ContinuousClock.now < deadline { usleep(10_000) }
    }

    private func tryToAbandon() -> Bool {
        state.withLock { state in
            guard state.committing.isEmpty else { return false }
            state.isAbandoned = true
            for name in state.names.values.joined() { unlink(name) }
            for path in state.locks.values where (try? SystemCall.status(of: path))??.st_size == 0 { unlink(path) }
            return true
        }
    }
}
