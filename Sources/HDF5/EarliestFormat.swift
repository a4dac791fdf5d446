/// Reads what is in files of HDF5's earliest format, which Caffe and h5py write, past the library: that takes some 40 µs to open each object,
/// and versions of it in wide use corrupt their memory over damaged files.
///
/// Everything is held against the size of the file first. What cannot be is an error; where there is anything but groups, hard links and
/// datasets of numbers, there is no index, and the library has the word. A tree that leads back to itself ends, since what it lists
/// must ascend.
///
/// Source: HDF5 File Format Specification, sections II.A (superblock version 0), III.A.1 (B-trees version 1), III.B to III.D (symbol tables,
/// local heaps) and IV.A (object headers version 1 and their messages).
struct EarliestFormat {
    /// An object that was found: where its header is, and by which link of which object.
    private struct Found {
        var header: UInt64
        var parent: Int
        var name: [UInt8]
    }

    let fileSize: UInt64
    var window: MetadataWindow
    /// Whether nothing was found so far that only the library knows.
    var isPlain = true
    /// What is attached to objects, by their numbers.
    private var attributes: [Int: Result<[StoredAttribute], Fault>] = [:]
    private let path: String
    private let root: UInt64
    private var found: [Found] = []
    private var numbers: [UInt64: Int] = [:]
    /// The number of the object that is being looked at.
    private var current = 0

    static let undefined = UInt64.max

    /// What the file holds; `nil` when that is more than this reader knows.
    ///
    /// - Parameter signature: where the file's signature is.
    /// - Throws: `.damaged`, with the path of the object; `.ioFailed`.
    static func index(
        of descriptor: FileDescriptor, path: String, fileSize: UInt64, signature: UInt64
    ) throws(HDF5Error) -> FileIndex? {
        guard
            var reader = try EarliestFormat(descriptor, path: path, fileSize: fileSize, signature: signature)
        else { return nil }
        return try reader.index()
    }

    /// `nil` for a file of another version.
    private init?(
        _ descriptor: FileDescriptor, path: String, fileSize: UInt64, signature: UInt64
    ) throws(HDF5Error) {
        let place = Place(file: path)
        var window = MetadataWindow(descriptor, fileSize: fileSize, base: signature, place: place)
        guard let start = try window.block(at: 0, count: min(window.size, 96)),
            // Versions of the superblock, the free space, the root group and the headers; sizes of addresses and lengths.
            start.part(at: 8, count: 4)?.equals([0, 0, 0, 0]) == true, start.number(at: 12, as: UInt8.self) == 0,
            start.part(at: 13, count: 2)?.equals([8, 8]) == true
        else { return nil }
        guard start.byteCount == 96, let base: UInt64 = start.number(at: 24), let end: UInt64 = start.number(at: 40),
            let driver: UInt64 = start.number(at: 48), let root: UInt64 = start.number(at: 64)
        else { throw place.error(.damaged, "is truncated: it ends inside its header; was it copied to its end?") }
        // Where addresses count from elsewhere, or a driver spreads the file over others, the library has the word.
        guard base == signature, driver == Self.undefined else { return nil }
        guard end <= fileSize else {
            throw place.error(
                .damaged,
                "is truncated: its header tells of \(end) bytes, but it has \(fileSize); was it copied to its end?")
        }
        self.path = path
        self.fileSize = fileSize
        self.root = root
        self.window = window
    }

    // MARK: Objects

    private mutating func index() throws(HDF5Error) -> FileIndex? {
        _ = number(ofHeader: root, parent: 0, name: [])
        var objects: [FileIndex.Object] = [leftOut]
        // What a group holds comes right behind it, in the order of the file, so that the window seldom moves back.
        var pending = [0]
        while let next = pending.popLast() {
            current = next
            objects[next] = try object(at: found[next].header)
            let new = objects.count..<found.count
            guard !new.isEmpty else { continue }
            objects += repeatElement(leftOut, count: new.count)
            pending += new.sorted { found[$0].header > found[$1].header }
        }
        return isPlain ? FileIndex(objects: objects, attributes: attributes, base: window.base) : nil
    }

    /// Stands for an object until it is looked at.
    private var leftOut: FileIndex.Object { .other(reason: "is of another kind") }

    private mutating func number(ofHeader header: UInt64, parent: Int, name: [UInt8]) -> Int {
        if let number = numbers[header] { return number }
        let number = found.count
        numbers[header] = number
        found.append(Found(header: header, parent: parent, name: name))
        return number
    }

    /// Notes that the library is needed.
    mutating func leftToLibrary() -> FileIndex.Object {
        isPlain = false
        return leftOut
    }

    /// Notes what is attached to the object that is being looked at.
    mutating func attach(_ attributes: [StoredAttribute]) {
        if !attributes.isEmpty { self.attributes[current] = .success(attributes) }
    }

    // MARK: Helpers

    mutating func target(ofHeader header: UInt64, name: [UInt8]) -> FileIndex.Target {
        .object(number(ofHeader: header, parent: current, name: name))
    }

    /// A block that must be in the file.
    ///
    /// - Parameter what: what it is, for the error.
    mutating func block(
        at address: UInt64, count: UInt64, of what: @autoclosure () -> String
    ) throws(HDF5Error) -> MetadataBlock {
        guard let block = try window.block(at: address, count: count) else {
            throw damaged("claims \(what()) of \(count) bytes at byte \(address), but the file has \(fileSize) bytes")
        }
        return block
    }

    /// The error of the object that is being looked at.
    func damaged(_ what: String) -> HDF5Error {
        Place(file: path, object: currentPath).error(.damaged, what + "; is the file damaged?")
    }

    private var currentPath: String {
        var names: [String] = []
        var number = current
        while number != 0, names.count < ObjectPath.maximumDepth {
            names.append(String(decoding: found[number].name, as: UTF8.self))
            number = found[number].parent
        }
        return "/" + names.reversed().joined(separator: "/")
    }
}
