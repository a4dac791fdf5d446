extension EarliestFormat {
    /// A message of an object's header.
    struct Message {
        var type: UInt16
        var flags: UInt8
        var body: MetadataBlock
    }

    /// Pieces of one header; more are left to the library.
    private static let maximumPieceCount = 4096

    /// The object with a header.
    mutating func object(at header: UInt64) throws(HDF5Error) -> FileIndex.Object {
        guard let messages = try messages(at: header) else { return leftToLibrary() }
        var parts = ObjectParts()
        if messages.contains(where: { $0.type == 0x0C }) {
            attach(messages.filter { $0.type == 0x0C }.map(Self.attribute))
        }
        for message in messages {
            do throws(ObjectParts.Damage) {
                if try !parts.take(message) { isPlain = false }
            } catch {
                throw damaged(error.what)
            }
        }
        if let symbols = parts.symbols { return .group(.success(try links(of: symbols))) }
        guard let lengths = parts.lengths, let format = parts.format, let layout = parts.layout else {
            return leftToLibrary()
        }
        let shape: DatasetShape
        let place: DataPlace
        do throws(Fault) {
            shape = try DatasetShape(claimed: lengths, elementByteCount: format.type.byteCount)
            place = try self.place(of: layout, shape: shape, filters: parts.filters)
        } catch {
            return .dataset(FileIndex.Dataset(numbers: .failure(error), text: nil))
        }
        return .dataset(try dataset(shape, format, at: place, fill: parts.fill))
    }

    /// All messages of a header, in their order; `nil` for a header of a newer version, or one whose messages do not add up.
    private mutating func messages(at header: UInt64) throws(HDF5Error) -> [Message]? {
        let head = try block(at: header, count: 16, of: "an object header")
        guard head.number(at: 0, as: UInt8.self) == 1, let count: UInt16 = head.number(at: 2),
            let size: UInt32 = head.number(at: 8)
        else {
            guard head.part(at: 0, count: 4)?.equals(Array("OHDR".utf8)) == true else {
                throw damaged("has no object header at byte \(header)")
            }
            return nil
        }
        var messages: [Message] = []
        messages.reserveCapacity(min(Int(count), 16))
        var left = Int(count)
        var pieces = [(address: header + 16, size: UInt64(size))]
        var next = 0
        while next < pieces.count, left > 0 {
            guard next < Self.maximumPieceCount else { return nil }
            let piece = pieces[next]
            next += 1
            let block = try block(at: piece.address, count: piece.size, of: "a piece of an object header")
            var position = 0
            while left > 0, let type: UInt16 = block.number(at: position),
                let length: UInt16 = block.number(at: position + 2), let flags: UInt8 = block.number(at: position + 4)
            {
                guard let body = block.part(at: position + 8, count: Int(length)) else {
                    throw damaged("has a message of \(length) bytes that reaches beyond its header")
                }
                if type == 0x10 {
                    guard let address: UInt64 = body.number(at: 0), let size: UInt64 = body.number(at: 8) else {
                        throw damaged("has a header that goes on nowhere")
                    }
                    pieces.append((address, size))
                } else {
                    messages.append(Message(type: type, flags: flags, body: body))
                }
                left -= 1
                position += 8 + Int(length)
            }
        }
        return left == 0 ? messages : nil
    }

    // MARK: Datasets

    /// Where the data of a dataset are, before a tree of chunks is read.
    private enum DataPlace {
        case known(StoredNumbers.Layout)
        case chunked(grid: ChunkGrid, filters: [ChunkFilter], tree: UInt64)
    }

    private func place(
        of layout: ObjectParts.Layout, shape: DatasetShape, filters: [ObjectParts.Filter]
    ) throws(Fault) -> DataPlace {
        switch layout {
        case .inHeader(let bytes): return .known(.inHeader(bytes))
        case .contiguous(Self.undefined, let byteCount):
            return .known(.contiguous(offset: nil, byteCount: byteCount))
        case .contiguous(let address, let byteCount):
            let (offset, overflow) = address.addingReportingOverflow(window.base)
            return .known(.contiguous(offset: overflow ? address : offset, byteCount: byteCount))
        case .chunked(let lengths, let elementByteCount, let tree):
            let known = try ChunkFilter.filters(numbered: filters.map(\.number))
            let shuffled = filters.first { $0.number == ChunkFilter.shuffle.rawValue }?.firstValue
            guard Int(elementByteCount) == shape.elementByteCount,
                shuffled == nil || shuffled == elementByteCount
            else { throw Fault(.damaged, "has chunks of elements of another size; is the file damaged?") }
            return .chunked(grid: try ChunkGrid(lengths: lengths, of: shape), filters: known, tree: tree)
        }
    }

    private mutating func dataset(
        _ shape: DatasetShape, _ format: ElementFormat, at place: DataPlace, fill: StoredNumbers.FillValue
    ) throws(HDF5Error) -> FileIndex.Dataset {
        let layout: StoredNumbers.Layout
        switch place {
        case .known(let known): layout = known
        case .chunked(let grid, let filters, let tree):
            let isStored = tree != Self.undefined && shape.byteCount > 0
            layout = .chunked(
                grid: grid, filters: filters, chunks: isStored ? try chunks(ofTree: tree, grid: grid) : [])
        }
        do throws(Fault) {
            let numbers = try StoredNumbers(
                shape: shape, format: format, layout: layout, fill: fill, fileSize: fileSize)
            return FileIndex.Dataset(numbers: .success(numbers), text: nil)
        } catch {
            return FileIndex.Dataset(numbers: .failure(error), text: nil)
        }
    }
}
