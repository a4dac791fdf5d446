import CHDF5
import Files

/// The one gate to libhdf5.
///
/// Not every build of the library is thread-safe, and its error stack belongs to the thread, so each use of it stands
/// between `enter` and `leave`, and the error stack is read before `leave`:
///
///     HDF5Library.enter()
///     defer { HDF5Library.leave() }
enum HDF5Library {
    /// Guards every call into libhdf5. Its initialiser is the first use of the library.
    private static let lock: RecursiveLock = {
        // Without this the library's own exit handler would try once more to write files whose writing has failed, and
        // print about it. Every file is closed by its owner instead.
        H5dont_atexit()
        H5open()
        return RecursiveLock()
    }()

    /// Takes the lock and keeps the library from printing its errors; may be nested.
    static func enter() {
        lock.lock()
        H5Eset_auto2(chdf5_default_error_stack(), nil, nil)
    }

    /// Repeats a call that a signal interrupted: the library does so by itself where it reads and writes, but not where it opens a file or changes
    /// its size. The lock must be held.
    static func retrying<Result: SignedInteger>(_ call: () -> Result) -> Result {
        while true {
            let result = call()
            if result >= 0 || LibraryMessage.innermost()?.systemError?.code != EINTR { return result }
        }
    }

    /// Gives the lock back.
    static func leave() {
        lock.unlock()
    }
}
