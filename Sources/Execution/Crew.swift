import Dispatch
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Threads that help another one with its jobs.
///
/// A pass consists of hundreds of jobs of ten to some hundred microseconds, and to wake a thread for each would take as long again. So a helper without
/// work looks around for more for a moment, making way for all who need its processor, before it goes home. Nobody waits for a helper to come:
/// a job is done by the caller alone if none does.
final class Crew: Sendable {
    private struct Job {
        var pieces: Int
        var body: (_ piece: Int, _ worker: Int) -> Void
    }

    /// Crews without a job, by size. The one that had a job last is the next to get one: its helpers may still be awake.
    private static let idle = Mutex<[Int: [Crew]]>([:])

    /// The most helpers there are at a time.
    private let size: Int
    /// Safe to share: only the caller writes it, while the gate is closed and no helper is inside.
    nonisolated(unsafe) private var job: Job?
    private let nextPiece = Atomic(0)
    /// Bits of a `Gate`.
    private let gate = Atomic<UInt64>(0)
    /// Helpers on their way, at work, or looking around.
    private let helperCount = Atomic(0)

    private init(size: Int) { self.size = size }

    /// Does a job on the calling thread and on helpers. Jobs of several threads at the same time are done by crews of their own.
    ///
    /// - Parameters:
    ///   - helpers: the most other threads that take part.
    ///   - body: called once for each index below `pieces`, with the number of the worker: 0 on the calling thread, up to `helpers` on others.
    static func run(pieces: Int, helpers: Int, _ body: (_ piece: Int, _ worker: Int) -> Void) {
        let size = min(helpers, mostHelpers)
        let crew = idle.withLock { $0[size]?.popLast() } ?? Crew(size: size)
        crew.run(pieces: pieces, body)
        idle.withLock { $0[size, default: []].append(crew) }
    }

    private func run(pieces: Int, _ body: (_ piece: Int, _ worker: Int) -> Void) {
        withoutActuallyEscaping(body) { body in
            job = Job(pieces: pieces, body: body)
            nextPiece.store(0, ordering: .relaxed)
            gate.store(Gate(bits: gate.load(ordering: .relaxed)).openedForNext.bits, ordering: .releasing)
            let missing = min(size, pieces - 1) - helperCount.load(ordering: .relaxed)
            for _ in 0..<max(missing, 0) {
                helperCount.add(1, ordering: .relaxed)
                DispatchQueue.global().async { self.help() }
            }
            work(as: 0)
            gate.bitwiseAnd(~Gate.open, ordering: .relaxed)
            while Gate(bits: gate.load(ordering: .acquiring)).inside > 0 { sched_yield() }
            job = nil
        }
    }

    /// Takes part in every job, once, until there is none for a while.
    private func help() {
        var last: UInt64?
        var looks = 0
        while looks < Self.patience {
            let seen = Gate(bits: gate.load(ordering: .relaxed))
            if seen.isOpen, seen.job != last, seen.entered < size {
                let inside = gate.compareExchange(
                    expected: seen.bits, desired: seen.bits + Gate.helper, ordering: .acquiring)
                guard inside.exchanged else { continue }
                work(as: Int(seen.entered) + 1)
                gate.subtract(Gate.presence, ordering: .releasing)
                last = seen.job
                looks = 0
            } else {
                looks += 1
                sched_yield()
            }
        }
        helperCount.subtract(1, ordering: .relaxed)
    }

    /// Does pieces of the job until none is left. Not inlined: whatever holds the closure of the job must let go of it before the gate learns that
    /// a helper is gone.
    @inline(never)
    private func work(as worker: Int) {
        guard let job else { return }
        while true {
            let piece = nextPiece.wrappingAdd(1, ordering: .relaxed).oldValue
            guard piece < job.pieces else { return }
            job.body(piece, worker)
        }
    }

    /// How often in a row a helper looks for work in vain: for a tenth of a millisecond or two.
    private static let patience = 400
    /// What the gate can count, and more than a job has use for.
    private static let mostHelpers = 1 << 10
}

/// Who may come to a job: the number of the job, whether it is open, how many helpers have entered, and how many of them are still inside.
private struct Gate {
    var bits: UInt64

    /// What a helper adds as it enters.
    static let helper = presence + (1 << 16)
    /// What it takes away as it leaves.
    static let presence: UInt64 = 1
    static let open: UInt64 = 1 << 32

    var inside: UInt64 { bits & 0xFFFF }
    var entered: UInt64 { bits >> 16 & 0xFFFF }
    var isOpen: Bool { bits & Self.open != 0 }
    var job: UInt64 { bits >> 33 }
    /// Open for another job, with nobody inside. The numbers of jobs begin again some day.
    var openedForNext: Gate { Gate(bits: (job &+ 1) << 33 | Self.open) }
}
