import Files
import JSON

/// A list of jobs in a file: one JSON object a line. Empty lines are skipped.
///
///     {"input": "run1/iter_1000.h5", "output": "run1/1000.h5"}
///
/// `input` and the network are seen from the manifest's folder, `output` and its network (`BatchKeys`) from the output folder. All but `input` may be
/// missing. `options` holds those of `bnfold fold`; they win over the ones of the command line.
package struct BatchManifest {
    /// The largest manifest that is read, in bytes: some hundred thousand jobs.
    static let maximumByteCount = 256 << 20

    let jobs: [BatchJob]

    /// - Throws: `BNFoldError` with line and column of the first mistake.
    package init(path: String, outputFolder: String, defaults: JobDefaults) throws(BNFoldError) {
        let bytes = try liftingFiles { () throws(FileError) in
            try FileBytes.read(path, limit: Self.maximumByteCount)
        }
        let reader = LineReader(
            folder: FilePaths.absolute(FileBytes.folder(of: path)), outputFolder: outputFolder, defaults: defaults)
        var jobs: [BatchJob] = []
        for (index, line) in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated() {
            if line.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }) { continue }
            do throws(JSONError) {
                jobs.append(try reader.job(Array(line)))
            } catch {
                // Somebody may take a file of weights for what a batch is given.
                let hint = jobs.isEmpty ? "; a manifest has one JSON object a line" : ""
                throw BNFoldError(.malformed, "\(path):\(index + 1):\(error.offset + 1): \(error.message)\(hint)")
            }
        }
        guard !jobs.isEmpty else {
            throw BNFoldError(.malformed, "\(path): has no jobs; expected one JSON object a line, each with an 'input'")
        }
        self.jobs = jobs
    }

    /// A line that does a job again, wherever the manifest lies.
    static func line(for job: BatchJob) -> String {
        JSONValue.object([
            "input": .string(job.input), BatchKeys.network: job.network.map(JSONValue.string),
            "output": .string(job.name),
            BatchKeys.outputNetwork: job.outputNetwork.map(JSONValue.string), "options": job.options.json,
        ]).text
    }
}

/// Reads one line of a manifest.
private struct LineReader {
    let folder: String
    let outputFolder: String
    let defaults: JobDefaults

    func job(_ line: [UInt8]) throws(JSONError) -> BatchJob {
        let fields = try JSONFields(try JSONParser.parse(line))
        try fields.requireOnly(["input", BatchKeys.network, "output", BatchKeys.outputNetwork, "options"])
        let input = try fields.required("input", try path("input", in: fields))
        let output: String
        if let given = try path("output", in: fields) {
            output = given
        } else {
            // The folders of a relative input are kept, so that snapshots of different runs do not meet.
            output = FilePaths.escapes(input) ? FileBytes.name(of: input) : input
        }
        let name = output.hasPrefix("/") ? FilePaths.absolute(output) : FilePaths.tidy(output)
        guard !name.isEmpty, name != "/" else { throw fields.error("output", "names no file") }
        var job = BatchJob(
            name: name, input: FilePaths.absolute(FilePaths.join(folder, input)),
            output: FilePaths.join(outputFolder, name))
        job.network = defaults.network.map(FilePaths.absolute)
        if let network = try path(BatchKeys.network, in: fields) {
            job.network = FilePaths.absolute(FilePaths.join(folder, network))
        }
        job.outputNetwork = try path(BatchKeys.outputNetwork, in: fields).map { FilePaths.join(outputFolder, $0) }
        job.options = defaults.options
        if let options = try fields.object("options") { job.options = try JobOptions(options, defaults: job.options) }
        return job
    }

    private func path(_ key: String, in fields: JSONFields) throws(JSONError) -> String? {
        guard let path = try fields.string(key) else { return nil }
        guard !path.isEmpty, path.utf8.count <= Self.longestPath, !path.utf8.contains(0) else {
            throw fields.error(
                key, "is no path: it is empty, longer than \(Self.longestPath) bytes, or holds a zero byte")
        }
        return path
    }

    /// What Linux takes.
    private static let longestPath = 4096
}
