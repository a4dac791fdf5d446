import BNFoldKit
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Turns SIGINT, SIGTERM and SIGHUP into a cancellation, so that a stopped run cleans up after itself.
///
/// A handler may do next to nothing, so it only sets the switch that the work looks at between two slices. SIGXFSZ is ignored, so that a file-size limit is an error of the write; so is SIGPIPE.
struct SignalWatch {
    /// The switch that the handler sets; a handler is a C function and can reach globals only.
    private static let active = Atomic<UInt>(0)
    private static let received = Atomic<Int32>(0)

    init(cancellation: Cancellation) {
        // Kept for the rest of the process: a handler may run at any time.
        Self.active.store(UInt(bitPattern: Unmanaged.passRetained(cancellation).toOpaque()), ordering: .releasing)
        for number in [SIGINT, SIGTERM, SIGHUP] {
            signal(number) { number in SignalWatch.handle(number) }
        }
        signal(SIGXFSZ, SIG_IGN)
        signal(SIGPIPE, SIG_IGN)
    }

    private static func handle(_ number: Int32) {
        received.store(number, ordering: .relaxed)
        guard let pointer = UnsafeRawPointer(bitPattern: active.load(ordering: .acquiring)) else { return }
        Unmanaged<Cancellation>.fromOpaque(pointer).takeUnretainedValue().cancel()
        // A second signal ends the process at once.
        signal(number, SIG_DFL)
    }

    /// Ends the process by the signal that stopped it, so that its parent sees why.
    func raiseAgain() {
        let number = Self.received.load(ordering: .relaxed)
        guard number != 0 else { return }
        signal(number, SIG_DFL)
        raise(number)
    }
}
