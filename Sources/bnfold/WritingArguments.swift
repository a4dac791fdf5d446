import ArgumentParser
import BNFoldKit

/// What is written: the same for one network and for many.
struct WritingArguments: ParsableArguments {
    @Flag(help: "Fold only: leave data, loss, param and filler fields as they are.")
    var keepTraining = false

    @Option(
        help: ArgumentHelp(
            "gzip level of the output's datasets, 0 to 9; 0 writes them plain, as Caffe does.", valueName: "level"))
    var compress: Int = 0

    func validate() throws {
        guard (0...9).contains(compress) else {
            throw ValidationError("--compress takes a level from 0 to 9, not \(compress)")
        }
    }
}
