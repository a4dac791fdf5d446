import Files
import Frontend

/// Holds a job against the record of an earlier run.
///
/// The job is finished when that run did it with the same version, options and inputs, and its outputs are still as it wrote them.
struct ResumeCheck {
    /// The files that the job reads.
    let input: ModelFiles
    /// Of the inputs. Taken before they are read: should they change meanwhile, the record does not fit them and the job is done again.
    private(set) var digests = JobRecord.Digests()
    private(set) var isFinished = false
    /// What may become of outputs that exist: those that bnfold wrote and nobody changed may be replaced.
    private(set) var existing: ExistingOutput
    /// What the digests took.
    private(set) var seconds = 0.0

    /// - Throws: when the inputs cannot be found or read.
    init(_ task: JobTask, cancellation: Cancellation) throws(BNFoldError) {
        let job = task.job
        let start = ContinuousClock.now
        existing = task.existing
        input = try findModel(network: job.network, weights: job.input, of: try Frontends.frontend(of: job.input))
        digests.input = try FileDigest.hexadecimal(of: job.input, cancellation: cancellation)
        if let network = input.network {
            digests.network = try FileDigest.hexadecimal(of: network, cancellation: cancellation)
        }
        if let previous = task.previous, previous.status == .done,
            try Self.outputs(of: job, are: previous.digests, cancellation)
        {
            existing = .replace
            isFinished =
                previous.version == Version.string && previous.job.options == job.options
                && previous.digests.input == digests.input && previous.digests.network == digests.network
        }
        seconds = (ContinuousClock.now - start).seconds
    }

    private static func outputs(
        of job: BatchJob, are digests: JobRecord.Digests, _ cancellation: Cancellation
    ) throws(BNFoldError) -> Bool {
        for (path, digest) in zip(try job.places, [digests.output, digests.outputNetwork]) {
            guard let digest,
                try liftingFiles({ () throws(FileError) in try FileBytes.isReadableFile(path) }),
                try FileDigest.hexadecimal(of: path, cancellation: cancellation) == digest
            else { return false }
        }
        return true
    }
}
