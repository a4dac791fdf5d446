/// What stands before the numbers of an array: their type, order and shape.
///
/// The format is that of `numpy.lib.format`: `\x93NUMPY`, two bytes of version, the length of the rest in two bytes
/// (version 1) or four (versions 2 and 3), and a Python dictionary in Latin-1 (UTF-8 from version 3 on).
struct ArrayHeader: Sendable {
    static let magic = Array("\u{93}NUMPY".unicodeScalars.map { UInt8($0.value) })

    /// NumPy itself refuses headers beyond 10000 bytes unless told otherwise; only thousands of fields need them.
    static let largestDictionary = 1 << 20

    /// As many axes as NumPy can have, from its version 2 on.
    static let largestRank = 64

    /// The type of the numbers; or why they are not read, for an archive may hold other arrays that are.
    let elementType: Result<ElementType, NumPyError>
    /// Whether the first index varies fastest, and not the last.
    let isFortranOrder: Bool
    let shape: [Int]
    /// Where the numbers begin.
    let byteCount: Int

    /// Reads the header and compares the shape with the bytes that follow.
    init(of content: ArrayContent) throws(NumPyError) {
        let origin = content.origin
        // Magic, version and a length of two bytes; every array has more.
        let start = try content.beginning(10)
        guard start.starts(with: Self.magic) else {
            throw origin.malformed("is no array: it does not begin with '\\x93NUMPY'; save it with np.save")
        }
        let (major, minor) = (start[6], start[7])
        guard 1...3 ~= major, minor == 0 else {
            throw origin.malformed("has format version \(major).\(minor), but only 1.0, 2.0 and 3.0 are known")
        }
        let preamble = try major == 1 ? start : content.beginning(12)
        let length = preamble[8...].reversed().reduce(0) { $0 << 8 | Int($1) }
        byteCount = preamble.count + length
        guard byteCount <= content.byteCount else {
            throw origin.malformed(
                "has a header of \(byteCount) bytes, but only \(content.byteCount) bytes in all; "
                    + "is it an incomplete copy?")
        }
        guard length <= Self.largestDictionary else {
            throw origin.malformed("has a header of \(length) bytes, but at most \(Self.largestDictionary) are read")
        }
        let text = try content.beginning(byteCount).dropFirst(preamble.count)
        var parser = HeaderParser(text: Array(text), origin: origin)
        let dictionary = try parser.dictionary()
        isFortranOrder = dictionary.isFortranOrder
        shape = dictionary.shape
        let type = ElementType(dtype: dictionary.dtype)
        // The shape must make sense even where the size of an element is not known: callers multiply extents.
        let needed = try Self.byteCount(of: shape, elementByteCount: type?.byteCount ?? 1, in: origin)
        if let type {
            try Self.require(needed, of: shape, found: content.byteCount - byteCount, in: origin)
            elementType = .success(type)
        } else {
            elementType = .failure(origin.malformed(ElementType.refusal(ofDtype: dictionary.dtype)))
        }
    }

    /// How many bytes the numbers take. Throws when the extents other than 0 multiply to more than can be.
    private static func byteCount(
        of shape: [Int], elementByteCount: Int, in origin: Origin
    ) throws(NumPyError) -> Int {
        guard shape.count <= largestRank else {
            throw origin.malformed("has \(shape.count) axes, but NumPy knows no more than \(largestRank)")
        }
        var product = elementByteCount
        for extent in shape where extent != 0 {
            let (next, overflow) = product.multipliedReportingOverflow(by: extent)
            guard !overflow else {
                throw origin.malformed("has \(text(shape)), which no file can hold; is the header damaged?")
            }
            product = next
        }
        return shape.contains(0) ? 0 : product
    }

    /// Throws unless the numbers of the shape are just what follows the header.
    private static func require(
        _ needed: Int, of shape: [Int], found: Int, in origin: Origin
    ) throws(NumPyError) {
        guard found >= needed else {
            throw origin.malformed(
                "has \(text(shape)), which takes \(needed) bytes, but only \(found) follow the header; "
                    + "is it an incomplete copy?")
        }
        guard found == needed else {
            throw origin.malformed(
                "has \(found - needed) bytes after the array of \(text(shape)); was more than one array saved into it?")
        }
    }

    private static func text(_ shape: [Int]) -> String {
        "shape (\(shape.map(String.init).joined(separator: ", ")))"
    }
}
