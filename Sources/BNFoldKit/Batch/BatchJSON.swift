// The lines that a batch writes and reads: records of jobs, and the tasks and outcomes that go to and from a worker.

import JSON

extension BatchJob {
    var json: JSONValue {
        .object([
            "name": .string(name), "input": .string(input), BatchKeys.network: network.map(JSONValue.string),
            "output": .string(output), BatchKeys.outputNetwork: outputNetwork.map(JSONValue.string),
            "options": options.json,
            "mayHoldNoWeights": mayHoldNoWeights ? .boolean(true) : nil,
        ])
    }

    init(_ fields: JSONFields) throws(JSONError) {
        let name = try fields.required("name", try fields.string("name"))
        let input = try fields.required("input", try fields.string("input"))
        let output = try fields.required("output", try fields.string("output"))
        self.init(name: name, input: input, output: output)
        network = try fields.string(BatchKeys.network)
        outputNetwork = try fields.string(BatchKeys.outputNetwork)
        if let given = try fields.object("options") { options = try JobOptions(given, defaults: JobOptions()) }
        mayHoldNoWeights = try fields.boolean("mayHoldNoWeights") ?? false
    }
}

extension JobRecord {
    /// The record as it stands in the results file, without the line's end.
    public var line: String { json.text }

    var json: JSONValue {
        .object([
            "bnfold": .string(version), "schema": .integer(Self.schema), "status": .string(status.rawValue),
            "job": job.json, "started": .string(started),
            "seconds": .object(["total": .decimal(seconds.total), "digests": .decimal(seconds.digests)]),
            "bytes": .object([
                "input": sizes.input.map(JSONValue.integer), "output": sizes.output.map(JSONValue.integer),
            ]),
            "sha256": .object([
                "input": digests.input.map(JSONValue.string), BatchKeys.network: digests.network.map(JSONValue.string),
                "output": digests.output.map(JSONValue.string),
                BatchKeys.outputNetwork: digests.outputNetwork.map(JSONValue.string),
            ]),
            "counts": counts.map { counts in
                .object([
                    "layersBefore": .integer(counts.layersBefore), "layersAfter": .integer(counts.layersAfter),
                    "folds": .integer(counts.folds), "scales": .integer(counts.scales), "kept": .integer(counts.kept),
                    "findings": .integer(counts.findings),
                ])
            },
            "verification": verification.map { verification in
                .object([
                    "samples": .integer(verification.samples),
                    "largestRelative": .decimal(verification.largestRelative),
                ])
            },
            "reason": reason.map(JSONValue.string),
            "error": failure.map { failure in
                .object(["exitCode": .integer(Int(failure.exitCode)), "message": .string(failure.message)])
            },
            "notices": notices.isEmpty ? nil : .array(notices.map(JSONValue.string)),
        ])
    }

    /// Reads a line of a results file. Fields of later versions are ignored.
    init(_ fields: JSONFields) throws(JSONError) {
        let schema = try fields.required("schema", try fields.integer("schema"))
        guard schema == Self.schema else { throw fields.error("schema", "is \(schema), expected \(Self.schema)") }
        let name = try fields.required("status", try fields.string("status"))
        guard let status = Status(rawValue: name) else { throw fields.error("status", "is '\(name)', which is none") }
        self.init(job: try BatchJob(try fields.required("job", try fields.object("job"))), status: status)
        version = try fields.string("bnfold") ?? ""
        started = try fields.string("started") ?? ""
        if let times = try fields.object("seconds") {
            seconds.total = try times.decimal("total") ?? 0
            seconds.digests = try times.decimal("digests") ?? 0
        }
        if let bytes = try fields.object("bytes") {
            sizes = Sizes(input: try bytes.integer("input"), output: try bytes.integer("output"))
        }
        if let hashes = try fields.object("sha256") {
            digests = Digests(
                input: try hashes.string("input"), network: try hashes.string(BatchKeys.network),
                output: try hashes.string("output"), outputNetwork: try hashes.string(BatchKeys.outputNetwork))
        }
        if let given = try fields.object("counts") {
            counts = Counts(
                layersBefore: try given.integer("layersBefore") ?? 0,
                layersAfter: try given.integer("layersAfter") ?? 0,
                folds: try given.integer("folds") ?? 0, scales: try given.integer("scales") ?? 0,
                kept: try given.integer("kept") ?? 0, findings: try given.integer("findings") ?? 0)
        }
        if let given = try fields.object("verification") {
            verification = Verification(
                samples: try given.integer("samples") ?? 0, largestRelative: try given.decimal("largestRelative") ?? 0)
        }
        reason = try fields.string("reason")
        if let error = try fields.object("error") {
            let code = try error.integer("exitCode").flatMap { Int32(exactly: $0) }
            failure = Failure(exitCode: code ?? 0, message: try error.string("message") ?? "")
        }
        notices = try fields.strings("notices") ?? []
    }
}

extension JobTask {
    var json: JSONValue {
        .object(["job": job.json, "existing": .string(existing.rawValue), "previous": previous?.json])
    }

    init(_ fields: JSONFields) throws(JSONError) {
        job = try BatchJob(try fields.required("job", try fields.object("job")))
        let word = try fields.required("existing", try fields.string("existing"))
        guard let existing = ExistingOutput(rawValue: word) else { throw fields.error("existing", "is '\(word)'") }
        self.existing = existing
        previous = try fields.object("previous").map { record throws(JSONError) in try JobRecord(record) }
    }
}

extension JobOutcome {
    var json: JSONValue {
        switch self {
        case .ran(let record): .object(["outcome": .string("ran"), "record": record.json])
        case .finishedBefore(let record): .object(["outcome": .string("finishedBefore"), "record": record.json])
        case .stopped: .object(["outcome": .string("stopped")])
        }
    }

    init(_ fields: JSONFields) throws(JSONError) {
        let word = try fields.required("outcome", try fields.string("outcome"))
        let record = try fields.object("record").map { record throws(JSONError) in try JobRecord(record) }
        switch word {
        case "ran": self = .ran(try fields.required("record", record))
        case "finishedBefore": self = .finishedBefore(try fields.required("record", record))
        case "stopped": self = .stopped
        default: throw fields.error("outcome", "is '\(word)'")
        }
    }
}
