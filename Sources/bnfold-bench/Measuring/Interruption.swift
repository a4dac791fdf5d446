import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The signal that asked this program to stop; 0 for none.
private let receivedSignal = Atomic<Int32>(0)

/// Stopping early without leaving gigabytes behind.
enum Interruption {
    /// From now on Control-C and the like are only noted.
    static func watch() {
        // Touched here, so that no handler has to initialise it.
        receivedSignal.store(0, ordering: .relaxed)
        for number in [SIGINT, SIGTERM, SIGHUP] {
            signal(number) { receivedSignal.store($0, ordering: .relaxed) }
        }
    }

    /// Throws when the program was asked to stop.
    static func check() throws(BenchmarkError) {
        if receivedSignal.load(ordering: .relaxed) != 0 { throw BenchmarkError("stopped") }
    }

    /// Ends by the signal that was noted, if there was one, as whoever sent it expects.
    static func complete() {
        let number = receivedSignal.load(ordering: .relaxed)
        guard number != 0 else { return }
        signal(number, SIG_DFL)
        raise(number)
    }
}
