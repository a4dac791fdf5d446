/// Recognises files that are no text at all, to say so instead of complaining about their third byte.
enum BinarySignature {
    /// What the file seems to be, or nil when it looks like text.
    ///
    /// Known formats are told by their first bytes; anything else counts as binary when more than one byte in
    /// twenty of the first 512 is a control byte, which no text comes near and a binary message easily reaches.
    static func describe(_ bytes: [UInt8]) -> String? {
        for (signature, name) in known where bytes.starts(with: signature) { return name }
        let head = bytes.prefix(512)
        let controls = head.count { $0.isControl }
        guard head.count >= 8, controls * 20 > head.count else { return nil }
        return head.first == firstFieldTag ? "a binary protobuf message" : "a binary file"
    }

    /// Field 1 as a string or message: how nearly every binary message begins.
    private static let firstFieldTag: UInt8 = 0x0A

    private static let known: [(signature: [UInt8], name: String)] = [
        ([0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A], "an HDF5 file"),
        ([0x1F, 0x8B], "a gzip archive"),
        ([0x50, 0x4B, 0x03, 0x04], "a zip archive"),
        ([0xFF, 0xFE], "UTF-16 text; save it as UTF-8"),
        ([0xFE, 0xFF], "UTF-16 text; save it as UTF-8"),
    ]
}
