#if canImport(Accelerate)
    import Accelerate
#else
    import CBLAS
#endif

/// The matrix products of the system: Accelerate, or a library that is loaded when the first network runs.
///
/// The interpreter divides the work among threads itself, so each product keeps to the thread that asks for it: products inside of which a library
/// starts threads of its own would fight over the processors, and their rounding would depend on how many there are.
package enum BLAS {
    #if canImport(Accelerate)
        package static let rowMajor = CblasRowMajor
        package static let plain = CblasNoTrans
        package static let transposed = CblasTrans

        // Safe to share, though pointers to functions do not say so: they are found once and never change.
        nonisolated(unsafe) package static let sgemm = onOneThread(cblas_sgemm)
        nonisolated(unsafe) static let dgemm = onOneThread(cblas_dgemm)
        nonisolated(unsafe) static let sgemv = onOneThread(cblas_sgemv)
        nonisolated(unsafe) static let dgemv = onOneThread(cblas_dgemv)

        private static func onOneThread<Function>(_ function: Function) -> Function? {
            useThreads(1)
            return function
        }

        /// How many threads of its own the library may use inside of one product.
        package static func useThreads(_ count: Int) {
            if #available(macOS 15, iOS 18, tvOS 18, watchOS 11, *) {
                BLASSetThreading(count > 1 ? BLAS_THREADING_MULTI_THREADED : BLAS_THREADING_SINGLE_THREADED)
            }
        }
    #else
        /// What the interface's enumerations stand for.
        package static let rowMajor: Int32 = 101
        package static let plain: Int32 = 111
        package static let transposed: Int32 = 112

        package static let sgemm = library.sgemm
        static let dgemm = library.dgemm
        static let sgemv = library.sgemv
        static let dgemv = library.dgemv

        private static let library = {
            let library = cblas_shim_load()
            library.set_num_threads?(1)
            return library
        }()

        /// How many threads of its own the library may use inside of one product.
        package static func useThreads(_ count: Int) { library.set_num_threads?(Int32(clamping: count)) }
    #endif

    /// - Throws: `ExecutionError` where the system has no such library.
    static func requireLibrary() throws(ExecutionError) {
        guard sgemm != nil else {
            throw ExecutionError(
                .missingLibrary,
                "no network can be run: there is no BLAS library (libopenblas.so.0, libcblas.so.3 or libblas.so.3); install OpenBLAS, on Debian and Ubuntu with 'apt-get install libopenblas0'"
            )
        }
    }
}
