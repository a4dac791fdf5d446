/// A piece of a file's metadata: numbers at given bytes, little-endian. Beyond its end there are none.
struct MetadataBlock {
    private let bytes: ArraySlice<UInt8>

    var byteCount: Int { bytes.count }

    init(_ bytes: ArraySlice<UInt8>) { self.bytes = bytes }

    func number<Number: FixedWidthInteger & UnsignedInteger>(
        at offset: Int, as type: Number.Type = Number.self
    ) -> Number? {
        let size = Number.bitWidth / 8
        guard offset >= 0, offset <= bytes.count - size else { return nil }
        let start = bytes.startIndex + offset
        var number: Number = 0
        for index in (start..<start + size).reversed() { number = number << 8 | Number(bytes[index]) }
        return number
    }

    /// A part of the block; `nil` when it is not all there.
    func part(at offset: Int, count: Int) -> MetadataBlock? {
        guard offset >= 0, count >= 0, offset <= bytes.count, count <= bytes.count - offset else { return nil }
        return MetadataBlock(bytes[(bytes.startIndex + offset)..<(bytes.startIndex + offset + count)])
    }

    /// The bytes from an offset up to the next zero byte; `nil` when there is none.
    func zeroTerminated(at offset: UInt64) -> [UInt8]? {
        guard let offset = Int(exactly: offset), offset < bytes.count else { return nil }
        let rest = bytes[(bytes.startIndex + offset)...]
        return rest.firstIndex(of: 0).map { Array(rest[..<$0]) }
    }

    func begins(with signature: StaticString, version: UInt8) -> Bool {
        bytes.count > signature.utf8CodeUnitCount
            && signature.withUTF8Buffer { bytes.starts(with: $0) }
            && bytes[bytes.startIndex + signature.utf8CodeUnitCount] == version
    }

    func equals(_ other: [UInt8]) -> Bool { bytes.elementsEqual(other) }
}

/// The metadata of a file, read through a window that moves along: what belongs together lies close to each other.
struct MetadataWindow {
    private static let windowSize: UInt64 = 1 << 14
    private static let alignment: UInt64 = 1 << 12

    let fileSize: UInt64
    private let descriptor: FileDescriptor
    private var start: UInt64 = 0
    private var bytes: [UInt8] = []

    init(_ descriptor: FileDescriptor, fileSize: UInt64) {
        self.descriptor = descriptor
        self.fileSize = fileSize
    }

    /// A block of the file; `nil` when the file does not reach so far, or cannot be read.
    mutating func block(at address: UInt64, count: Int) -> MetadataBlock? {
        let size = UInt64(clamping: count)
        guard count >= 0, address <= fileSize, size <= fileSize - address else { return nil }
        if address < start || address + size > start + UInt64(bytes.count) {
            let begin = address - address % Self.alignment
            let end = min(max(address + size, begin + Self.windowSize), fileSize)
            guard let length = Int(exactly: end - begin) else { return nil }
            bytes = [UInt8](repeating: 0, count: length)
            start = begin
            let read = try? bytes.withUnsafeMutableBytes { bytes throws(SystemError) in
                try descriptor.read(into: bytes, at: begin)
            }
            guard read == length else {
                bytes = []
                return nil
            }
        }
        let offset = Int(address - start)
        return MetadataBlock(bytes[offset..<offset + count])
    }
}
