import Synchronization

/// What all datasets of a file have together that were opened so far, held against `UnpackLimit`.
final class UnpackBudget: Sendable {
    private struct Spent {
        var paths: Set<String> = []
        var byteCount: UInt64 = 0
    }

    private let spent = Mutex(Spent())

    /// Counts a dataset, once for each path that leads to it.
    func take(_ byteCount: Int, for path: String, fileSize: UInt64) throws(Fault) {
        try spent.withLock { (spent) throws(Fault) in
            guard spent.paths.insert(path).inserted else { return }
            let (sum, overflow) = spent.byteCount.addingReportingOverflow(UInt64(byteCount))
            guard !overflow, sum <= UnpackLimit.byteCount(fileSize: fileSize) else {
                spent.paths.remove(path)
                throw Fault(
                    .unsupported,
                    "has \(byteCount) bytes, which makes \(overflow ? UInt64.max : sum) with the datasets before it, but "
                        + "files are unpacked up to \(UnpackLimit.description); if it is right, unpack it with "
                        + "'h5repack -f NONE -l CONTI in.h5 out.h5'")
            }
            spent.byteCount = sum
        }
    }
}
