import ArgumentParser
import BNFoldKit
import Files

/// Putting the results of several runs together.
struct MergeOptions: ParsableArguments {
    @Flag(help: "Join the results files that are given, and tell what is missing or failed.")
    var mergeReports = false

    @Option(help: ArgumentHelp("The jobs that there should be: tells what is missing.", valueName: "jobs.jsonl"))
    var manifest: String?

    @Option(help: ArgumentHelp("The joined results.", valueName: "file"))
    var output: String?

    @Option(help: ArgumentHelp("A manifest of what is missing or failed.", valueName: "file"))
    var retry: String?

    func validateUse() throws {
        guard output != nil else { throw ValidationError("give the file for the joined results with --output") }
    }

    func validateAbsence() throws {
        for (value, name) in [(manifest, "--manifest"), (output, "--output"), (retry, "--retry")] where value != nil {
            throw ValidationError("\(name) is only of use with --merge-reports")
        }
    }

    /// - Parameter sources: results files, and the folder of the snapshots if that tells what there should be.
    func run(sources: [String], outputFolder: String, defaults: JobDefaults, overwrites: Bool, isQuiet: Bool) throws {
        let output = output ?? ""
        let isComplete = try Console.run(stoppableBy: Cancellation()) { () throws(BNFoldError) in
            let folders = sources.filter(Console.isFolder)
            let reports = sources.filter { !Console.isFolder($0) }
            guard !reports.isEmpty else { throw BNFoldError(.usage, "--merge-reports needs results files") }
            guard folders.count + (manifest == nil ? 0 : 1) <= 1 else {
                throw BNFoldError(.usage, "give one manifest or one folder of snapshots, not several")
            }
            var list: BatchList?
            if let source = manifest ?? folders.first {
                list = try BatchList(source: source, outputFolder: outputFolder, defaults: defaults, resultsPath: nil)
            }
            let merge = try ReportMerge(reports: reports, list: list)
            try merge.write(to: output, retry: retry, existing: overwrites ? .replace : .refuse)
            for record in merge.failed { Console.complain(record.failure?.message ?? "") }
            for job in merge.missing { Console.complain("\(job.input): has no result") }
            if !isQuiet {
                for remark in merge.remarks { Console.note("bnfold: \(remark)") }
                if list == nil {
                    Console.note(
                        "bnfold: without the list of jobs nothing tells which are missing; --manifest gives it")
                }
                let text = BatchText.summary(merge.progress, missing: merge.missing.count, results: output)
                try Console.print(Array(text.utf8))
                if let retry, !merge.isComplete {
                    try Console.print(Array(("to be run again: \(retry)".printable + "\n").utf8))
                }
            }
            return merge.isComplete
        }
        if !isComplete { throw ExitCode(1) }
    }
}
