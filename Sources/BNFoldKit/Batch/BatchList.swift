import Files

/// The jobs of a batch, in an order that is the same on every machine.
public struct BatchList: Hashable, Sendable {
    public private(set) var jobs: [BatchJob]
    /// What was left out of a tree, in sentences.
    public private(set) var remarks: [String] = []

    /// Lists every snapshot below a folder, or the jobs of a manifest.
    ///
    /// - Parameters:
    ///   - source: a folder or a manifest.
    ///   - outputFolder: where outputs go; a tree is mirrored below it.
    ///   - defaults: what the jobs do not tell.
    ///   - resultsPath: where the results go; no job may touch it.
    /// - Throws: `BNFoldError`, also when two jobs would write one file or a job would write the input of one.
    public init(
        source: String, outputFolder: String, defaults: JobDefaults, resultsPath: String?
    ) throws(BNFoldError) {
        try FilePaths.requireWorkingFolder()
        let outputFolder = FilePaths.absolute(outputFolder)
        if try FilePaths.isFolder(source) {
            let tree = try SnapshotTree(root: source, excluding: outputFolder)
            let root = FilePaths.absolute(source)
            jobs = tree.snapshots.map { snapshot in
                BatchJob(
                    name: snapshot.name, input: FilePaths.join(root, snapshot.name),
                    network: defaults.network.map(FilePaths.absolute),
                    output: FilePaths.join(outputFolder, snapshot.name), options: defaults.options,
                    mayHoldNoWeights: snapshot.mayHoldNoWeights)
            }
            remarks = tree.remarks
            guard !jobs.isEmpty else {
                throw BNFoldError(
                    .unreadable,
                    "\(source): no weights below it; expected names that end in \(Frontends.endingsOfWeights)")
            }
        } else {
            jobs = try BatchManifest(path: source, outputFolder: outputFolder, defaults: defaults).jobs
        }
        try requireSeparateFiles(source: source, resultsPath: resultsPath)
    }

    /// Keeps the jobs of one shard.
    public mutating func keep(_ shard: Shard) { jobs = shard.select(jobs) }

    /// No place may be written twice, and none may be written that is read.
    private func requireSeparateFiles(source: String, resultsPath: String?) throws(BNFoldError) {
        var finder = PlaceFinder()
        var writers: [String: String] = [:]
        if let resultsPath { writers[finder.place(of: FilePaths.absolute(resultsPath))] = "the results" }
        for job in jobs {
            // An input that cannot be looked at is its own job's failure, which its worker tells; no other job waits for that.
            for path in (try? job.places) ?? [job.output] {
                let writer = "the output of '\(job.input)'"
                guard let other = writers.updateValue(writer, forKey: finder.place(of: path)) else { continue }
                throw BNFoldError(
                    .malformed,
                    "'\(path)' would be written twice, as \(other) and as \(writer); a manifest can give each its own")
            }
        }
        for path in [source] + jobs.flatMap({ [$0.input, $0.network].compactMap(\.self) }) {
            guard let writer = writers[finder.place(of: FilePaths.absolute(path))] else { continue }
            throw BNFoldError(
                .malformed,
                "'\(path)' is read, and would be overwritten by \(writer); name another --output-dir or --report")
        }
    }
}
