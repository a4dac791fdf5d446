import Foundation
import Testing

/// Inputs on a disk that fails, or that does not answer.
@Suite(
    "Faults of the system in reading",
    .enabled(if: FaultLibrary.path != nil, "no compiler for a library that interposes on calls"))
struct ReadingFaultTests {
    struct Reading: CustomTestStringConvertible {
        var name: String
        var arguments: [String]
        /// The file in `in` that cannot be read.
        var file: String
        var process: String?

        var scope: FaultLibrary.Scope { .init(root: "in/" + file, isReading: true, process: process) }
        var testDescription: String { name }
    }

    static let reader = "--hdf5-reader"
    private static let verify = ["verify", "in/net.h5", "in/folded.h5", "--quiet", "--input"]
    private static let batch = ["batch", "in/jobs.jsonl", "--output-dir", "out", "--jobs", "1", "--quiet"]

    static let readings = [
        Reading(name: "plain HDF5", arguments: ["fold", "in/net.h5", "out.h5"], file: "net.h5"),
        Reading(
            name: "HDF5 that a process of its own looks at", arguments: ["fold", "in/moved.h5", "out.h5"],
            file: "moved.h5", process: reader),
        Reading(name: ".caffemodel", arguments: ["inspect", "in/net.caffemodel"], file: "net.caffemodel"),
        Reading(name: "prototxt", arguments: ["fold", "in/net.h5", "out.h5"], file: "net.prototxt"),
        Reading(
            name: "weights that are run", arguments: verify.dropLast() + ["--samples", "1"], file: "folded.h5"),
        Reading(name: "samples in .npy", arguments: verify + ["in/x.npy"], file: "x.npy"),
        Reading(name: "samples in HDF5", arguments: verify + ["in/x.h5"], file: "x.h5"),
        Reading(
            name: "the data that a shape is told by",
            arguments: ["fold", "in/net.h5", "out.h5", "--prototxt", "in/data.prototxt"], file: "x.h5"),
        Reading(name: "a manifest", arguments: batch, file: "jobs.jsonl"),
        Reading(
            name: "results", arguments: batch + ["--report", "in/results.jsonl", "--resume"], file: "results.jsonl"),
    ]

    /// `in` with all inputs.
    private static func workplace() async throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        try folder.makeFolder("in")
        try folder.makeFolder("out")
        let net = TinyNet()
        try folder.write(net.prototxt, to: "in/net.prototxt")
        try folder.write(net.prototxt, to: "in/moved.prototxt")
        try net.weights.write(to: folder.path("in/net.h5"))
        // With a block of somebody else's before it, it is not of the plain form.
        try folder.write(Data(count: 512) + folder.data("in/net.h5"), to: "in/moved.h5")
        var samples = WeightFile(groups: [])
        samples.blobs["/data"] = .init(shape: [1, 2, 3, 3], values: Array(repeating: 1, count: 18))
        try samples.write(to: folder.path("in/x.h5"))
        try folder.write(NumPyText.ones([1, 2, 3, 3]), to: "in/x.npy")
        try folder.write("in/x.h5\n", to: "in/list.txt")
        let data =
            #"layer { name: "data" type: "HDF5Data" top: "data" hdf5_data_param { source: "list.txt" batch_size: 1 } }"#
        var lines = net.prototxt.split(separator: "\n").map(String.init)
        lines[1] = data
        try folder.write(lines.joined(separator: "\n") + "\n", to: "in/data.prototxt")
        try folder.write(
            #"{"input": "net.h5", "prototxt": "net.prototxt", "output": "1.h5"}"# + "\n", to: "in/jobs.jsonl")
        for arguments in [
            ["convert", "in/net.h5", "in/net.caffemodel", "--quiet"], ["in/net.h5", "in/folded.h5", "--quiet"],
            ["batch", "in/jobs.jsonl", "--output-dir", "done", "--report", "in/results.jsonl", "--quiet"],
        ] {
            let outcome = try await Program.run(arguments, in: folder)
            try #require(outcome.code == 0, "\(outcome.errors)")
        }
        return folder
    }

    @Test("an input that cannot be read ends with 74, whichever call it is that fails", arguments: readings)
    func failing(reading: Reading) async throws {
        let folder = try await Self.workplace()
        let names = try folder.names()
        let normal = try await FaultLibrary.run(
            reading.arguments, fault: nil, in: reading.scope, log: "calls", folder: folder)
        let calls = try folder.lines("calls").map { $0.split(separator: " ")[1] }
        try #require(calls.count > 1 && normal.code == 0, "\(normal.errors)")
        for (index, call) in calls.enumerated() {
            for name in try folder.names() where !names.contains(name) { try folder.remove(name) }
            try folder.remove("out")
            try folder.makeFolder("out")
            let outcome = try await FaultLibrary.run(
                reading.arguments, fault: .init(call: index + 1, action: "\(EIO)"), in: reading.scope, folder: folder)
            // Some looks at a file tell nothing but its size, for the report.
            if call == "stat", outcome.code == 0, outcome.errors == normal.errors { continue }
            let what: Comment = "call \(index + 1) (\(call)): \(outcome.errors)"
            #expect(outcome.code == 74, what)
            #expect(outcome.errors.lowercased().contains("input/output error"), what)
            #expect(try folder.names() == names, what)
        }
    }

    @Test(
        "one signal ends a command whose disk does not answer, and the process that reads for it",
        arguments: readings.filter { $0.arguments[0] != "batch" }, [SIGTERM, SIGINT])
    func waiting(reading: Reading, signal: Int32) async throws {
        let folder = try await Self.workplace()
        let names = try folder.names()
        let calls = try await FaultLibrary.countCalls(reading.arguments, in: reading.scope, folder: folder)
        for name in try folder.names() where !names.contains(name) { try folder.remove(name) }
        let run = try FaultLibrary.startWaiting(
            reading.arguments, at: (calls + 1) / 2, in: reading.scope, folder: folder)
        let children = try Self.children(of: run.identifier)
        try #require(children.isEmpty == (reading.process == nil))
        run.send(signal)
        #expect(try await run.outcome().signal == signal)
        #expect(try folder.names() == names)
        // It notices when nobody waits for it any more; this test ends only then.
        while children.contains(where: Self.isAlive) { try await Task.sleep(for: .milliseconds(5)) }
    }

    private static func children(of process: Int32) throws -> [Int32] {
        let path = "/proc/\(process)/task/\(process)/children"
        return try String(contentsOfFile: path, encoding: .utf8).split(separator: " ").compactMap { Int32($0) }
    }

    /// One that has ended may wait for being asked how.
    private static func isAlive(_ process: Int32) -> Bool {
        guard let text = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8) else { return false }
        return !text.contains(") Z ")
    }
}

/// Files of NumPy, made by hand.
private enum NumPyText {
    /// An array of ones in single precision.
    static func ones(_ shape: [Int]) -> Data {
        let extents = shape.map(String.init).joined(separator: ", ")
        let header = "{'descr': '<f4', 'fortran_order': False, 'shape': (\(extents)), }\n"
        var bytes = [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(header.utf8.count), 0] + Array(header.utf8)
        for _ in 0..<shape.reduce(1, *) { bytes += [0, 0, 0x80, 0x3F] }
        return Data(bytes)
    }
}
