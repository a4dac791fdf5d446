import Files
import Synchronization

/// The bytes of a file around the last small dataset that was read: nets of many layers have thousands of them side by side, and a call for each takes
/// longer than the numbers.
final class SmallReads: Sendable {
    /// Up to so many bytes at once come from here.
    private static let largest = 1 << 12
    private static let windowSize: UInt64 = 1 << 15

    private let window = Mutex<(start: UInt64, bytes: [UInt8])>((0, []))

    /// Fills the buffer from a place of a file on; returns the number of bytes, fewer only where the file ends.
    ///
    /// The window moves on only: where datasets lie far apart, or come in another order than in the file, each is read by itself.
    func read(
        into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64, of file: HDF5File
    ) throws(SystemError) -> Int {
        guard buffer.count <= Self.largest, let size = file.sizeWhenOpened, offset <= size else {
            return try file.descriptor.read(into: buffer, at: offset)
        }
        let isRead = try window.withLock { (window) throws(SystemError) in
            let end = window.start + UInt64(window.bytes.count)
            if offset < window.start || offset + UInt64(buffer.count) > end {
                let isNear = offset >= window.start && offset < end + Self.windowSize
                let length = isNear ? min(Self.windowSize, size - offset) : UInt64(buffer.count)
                window.start = offset
                window.bytes = try Self.bytes(of: file, at: offset, count: Int(length))
            }
            let first = Int(offset - window.start)
            guard first + buffer.count <= window.bytes.count else { return false }
            buffer.copyBytes(from: window.bytes[first..<first + buffer.count])
            return true
        }
        // A file that has become shorter.
        return isRead ? buffer.count : try file.descriptor.read(into: buffer, at: offset)
    }

    private static func bytes(of file: HDF5File, at offset: UInt64, count: Int) throws(SystemError) -> [UInt8] {
        var failure: SystemError?
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, done in
            do throws(SystemError) {
                let target = UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[..<count])
                done = try file.descriptor.read(into: target, at: offset)
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return bytes
    }
}
