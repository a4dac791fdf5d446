import Files

/// Numbers of ZIP headers that do not fit into 32 bits (APPNOTE.TXT, 4.5.3).
enum Zip64 {
    private static let identifier: UInt16 = 1

    /// The fields, with those that are all ones replaced, in their order, from the Zip64 part of an extra field.
    ///
    /// - Returns: nil when that part is missing, too short, or tells more than a file can hold.
    static func widened(_ fields: [UInt32], by extra: ArraySlice<UInt8>) -> [Int]? {
        guard fields.contains(.max) else { return fields.map { Int($0) } }
        guard var rest = part(of: extra) else { return nil }
        var wide: [Int] = []
        for field in fields {
            guard field == .max else {
                wide.append(Int(field))
                continue
            }
            guard rest.count >= 8, let number = Int(exactly: rest.littleEndian(UInt64.self, at: 0)) else { return nil }
            wide.append(number)
            rest = rest.dropFirst(8)
        }
        return wide
    }

    /// An extra field is a row of parts, each with an identifier and a length of two bytes before it.
    private static func part(of extra: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        var rest = extra
        while rest.count >= 4 {
            let content = rest.dropFirst(4)
            let length = Int(rest.littleEndian(UInt16.self, at: 2))
            guard length <= content.count else { return nil }
            if rest.littleEndian(UInt16.self, at: 0) == identifier { return content.prefix(length) }
            rest = content.dropFirst(length)
        }
        return nil
    }
}
