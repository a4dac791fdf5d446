import Files
import Frontend

/// A file for what has to be unpacked, in the folder for such things. It loses its name as soon as it is open, so nothing of it stays behind.
final class TemporaryFile {
    let path: String
    private let descriptor: Int32
    private var byteCount = 0
    private var hasName = true

    init() throws(ModelError) {
        let folder = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array("\(folder.isEmpty ? "/tmp" : folder)/bnfold-XXXXXX".utf8CString)
        descriptor = template.withUnsafeMutableBufferPointer { bytes in bytes.baseAddress.map { mkstemp($0) } ?? -1 }
        let text = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        path = text
        guard descriptor >= 0 else {
            throw ModelError(
                .inputOutput, "\(text): cannot be created: \(SystemError.last); set TMPDIR to a folder with room")
        }
    }

    deinit {
        remove()
        if descriptor >= 0 { close(descriptor) }
    }

    func append(_ bytes: UnsafeRawBufferPointer) throws(SystemError) {
        try SystemCall.write(bytes, to: descriptor, at: byteCount)
        byteCount += bytes.count
    }

    /// Takes the name away; whoever has the file open keeps it.
    func remove() {
        if hasName { unlink(path) }
        hasName = false
    }
}
