/// What a file's content is known by: its size, and a SHA-256 of what it holds.
///
/// Of a file beyond 128 KiB slices are taken, 64 of 2 KiB, spread evenly from the first byte to the last: two trainings of one net differ in
/// each of them, and weights of gigabytes are not read once more for it. So it tells apart what runs of bnfold write; it is no proof.
package struct FileFingerprint: Hashable, Sendable {
    package var size: Int
    /// 64 hexadecimal digits.
    package var digest: String

    package init(size: Int, digest: String) {
        self.size = size
        self.digest = digest
    }

    /// The fingerprint of a regular file; `nil` when there is none at the path. Links are not followed.
    ///
    /// - Parameter output: what the user calls it, where that is not its path.
    /// - Throws: `FileError` of the kind `inputOutput` when it cannot be read.
    package init?(of path: String, for output: String? = nil) throws(FileError) {
        do throws(SystemError) {
            guard let status = try SystemCall.status(of: path, followingLinks: false),
                status.st_mode & S_IFMT == S_IFREG
            else { return nil }
            let descriptor = try SystemCall.open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
            defer { close(descriptor) }
            size = Int(try SystemCall.status(of: descriptor).st_size)
            var hash = SHA256()
            var slice = [UInt8](repeating: 0, count: Self.sliceSize)
            for offset in Self.offsets(in: size) {
                try slice.withUnsafeMutableBufferPointer { buffer throws(SystemError) in
                    let count = try SystemCall.read(descriptor, into: UnsafeMutableRawBufferPointer(buffer), at: offset)
                    hash.update(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[..<count]))
                }
            }
            digest = Self.hexadecimal(hash.finalized() ?? [])
        } catch {
            throw FileError(.inputOutput, "\(output ?? path): cannot be read: \(error)")
        }
        guard !digest.isEmpty else {
            throw FileError(.internalFault, "\(output ?? path): no SHA-256 could be computed; is libcrypto sound?")
        }
    }

    private static let sliceSize = 1 << 11
    private static let sliceCount = 64

    /// Where slices begin: everywhere in a small file, else evenly spread with the last one at the end.
    static func offsets(in size: Int) -> [Int] {
        guard size > sliceSize * sliceCount else { return Array(stride(from: 0, to: size, by: sliceSize)) }
        return (0..<sliceCount).map { index in
            Int((UInt64(size - sliceSize) / UInt64(sliceCount - 1)) * UInt64(index))
                + (index == sliceCount - 1 ? (size - sliceSize) % (sliceCount - 1) : 0)
        }
    }

    /// The digits of a digest.
    package static func hexadecimal(_ digest: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
