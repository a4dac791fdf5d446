import ArgumentParser
import BNFoldKit

@main
struct BNFold: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bnfold",
        abstract: "Fold the BatchNorm layers of a trained Caffe network into its convolutions.",
        usage: """
            bnfold [fold] <input> <output> [--prototxt <file>] [<options>]
            bnfold inspect [<input>] [--prototxt <file>] [<options>]
            bnfold convert <input> <output> [--prototxt <file>] [<options>]
            bnfold batch <snapshots> --output-dir <folder> [--prototxt <file>] [<options>]
            bnfold diff <first> <second> [<options>]
            bnfold verify <original> <folded> [<options>]
            bnfold calibrate <input> <output> --input <name>=<file> [<options>]
            """,
        discussion: """
            Trained weights and the train prototxt go in, weights and a prototxt for deployment come out. What cannot be folded exactly \
            stays, and is told with the reason.

            EXIT CODES:
              0   done
              1   diff: the weights differ; batch: some jobs failed
              2   verify: the networks differ
              64  usage: the command line is wrong
              65  input that is malformed, or whose parts do not fit together
              66  input that is missing or cannot be read
              69  the system lacks a library: BLAS to run networks, or libjpeg-turbo
              70  a fault of bnfold itself
              73  output that exists already or cannot be created
              74  reading or writing failed on the way
            A run that is stopped by a signal leaves what was there, and ends by that signal.
            """,
        version: "bnfold \(Version.string)",
        subcommands: [
            Fold.self, Inspect.self, Convert.self, Batch.self, Diff.self, Verify.self, Calibrate.self, BatchWorker.self,
        ],
        defaultSubcommand: Fold.self)

    static func main() {
        Console.requireReadableArguments()
        // Scripts ask for it often, and no command has to be looked at for it.
        if CommandLine.arguments.dropFirst().elementsEqual(["--version"]) {
            print(configuration.version)
        } else {
            HDF5Reader.serve(CommandLine.arguments.dropFirst())
            HDF5Reader.isolate()
            run(HalfArguments.spelledOut(Array(CommandLine.arguments.dropFirst()))[...])
        }
    }

    /// Runs the command of the arguments; a complaint about them that repeats one is escaped.
    private static func run(_ arguments: ArraySlice<String>) {
        do {
            var command = try command(of: arguments) ?? parseAsRoot(Array(arguments))
            try command.run()
        } catch {
            let code = exitCode(for: error)
            guard code == .validationFailure else { exit(withError: error) }
            for line in fullMessage(for: error).split(separator: "\n", omittingEmptySubsequences: false) {
                Console.note(String(line))
            }
            exit(withError: code)
        }
    }

    /// The command that the arguments begin with, or whose arguments they are, read without a look at all the others, which takes
    /// longer than a small net. `nil` for arguments that only the whole tree of commands explains: those that are wrong, and those
    /// that ask for help.
    private static func command(of arguments: ArraySlice<String>) -> (any ParsableCommand)? {
        guard let first = arguments.first, !first.hasPrefix("-"), first != "help" else { return nil }
        let named = configuration.subcommands.first { $0.configuration.commandName == first }
        let command = try? (named ?? Fold.self).parseAsRoot(Array(named == nil ? arguments : arguments.dropFirst()))
        // What asks for help becomes another command.
        return command.flatMap { type(of: $0) == named ?? Fold.self ? $0 : nil }
    }
}
