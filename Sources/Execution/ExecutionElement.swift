import NetGraph

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A number that a network can be run in: `Float` as Caffe does, `Double` to tell an error of the network from the noise of its arithmetic.
///
/// For the two types that have it; the requirements are what their C functions do.
public protocol ExecutionElement: WeightElement {
    /// c = a b + beta c, all matrices row-major. Runs on the calling thread.
    static func multiply(_ product: MatrixProduct<Self>)

    /// y = a x for a row-major matrix. Runs on the calling thread.
    static func multiply(
        rows: Int, columns: Int, matrix: UnsafePointer<Self>, isTransposed: Bool, vector: UnsafePointer<Self>,
        into result: UnsafeMutablePointer<Self>)

    static func exponential(_ x: Self) -> Self
    static func logarithm(_ x: Self) -> Self
    static func hyperbolicTangent(_ x: Self) -> Self
    static func power(_ base: Self, _ exponent: Self) -> Self
}

/// The arguments of c = a b + beta c. A stride is the number of elements from one row in memory to the next.
///
/// Every size must fit 32 bits: `checkedForBLAS` tells.
public struct MatrixProduct<Element: WeightElement> {
    var rows: Int
    var columns: Int
    /// The length of the sums.
    var depth: Int
    var left: UnsafePointer<Element>
    var leftStride: Int
    /// Whether `left` lies in memory as depth x rows.
    var isLeftTransposed = false
    var right: UnsafePointer<Element>
    var rightStride: Int
    /// Whether `right` lies in memory as columns x depth.
    var isRightTransposed = false
    var result: UnsafeMutablePointer<Element>
    var resultStride: Int
    /// Whether the product is added to what the result holds.
    var accumulates = false
}

extension Float: ExecutionElement {
    public static func multiply(_ product: MatrixProduct<Float>) {
        BLAS.sgemm?(
            BLAS.rowMajor, product.isLeftTransposed ? BLAS.transposed : BLAS.plain,
            product.isRightTransposed ? BLAS.transposed : BLAS.plain, Int32(product.rows), Int32(product.columns),
            Int32(product.depth), 1, product.left, Int32(product.leftStride), product.right, Int32(product.rightStride),
            product.accumulates ? 1 : 0, product.result, Int32(product.resultStride))
    }

    public static func multiply(
        rows: Int, columns: Int, matrix: UnsafePointer<Float>, isTransposed: Bool, vector: UnsafePointer<Float>,
        into result: UnsafeMutablePointer<Float>
    ) {
        BLAS.sgemv?(
            BLAS.rowMajor, isTransposed ? BLAS.transposed : BLAS.plain, Int32(rows), Int32(columns), 1, matrix,
            Int32(columns), vector, 1, 0, result, 1)
    }

    public static func exponential(_ x: Float) -> Float { exp(x) }
    public static func logarithm(_ x: Float) -> Float { log(x) }
    public static func hyperbolicTangent(_ x: Float) -> Float { tanh(x) }
    public static func power(_ base: Float, _ exponent: Float) -> Float { pow(base, exponent) }
}

extension Double: ExecutionElement {
    public static func multiply(_ product: MatrixProduct<Double>) {
        BLAS.dgemm?(
            BLAS.rowMajor, product.isLeftTransposed ? BLAS.transposed : BLAS.plain,
            product.isRightTransposed ? BLAS.transposed : BLAS.plain, Int32(product.rows), Int32(product.columns),
            Int32(product.depth), 1, product.left, Int32(product.leftStride), product.right, Int32(product.rightStride),
            product.accumulates ? 1 : 0, product.result, Int32(product.resultStride))
    }

    public static func multiply(
        rows: Int, columns: Int, matrix: UnsafePointer<Double>, isTransposed: Bool, vector: UnsafePointer<Double>,
        into result: UnsafeMutablePointer<Double>
    ) {
        BLAS.dgemv?(
            BLAS.rowMajor, isTransposed ? BLAS.transposed : BLAS.plain, Int32(rows), Int32(columns), 1, matrix,
            Int32(columns), vector, 1, 0, result, 1)
    }

    public static func exponential(_ x: Double) -> Double { exp(x) }
    public static func logarithm(_ x: Double) -> Double { log(x) }
    public static func hyperbolicTangent(_ x: Double) -> Double { tanh(x) }
    public static func power(_ base: Double, _ exponent: Double) -> Double { pow(base, exponent) }
}
