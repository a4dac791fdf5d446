import Files

/// Goes through the keys of a database in their order. Holds one page for each level of the tree, and one value at a time.
public struct LMDBCursor: Sendable {
    private let database: LMDBDatabase
    private var path: [(page: LMDBPage, index: Int)] = []
    /// The position of the next key.
    public private(set) var position = 0

    public init(_ database: LMDBDatabase) { self.database = database }

    /// The next key and its value.
    ///
    /// - Throws: for a damaged file, also when the tree ends before all keys that it is to have.
    public mutating func next() throws(SampleFormatError) -> (key: [UInt8], value: [UInt8]) {
        try descend()
        guard let (page, index) = path.last else { throw short() }
        let (key, value) = try page.entry(index)
        advance()
        switch value {
        case .inside(let range): return (key, Array(page.bytes[range]))
        case .overflow(let first, let count):
            let header = try database.bytes(LMDBPage.headerSize, ofPage: first, from: 0)
            let pages = Int(header.littleEndian(UInt32.self, at: 12))
            guard header.littleEndian(UInt64.self, at: 0) == first,
                header.littleEndian(UInt16.self, at: 10) & LMDBPage.overflowFlag != 0,
                count <= pages * database.pageSize - LMDBPage.headerSize
            else {
                throw .malformed(
                    database.path,
                    "page \(first) does not hold the value of key '\(LMDBDatabase.text(key))': the file is damaged")
            }
            return (key, try database.bytes(count, ofPage: first, from: LMDBPage.headerSize))
        }
    }

    /// Moves on to a position without reading values; back to the beginning where it lies before.
    public mutating func move(to target: Int) throws(SampleFormatError) {
        if target < position { self = LMDBCursor(database) }
        while position < target {
            try descend()
            guard let (page, index) = path.last else { throw short() }
            let steps = min(target - position, page.count - index)
            path[path.count - 1].index += steps
            position += steps
            popFinished()
        }
    }

    /// Goes down to a leaf, if it is not at one.
    private mutating func descend() throws(SampleFormatError) {
        guard position < database.count else { throw short() }
        if path.isEmpty {
            guard position == 0 else { throw short() }
            path.append((try database.page(database.root), 0))
        }
        while path.count < database.depth, let (page, index) = path.last {
            guard !page.isLeaf else { throw uneven(page) }
            path.append((try database.page(try page.child(index)), 0))
        }
        if let page = path.last?.page, !page.isLeaf { throw uneven(page) }
    }

    private mutating func advance() {
        path[path.count - 1].index += 1
        position += 1
        popFinished()
    }

    private mutating func popFinished() {
        while let (page, index) = path.last, index >= page.count {
            path.removeLast()
            if !path.isEmpty { path[path.count - 1].index += 1 }
        }
    }

    private func uneven(_ page: LMDBPage) -> SampleFormatError {
        .malformed(
            database.path,
            "page \(page.number) is on the wrong level of a tree of depth \(database.depth): the file is damaged")
    }

    private func short() -> SampleFormatError {
        .malformed(
            database.path,
            "its tree ends after \(position) of \(database.count) keys: the file is damaged or was not copied whole")
    }
}

extension LMDBDatabase {
    /// A key for messages: the text, or its bytes where it is none.
    public static func text(_ key: [UInt8]) -> String {
        if let text = String(validating: key, as: UTF8.self) { return text }
        return "0x" + key.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
