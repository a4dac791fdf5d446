#if canImport(Accelerate)
    import Accelerate
#else
    import CBLAS
#endif

/// The sizes of a matrix product c = a b, row-major.
struct ProductSize {
    var rows: Int
    var columns: Int
    /// The length of the sums.
    var depth: Int
    /// Whether b lies in memory as columns x depth.
    var isRightTransposed = false

    var operations: Int { 2 * rows * columns * depth }
}

/// Memory for matrix products of several sizes, filled once: the same for all of them, so that they find it warm.
final class ProductOperands {
    private let left: UnsafeMutableBufferPointer<Float>
    private let right: UnsafeMutableBufferPointer<Float>
    private let result: UnsafeMutableBufferPointer<Float>

    init(for products: [ProductSize]) {
        var random = PseudoRandom(seed: 2)
        func buffer(_ size: (ProductSize) -> Int) -> UnsafeMutableBufferPointer<Float> {
            let buffer = UnsafeMutableBufferPointer<Float>.allocate(capacity: max(products.map(size).max() ?? 1, 1))
            for index in buffer.indices { buffer.initializeElement(at: index, to: random.signed()) }
            return buffer
        }
        left = buffer { $0.rows * $0.depth }
        right = buffer { $0.depth * $0.columns }
        result = buffer { $0.rows * $0.columns }
    }

    deinit {
        left.deallocate()
        right.deallocate()
        result.deallocate()
    }

    /// Calls the BLAS once for each product; it divides the work among its threads itself.
    func run(_ products: [ProductSize], threads: Int) {
        Self.useThreads(threads)
        // The interpreter calls it from threads of its own and wants one for each call.
        defer { Self.useThreads(1) }
        for product in products {
            Self.multiply(
                Self.rowMajor, Self.plain, product.isRightTransposed ? Self.transposed : Self.plain,
                Int32(product.rows), Int32(product.columns), Int32(product.depth), 1, left.baseAddress,
                Int32(product.depth), right.baseAddress,
                Int32(product.isRightTransposed ? product.depth : product.columns), 0, result.baseAddress,
                Int32(product.columns))
        }
    }

    private static func useThreads(_ count: Int) {
        #if canImport(Accelerate)
            BLASSetThreading(count > 1 ? BLAS_THREADING_MULTI_THREADED : BLAS_THREADING_SINGLE_THREADED)
        #else
            library.set_num_threads?(Int32(count))
        #endif
    }

    #if canImport(Accelerate)
        private static let rowMajor = CblasRowMajor
        private static let plain = CblasNoTrans
        private static let transposed = CblasTrans
        nonisolated(unsafe) private static let multiply = cblas_sgemm
    #else
        private static let rowMajor: Int32 = 101
        private static let plain: Int32 = 111
        private static let transposed: Int32 = 112
        /// The interpreter ran before, so it is there.
        private static func multiply(
            _ order: Int32, _ left: Int32, _ right: Int32, _ rows: Int32, _ columns: Int32, _ depth: Int32,
            _ alpha: Float, _ a: UnsafePointer<Float>?, _ aStride: Int32, _ b: UnsafePointer<Float>?, _ bStride: Int32,
            _ beta: Float, _ c: UnsafeMutablePointer<Float>?, _ cStride: Int32
        ) {
            library.sgemm?(order, left, right, rows, columns, depth, alpha, a, aStride, b, bStride, beta, c, cStride)
        }
        nonisolated(unsafe) private static let library = cblas_shim_load()
    #endif
}
