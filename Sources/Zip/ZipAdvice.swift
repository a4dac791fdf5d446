/// What to try when an archive is of a kind that is not read: how to write it anew, in the words of those who write such archives.
package struct ZipAdvice: Sendable {
    /// For an archive that is in parts, or otherwise odd.
    package var anew: String
    /// For a member that is compressed by another method than deflate.
    package var otherMethod: String
    /// For members that inflate to far more than the archive.
    package var uncompressed: String

    package init(anew: String, otherMethod: String, uncompressed: String) {
        self.anew = anew
        self.otherMethod = otherMethod
        self.uncompressed = uncompressed
    }

    /// For archives of any kind.
    package static let general = ZipAdvice(
        anew: "pack it again, for example with 'zip'",
        otherMethod: "pack it again, for example with 'zip'",
        uncompressed: "pack it again without compression, for example with 'zip -0'")
}
