import Foundation
import Testing

@testable import BNFoldKit

/// What must hold at every moment of a batch, and on a disk that is full.
@Suite("Safety of batches")
struct BatchSafetyTests {
    @Test("at whatever moment a batch is ended, each output that is there is whole")
    func wholeAtEveryMoment() async throws {
        let undisturbed = try Snapshots.folder(24)
        #expect(try await Program.run(Snapshots.arguments, in: undisturbed).code == 0)
        let expected = try undisturbed.tree("out")
        let folder = try Snapshots.folder(24)
        for number in 0..<12 {
            let signal = [SIGKILL, SIGTERM, SIGHUP, SIGINT][number % 4]
            let run = try Program.start(Snapshots.arguments + ["--resume", "--jobs", "2"], in: folder)
            try await Task.sleep(for: .microseconds(Int.random(in: 0...200_000)))
            run.send(signal)
            _ = try await run.outcome()
            // What begins with a dot is on its way, and belongs to workers that still clear it away.
            let there = try FileManager.default.subpathsOfDirectory(atPath: folder.url.path)
                .filter { $0.hasPrefix("out/") && !$0.contains("/.") && !$0.contains("results") && $0.contains(".") }
            for path in there {
                #expect(try folder.data(path) == expected[String(path.dropFirst(4))], "\(path) after signal \(signal)")
            }
        }
        let last = try await Program.run(Snapshots.arguments + ["--resume"], in: folder)
        #expect(last.code == 0, "\(last.errors)")
        #expect(try folder.tree("out") == expected)
        let records = try ResultsReader(folder.path("out/results.jsonl")).latest
        #expect(records.count == 24 && records.values.allSatisfy { $0.status == .done })
    }

    @Test("a signal that only a worker gets changes nothing: the batch decides")
    func signalToWorker() async throws {
        let folder = try TemporaryFolder()
        try SlowNet.write(to: folder)
        let run = try Program.start(
            ["batch", ".", "--prototxt", "slow.prototxt", "--compress", "9", "--output-dir", "out"], in: folder)
        SlowNet.awaitWriting(of: run, at: folder.path("out/.slow.h5.bnfold-new"))
        let workers = try Self.workers(of: run.identifier)
        #expect(workers.count == 1)
        for worker in workers { for signal in [SIGINT, SIGTERM, SIGHUP] { kill(worker, signal) } }
        #expect(workers.allSatisfy { kill($0, 0) == 0 } && run.isRunning)
        run.send(SIGTERM)
        #expect(try await run.outcome().signal == SIGTERM)
        #expect(try folder.tree("out").isEmpty)
    }

    /// Does not give way to other tests either.
    private static func workers(of batch: Int32) throws -> [Int32] {
        let process = Process()
        let pipe = Pipe()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", "ps -A -o pid= -o ppid= | awk '$2 == \(batch) { print $1 }'"]
        process.standardOutput = pipe
        try process.run()
        let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return text.split(separator: "\n").compactMap { Int32($0) }
    }

    @Test("the digests of a record are those that sha256sum tells")
    func digests() async throws {
        let folder = try Snapshots.folder(1)
        #expect(try await Program.run(Snapshots.arguments, in: folder).code == 0)
        let record = try #require(try ResultsReader(folder.path("out/results.jsonl")).records.first)
        let sums = try await Program.run(
            script: "sha256sum snapshots/late/* net.prototxt out/late/*", [], in: folder
        ).output.split(separator: "\n").map { String($0.prefix(64)) }
        let digests = record.digests
        #expect(sums == [digests.input, digests.prototxt, digests.output, digests.outputPrototxt])
    }

    @Test(
        "on a full disk a batch comes to its end and leaves only whole pairs; with room it goes on",
        .enabled(if: FullDisk.isAvailable, "cannot mount a small file system"))
    func fullDisk() async throws {
        let folder = try Snapshots.folder(12)
        #expect(try await Program.run(Snapshots.arguments, in: folder).code == 0)
        try folder.makeFolder("disk")
        let script = #"""
            unshare --mount /bin/sh -c 'mount -t tmpfs -o size=64k tmpfs disk || exit 99
            "$0" "$@"; echo "code $?"; echo "hidden $(find disk -name ".*" | wc -l)"
            echo "weights $(find disk -name "*.h5" | wc -l)"; echo "prototxts $(find disk -name "*.prototxt" | wc -l)"
            mount -o remount,size=8m disk
            "$0" "$@" --resume; echo "code $?"; cp -r disk copy' "$0" "$@"
            """#
        let outcome = try await Program.run(
            script: script,
            ["batch", "snapshots", "--output-dir", "disk", "--prototxt", "net.prototxt", "--quiet"], in: folder)
        let lines = outcome.output.split(separator: "\n").map(String.init)
        try #require(lines.count == 5, "\(outcome)")
        // 1 where the records found room, 74 where they did not.
        #expect(["code 1", "code 74"].contains(lines[0]) && lines[1] == "hidden 0")
        #expect(lines[2].dropFirst("weights".count) == lines[3].dropFirst("prototxts".count))
        #expect(lines[4] == "code 0")
        #expect(outcome.errors.contains("No space left"), "\(outcome.errors)")
        #expect(try folder.tree("copy") == folder.tree("out"))
    }
}
