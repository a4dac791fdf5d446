import Execution

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
        BLAS.useThreads(threads)
        // The interpreter calls it from threads of its own and wants one for each call.
        defer { BLAS.useThreads(1) }
        for product in products {
            BLAS.sgemm?(
                BLAS.rowMajor, BLAS.plain, product.isRightTransposed ? BLAS.transposed : BLAS.plain,
                Int32(product.rows), Int32(product.columns), Int32(product.depth), 1, left.baseAddress,
                Int32(product.depth), right.baseAddress,
                Int32(product.isRightTransposed ? product.depth : product.columns), 0, result.baseAddress,
                Int32(product.columns))
        }
    }
}
