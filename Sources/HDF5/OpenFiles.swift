import Synchronization

/// The files that are open for reading in this process: none of them must be emptied by being created anew.
enum OpenFiles {
    private struct Identity: Hashable {
        var device: UInt64
        var number: UInt64

        init(_ status: FileDescriptor.Status) {
            device = status.device
            number = status.number
        }
    }

    private static let counts = Mutex<[Identity: Int]>([:])

    static func add(_ status: FileDescriptor.Status) {
        counts.withLock { $0[Identity(status), default: 0] += 1 }
    }

    static func remove(_ status: FileDescriptor.Status) {
        counts.withLock { counts in
            let identity = Identity(status)
            counts[identity] = counts[identity].flatMap { $0 > 1 ? $0 - 1 : nil }
        }
    }

    static func contains(_ status: FileDescriptor.Status) -> Bool {
        counts.withLock { $0[Identity(status)] != nil }
    }
}
