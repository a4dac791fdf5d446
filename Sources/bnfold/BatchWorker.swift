import ArgumentParser
import BNFoldKit

/// What `bnfold batch` starts; not for people.
struct BatchWorker: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "batch-worker", abstract: "Run the jobs that 'bnfold batch' writes to standard input.",
        shouldDisplay: false)

    @Option(help: ArgumentHelp("The most memory that the comparison of a job may take.", valueName: "bytes"))
    var memoryLimit: Int?

    func run() { serveJobs(memoryLimit: memoryLimit) }
}
