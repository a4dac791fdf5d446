import ArgumentParser
import BNFoldKit

struct Diff: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff",
        abstract: "Compare two files of weights, tensor by tensor.",
        discussion: "Exits with 0 when they are the same, with 1 when they differ. The containers may differ.")

    @Argument(help: "Weights, or one file with all of a model.")
    var first: String

    @Argument(help: "The weights to compare with.")
    var second: String

    @Option(
        help: ArgumentHelp(
            "The largest difference that counts as the same, relative to the largest magnitude of the tensor.",
            valueName: "number"))
    var tolerance: Double = 0

    @OptionGroup(title: Heading.keras) var keras: KerasDifferenceArguments

    @Flag(help: "Print the outcome as JSON.")
    var json = false

    @Flag(name: .shortAndLong, help: "Print nothing but errors.")
    var quiet = false

    func validate() throws {
        guard tolerance >= 0, tolerance.isFinite else {
            throw ValidationError("--tolerance takes a number from 0 on, not \(tolerance)")
        }
    }

    func run() throws {
        let isSame = try Console.run(stoppableBy: Cancellation()) { () throws(BNFoldError) in
            let report = try DiffReport(
                first, second, networks: (keras.architecture, keras.otherArchitecture), tolerance: tolerance)
            if !quiet { for remark in report.remarks ?? [] { Console.note(remark) } }
            if json {
                try Console.print(try report.json())
            } else if !quiet {
                try Console.print(Array(report.text().utf8))
            }
            return report.isSame
        }
        if !isSame { throw ExitCode(1) }
    }
}
