import BNFoldKit

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// What bnfold starts to look at an HDF5 file that is not of the plain form; not for people.
///
/// It is no subcommand: it has to start in no time, and no command has to be looked at for it. It looks like an option, so that no file is taken for it.
enum HDF5Reader {
    private static let name = "--hdf5-reader"

    /// From now on a damaged file that makes libhdf5 crash takes only such a process with it.
    static func isolate() {
        HDF5Isolation.use(executable: { try? Console.executable() }, arguments: [name])
    }

    /// Does the work of such a process and ends, if this is one.
    static func serve(_ arguments: some Collection<String>) {
        guard arguments.count == 2, arguments.first == name, let path = arguments.dropFirst().first else { return }
        exit(HDF5Isolation.serve(path: path))
    }
}
