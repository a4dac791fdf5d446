import ArgumentParser
import BNFoldKit

/// What `bnfold batch` starts; not for people.
struct BatchWorker: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "batch-worker", abstract: "Run the jobs that 'bnfold batch' writes to standard input.",
        shouldDisplay: false)

    func run() { serveJobs() }
}
