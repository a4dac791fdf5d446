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
        private let context: OpaquePointer?
        private var isSound: Bool

        package init() {
            context = EVP_MD_CTX_new()
            isSound = context != nil && EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1
        }

        deinit { EVP_MD_CTX_free(context) }

        package mutating func update(_ bytes: UnsafeRawBufferPointer) {
            guard isSound, !bytes.isEmpty else { return }
            isSound = EVP_DigestUpdate(context, bytes.baseAddress, bytes.count) == 1
        }

        /// The digest, or `nil` when the library failed.
        package mutating func finalized() -> [UInt8]? {
            var digest = [UInt8](repeating: 0, count: Self.byteCount)
            guard isSound, EVP_DigestFinal_ex(context, &digest, nil) == 1 else { return nil }
            return digest
        }
    #endif
}
