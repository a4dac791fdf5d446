/// Runs pieces of work that do not depend on each other on several threads.
///
/// How work is cut into pieces must not depend on the number of threads: then every result is the same, bit for bit, for any number.
struct Workers: Sendable {
    /// Threads that work at the same time, the calling one included; at least 1.
    let count: Int

    init(count: Int) { self.count = max(count, 1) }

    /// Calls `body` once for each index below `pieces`, in no order, with the number of the worker (below `count`) that runs it.
    func forEach(_ pieces: Int, _ body: (_ piece: Int, _ worker: Int) -> Void) {
        if count > 1, pieces > 1 {
            Crew.run(pieces: pieces, helpers: count - 1, body)
        } else {
            for piece in 0..<max(pieces, 0) { body(piece, 0) }
        }
    }

    /// Calls `body` for ranges that cover `0..<total`, none longer than `length`.
    func forEachRange(of total: Int, length: Int, _ body: (Range<Int>) -> Void) {
        let length = max(length, 1)
        forEach((total + length - 1) / length) { piece, _ in
            body(piece * length..<min((piece + 1) * length, total))
        }
    }

    /// Elements of a simple function that are worth a thread's while.
    static let elementsPerPiece = 1 << 15
}
