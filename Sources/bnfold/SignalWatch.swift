import BNFoldKit
import Dispatch
import Files
import Synchronization

/// Turns SIGINT, SIGTERM and SIGHUP into a cancellation, so that a stopped run cleans up after itself.
///
/// A handler may do next to nothing, so it only sets the switch that the work looks at between two slices, and wakes a thread. When the work does
/// not end soon, since it waits for a pipe or a disk, that thread clears away what was written and ends the process. SIGXFSZ is ignored, so that a
/// file-size limit is an error of the write; so is SIGPIPE.
struct SignalWatch {
    /// The switch that the handler sets; a handler is a C function and can reach globals only.
    private static let active = Atomic<UInt>(0)
    private static let received = Atomic<Int32>(0)
    /// Where the handler wakes the thread.
    private static let alarm = Atomic<Int32>(-1)
    private static let milliseconds = Atomic<Int>(500)

    /// How long the work has to end by itself.
    static func setPatience(milliseconds: Int) { self.milliseconds.store(milliseconds, ordering: .releasing) }

    init(cancellation: Cancellation) {
        // Kept for the rest of the process: a handler may run at any time.
        Self.active.store(UInt(bitPattern: Unmanaged.passRetained(cancellation).toOpaque()), ordering: .releasing)
        var ends: [Int32] = [-1, -1]
        if pipe(&ends) == 0 {
            for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
            Self.alarm.store(ends[1], ordering: .releasing)
            let reading = ends[0]
            DispatchQueue.global().async { Self.endWhenWorkDoesNot(after: reading) }
        }
        for number in [SIGINT, SIGTERM, SIGHUP] {
            signal(number) { number in SignalWatch.handle(number) }
        }
        signal(SIGXFSZ, SIG_IGN)
        signal(SIGPIPE, SIG_IGN)
    }

    private static func handle(_ number: Int32) {
        let code = errno
        received.store(number, ordering: .relaxed)
        guard let pointer = UnsafeRawPointer(bitPattern: active.load(ordering: .acquiring)) else { return }
        Unmanaged<Cancellation>.fromOpaque(pointer).takeUnretainedValue().cancel()
        var byte: UInt8 = 0
        _ = write(alarm.load(ordering: .acquiring), &byte, 1)
        // A second signal ends the process at once.
        signal(number, SIG_DFL)
        errno = code
    }

    private static func endWhenWorkDoesNot(after alarm: Int32) {
        var byte: UInt8 = 0
        while read(alarm, &byte, 1) < 0, errno == EINTR {}
        usleep(UInt32(milliseconds.load(ordering: .acquiring)) * 1000)
        OpenOutputs.shared.abandon(patience: .seconds(10))
        Console.complain("stopped; nothing was written")
        end()
    }

    /// Ends the process by the signal that stopped it, so that its parent sees why.
    func raiseAgain() {
        guard Self.received.load(ordering: .relaxed) != 0 else { return }
        Self.end()
    }

    private static func end() {
        let number = received.load(ordering: .relaxed)
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, number)
        pthread_sigmask(SIG_UNBLOCK, &signals, nil)
        signal(number, SIG_DFL)
        kill(getpid(), number)
        // Nobody comes here, unless the signal was blocked from the beginning.
        sleep(1)
        _exit(128 + number)
    }
}
