import Files
import Synchronization

/// What a file holds that was looked at a moment ago, for whoever reads it next: to see of what kind a file is takes as long as to open it.
enum IndexMemory {
    private static let last = Mutex<(summary: [UInt64], index: FileIndex)?>(nil)
    /// No file system that is in use keeps times more coarsely, in seconds. What changes twice within that may look unchanged.
    private static let coarsestTime = 3

    /// Keeps what a file holds, unless it changed so recently that another change might not show.
    ///
    /// - Parameter status: of the file before it was read.
    static func keep(_ index: FileIndex, of status: FileDescriptor.Status) {
        guard let changed = status.changed.first, time(nil) - changed > coarsestTime else { return }
        last.withLock { $0 = (status.summary, index) }
    }

    /// What is known of a file; `nil` when it is another one, or has changed. It is forgotten then.
    static func take(for status: FileDescriptor.Status) -> FileIndex? {
        last.withLock { last in
            defer { last = nil }
            return last?.summary == status.summary ? last?.index : nil
        }
    }
}
