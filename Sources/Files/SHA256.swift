#if canImport(CommonCrypto)
    import CommonCrypto
#else
    import CCrypto
#endif

/// SHA-256 (FIPS 180-4) of bytes that come in blocks: OpenSSL's, or the system's on Apple platforms.
package struct SHA256: ~Copyable {
    private static let byteCount = 32

    #if canImport(CommonCrypto)
        private var context = CC_SHA256_CTX()

        package init() { CC_SHA256_Init(&context) }

        package mutating func update(_ bytes: UnsafeRawBufferPointer) {
            CC_SHA256_Update(&context, bytes.baseAddress, CC_LONG(bytes.count))
        }

        /// The digest, or `nil` when the library failed.
        package mutating func finalized() -> [UInt8]? {
            var digest = [UInt8](repeating: 0, count: Self.byteCount)
            CC_SHA256_Final(&digest, &context)
            return digest
        }
    #else
        private var context = SHA256_CTX()
        private var isSound: Bool

        package init() { isSound = SHA256_Init(&context) == 1 }

        package mutating func update(_ bytes: UnsafeRawBufferPointer) {
            guard isSound, !bytes.isEmpty else { return }
            isSound = SHA256_Update(&context, bytes.baseAddress, bytes.count) == 1
        }

        /// The digest, or `nil` when the library failed.
        package mutating func finalized() -> [UInt8]? {
            var digest = [UInt8](repeating: 0, count: Self.byteCount)
            guard isSound, SHA256_Final(&digest, &context) == 1 else { return nil }
            return digest
        }
    #endif
}
