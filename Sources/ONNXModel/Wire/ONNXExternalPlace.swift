import Files
import ProtobufWire

/// Where the numbers of a tensor lie that are kept in a file of their own.
struct ONNXExternalPlace: Hashable, Sendable {
    /// Relative to the folder of the model.
    var location: String
    /// In bytes.
    var offset: Int
    /// In bytes; `nil`: to the end of the file.
    var length: Int?

    init(_ message: WireMessage, in source: any ByteSource) throws(WireError) {
        var entries: [String: String] = [:]
        for field in message.fields(ONNXSchema.Tensor.externalData, .lengthDelimited) {
            let entry = try WireMessage(indexing: field, of: source)
            let key = try entry.string(ONNXSchema.Entry.key, in: source) ?? ""
            entries[key] = try entry.string(ONNXSchema.Entry.value, in: source) ?? ""
        }
        func error(_ text: String) -> WireError {
            WireError(path: source.path, offset: message.range.lowerBound, message: text)
        }
        guard let location = entries["location"], !location.isEmpty else {
            throw error("a tensor is said to lie in another file, but no 'location' names it")
        }
        func number(_ key: String) throws(WireError) -> Int? {
            guard let text = entries[key] else { return nil }
            guard let number = Int(text), number >= 0 else {
                throw error("the '\(key)' of external data is '\(text)', expected a number of bytes")
            }
            return number
        }
        self.location = location
        offset = try number("offset") ?? 0
        length = try number("length")
        guard Self.staysInFolder(location) else {
            throw error(
                "external data lies at '\(location)', which leaves the folder of the model; only files in it and in folders below it are read"
            )
        }
    }

    /// Whether a path neither begins at the root nor goes upwards.
    private static func staysInFolder(_ location: String) -> Bool {
        let separators: Set<Character> = ["/", "\\"]
        guard let first = location.first, !separators.contains(first), !location.utf8.contains(0) else { return false }
        let isOnDrive = location.dropFirst().first == ":"
        return !location.split(whereSeparator: separators.contains).contains("..") && !isOnDrive
    }
}

/// The files of external data of one model, each opened once.
final class ONNXExternalFiles {
    private let model: String
    /// Holds all numbers, under whatever name, while a model is being written.
    private let data: String?
    private var files: [String: FileByteSource] = [:]

    init(model: String, data: String?) {
        self.model = model
        self.data = data
    }

    /// The bytes of a tensor: file and range.
    ///
    /// - Parameter byteCount: what the tensor takes; `nil` for a type of which nobody here knows.
    /// - Throws: for a file that is missing or lies behind a link that leaves the folder, and for a length other than the tensor's.
    func range(
        of place: ONNXExternalPlace, byteCount known: Int?, name: String
    ) throws(WireError) -> (source: FileByteSource, range: Range<Int>) {
        let file = try open(place.location)
        let length = place.length ?? max(file.byteCount - place.offset, 0)
        let byteCount = known ?? length
        guard length == byteCount else {
            throw WireError(
                path: model,
                message:
                    "tensor '\(name)' takes \(byteCount) bytes, but its external data in '\(place.location)' from byte \(place.offset) on has \(length)"
            )
        }
        guard place.offset <= file.byteCount, byteCount <= file.byteCount - place.offset else {
            throw WireError(
                path: file.path,
                message:
                    "has \(file.byteCount) bytes, but tensor '\(name)' of \(model) takes \(byteCount) from byte \(place.offset) on; is it an incomplete copy?"
            )
        }
        return (file, place.offset..<place.offset + byteCount)
    }

    func open(_ location: String) throws(WireError) -> FileByteSource {
        if let file = files[location] { return file }
        let folder = FileBytes.folder(of: model)
        let path = data ?? "\(folder)/\(location)"
        if data != nil {
            let file = try FileByteSource(path: path)
            files[location] = file
            return file
        }
        do throws(SystemError) {
            let root = try SystemCall.realPath(folder)
            let real = try SystemCall.realPath(path)
            let inside = root.last == 0x2F ? root : root + [0x2F]
            guard real.starts(with: inside) else {
                throw SystemError(code: 0)
            }
        } catch {
            guard error.code != 0 else {
                throw WireError(
                    path: model, message: "external data '\(location)' is a link that leaves the folder of the model")
            }
            throw WireError(
                path: path, message: "external data of \(model) cannot be read: \(error)", systemError: error.code)
        }
        let file = try FileByteSource(path: path)
        files[location] = file
        return file
    }
}
