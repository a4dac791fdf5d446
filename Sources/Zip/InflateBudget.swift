import Synchronization

/// What is inflated of an archive in all, held against its size: a few bytes of deflate can make a thousand times as many.
final class InflateBudget: Sendable {
    /// Every byte of the archive may become so many; real numbers rarely become more than ten.
    static let growth = 32
    /// So much a small archive may become in any case.
    static let least = 64 << 20

    private let limit: Int
    private let advice: ZipAdvice
    private let taken = Mutex(0)

    init(archiveByteCount: Int, advice: ZipAdvice) {
        self.advice = advice
        let (product, overflow) = archiveByteCount.multipliedReportingOverflow(by: Self.growth)
        limit = overflow || product > .max - Self.least ? .max : product + Self.least
    }

    /// Counts bytes that are about to be inflated. Throws when they are too many with those before them.
    func take(_ count: Int, for origin: ZipOrigin) throws(ZipError) {
        try taken.withLock { (taken) throws(ZipError) in
            guard count <= limit - taken else {
                throw origin.malformed(
                    "inflates to \(count) bytes, and \(taken) were inflated before them, but of this archive at most \(limit) "
                        + "are (\(Self.growth) times its size and 64 MiB); \(advice.uncompressed)"
                )
            }
            taken += count
        }
    }
}
