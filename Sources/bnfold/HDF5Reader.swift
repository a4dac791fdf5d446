import ArgumentParser
import BNFoldKit

/// What bnfold starts to look at an HDF5 file that is not of the plain form; not for people.
struct HDF5Reader: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hdf5-reader", abstract: "List what an HDF5 file holds, for the bnfold that started this.",
        shouldDisplay: false)

    @Argument var path: String

    func run() throws {
        let code = HDF5Isolation.serve(path: path)
        if code != 0 { throw ExitCode(code) }
    }

    /// From now on a damaged file that makes libhdf5 crash takes only such a process with it.
    static func isolate() {
        HDF5Isolation.use(
            executable: { try? Console.executable() }, arguments: [configuration.commandName ?? "", "--"])
    }
}
