import Files
import HDF5
import SampleFormats

/// A text that lists files with samples, one a line: HDF5 files, or images with a label behind each.
struct SampleList {
    /// What a list names.
    enum Kind: Hashable {
        case hdf5
        case images
    }

    let path: String
    let kind: Kind
    let files: [String]
    /// The labels of images; `nil` where the list has none.
    let labels: [Int]?

    /// The largest list that is read, in bytes.
    private static let mostBytes = 1 << 28

    /// Whether a file looks like text: its first bytes are printable.
    static func looksLikeText(_ head: [UInt8]) -> Bool {
        !head.isEmpty && head.allSatisfy { $0 >= 0x20 && $0 != 0x7F || [0x09, 0x0A, 0x0D].contains($0) }
    }

    /// - Parameter folder: what relative paths are seen from instead of the working directory and the list's folder; `nil` for those.
    init(path: String, from folder: String? = nil) throws(BNFoldError) {
        self.path = path
        let bytes = try liftingFiles { () throws(FileError) in try FileBytes.read(path, limit: Self.mostBytes) }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw BNFoldError(.malformed, "\(path): is no list of files: it is not UTF-8")
        }
        var files: [String] = []
        var labels: [Int?] = []
        var lines: [Int] = []
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let entry = line.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed()
            guard !entry.isEmpty else { continue }
            let found = try Self.entry(String(entry), place: "\(path):\(index + 1)", list: path, folder: folder)
            files.append(found.file)
            labels.append(found.label)
            lines.append(index + 1)
        }
        guard let first = files.first else {
            throw BNFoldError(.malformed, "\(path): lists no files, expected one path a line")
        }
        kind = try Self.kind(of: first, line: "\(path):\(lines[0])")
        self.files = files
        if kind == .images, let unlabelled = labels.firstIndex(of: nil), labels.contains(where: { $0 != nil }) {
            throw BNFoldError(
                .malformed,
                "\(path):\(lines[unlabelled]): has no label behind its path, but other lines have; give all or none")
        }
        let numbers = labels.compactMap(\.self)
        self.labels = kind == .images && numbers.count == files.count ? numbers : nil
    }

    private static func kind(of file: String, line: String) throws(BNFoldError) -> Kind {
        if try liftingHDF5({ () throws(HDF5Error) in try HDF5File.looksLikeHDF5(atPath: file) }) { return .hdf5 }
        let head = try liftingFiles { () throws(FileError) in try FileBytes.head(of: file, count: 16) }
        guard Image.Format(head: head) != nil else {
            throw BNFoldError(
                .malformed,
                "\(line): \(file) is neither HDF5 nor PNG nor JPEG, expected a list of HDF5 files or of images")
        }
        return .images
    }

    /// A whole line as a path, or a path and a number behind the last blank.
    private static func entry(
        _ text: String, place: String, list: String, folder: String?
    ) throws(BNFoldError) -> (file: String, label: Int?) {
        if let file = try find(text, list: list, folder: folder) { return (file, nil) }
        var path = text
        if let blank = text.lastIndex(where: \.isWhitespace), let label = Int(text[text.index(after: blank)...]) {
            path = String(text[..<blank].reversed().drop(while: \.isWhitespace).reversed())
            if let file = try find(path, list: list, folder: folder) { return (file, label) }
        }
        let places =
            folder.map { "in \($0)" }
            ?? "from the working directory and from the list's folder, \(FileBytes.folder(of: list))"
        throw BNFoldError(
            .unreadable,
            "\(place): there is no file '\(path)'\(path.hasPrefix("/") ? "" : ", looked for \(places)"); is '\(list)' a list of files, one a line, and are the paths right?"
        )
    }

    private static func find(_ path: String, list: String, folder: String?) throws(BNFoldError) -> String? {
        guard !path.utf8.contains(0) else { return nil }
        return try liftingFiles { () throws(FileError) in
            if let folder {
                let whole = folder + path
                return try FileBytes.isReadableFile(whole) ? whole : nil
            }
            if try FileBytes.isReadableFile(path) { return path }
            guard !path.hasPrefix("/") else { return nil }
            let beside = FileBytes.folder(of: list) + "/" + path
            return try FileBytes.isReadableFile(beside) ? beside : nil
        }
    }
}
