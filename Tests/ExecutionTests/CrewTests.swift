import Synchronization
import Testing

@testable import Execution

/// What kernels rely on when they divide their work.
struct CrewTests {
    /// Counts how often each piece is done, and which workers do it.
    private final class Tally: Sendable {
        private let state: Mutex<(counts: [Int], workers: Set<Int>)>

        init(_ pieces: Int) { state = Mutex(([Int](repeating: 0, count: pieces), [])) }

        func note(_ piece: Int, _ worker: Int) {
            state.withLock { state in
                state.counts[piece] += 1
                state.workers.insert(worker)
            }
        }

        var counts: [Int] { state.withLock(\.counts) }
        var workers: Set<Int> { state.withLock(\.workers) }
    }

    @Test("every piece of every job is done once, by workers below their number", arguments: [1, 2, 3, 17])
    func once(count: Int) {
        let workers = Workers(count: count)
        // Some jobs come at once, when helpers still look around, others to helpers that are about to go.
        for job in 0..<2000 {
            let pieces = job % 7
            let tally = Tally(pieces)
            workers.forEach(pieces) { piece, worker in tally.note(piece, worker) }
            #expect(tally.counts == [Int](repeating: 1, count: pieces))
            #expect(tally.workers.allSatisfy { (0..<count).contains($0) })
        }
    }

    @Test("what the pieces wrote is there when the job is done")
    func visibility() {
        let workers = Workers(count: 4)
        let numbers = UnsafeMutableBufferPointer<Int>.allocate(capacity: 64)
        defer { numbers.deallocate() }
        for job in 0..<500 {
            workers.forEach(64) { piece, _ in numbers[piece] = job * piece }
            #expect(numbers.indices.allSatisfy { numbers[$0] == job * $0 })
        }
    }

    @Test("jobs inside of pieces, and so at the same time, do not mix")
    func nested() {
        let workers = Workers(count: 3)
        let tally = Tally(20)
        workers.forEach(4) { outer, _ in
            workers.forEach(5) { inner, worker in tally.note(outer * 5 + inner, worker) }
        }
        #expect(tally.counts == [Int](repeating: 1, count: 20))
        #expect(tally.workers.allSatisfy { (0..<3).contains($0) })
    }

    @Test("more threads than any machine has do no harm")
    func manyThreads() {
        let tally = Tally(3)
        Workers(count: .max).forEach(3) { piece, worker in tally.note(piece, worker) }
        #expect(tally.counts == [1, 1, 1])
    }

    @Test("no pieces are no work", arguments: [0, -1])
    func nothing(pieces: Int) {
        Workers(count: 2).forEach(pieces) { _, _ in Issue.record("there is no piece") }
    }
}
