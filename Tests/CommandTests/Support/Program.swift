import Foundation
import Synchronization

/// The `bnfold` executable, run as a user runs it.
enum Program {
    /// What a run leaves behind, besides files.
    struct Outcome {
        /// The exit code; `nil` when a signal ended the run.
        var code: Int32?
        /// The signal that ended the run.
        var signal: Int32?
        var output: String
        var errors: String
    }

    /// The executable, which the build puts beside the test bundle.
    static let url: URL = {
        #if canImport(Darwin)
            let bundle = Bundle.allBundles.first { $0.bundlePath.hasSuffix(".xctest") }?.bundleURL
            let folder = bundle?.deletingLastPathComponent() ?? Bundle.main.bundleURL
        #else
            let folder = Bundle.main.bundleURL
        #endif
        return folder.appendingPathComponent("bnfold")
    }()

    /// Runs the program to its end.
    static func run(_ arguments: [String], in folder: TemporaryFolder) async throws -> Outcome {
        try await gate.pass { try await start(arguments, in: folder).outcome() }
    }

    /// Runs a shell script in which `"$0"` is the program and `"$@"` are the arguments.
    static func run(script: String, _ arguments: [String], in folder: TemporaryFolder) async throws -> Outcome {
        let shell = URL(fileURLWithPath: "/bin/sh")
        return try await gate.pass {
            try await start(["-c", script, url.path] + arguments, of: shell, in: folder).outcome()
        }
    }

    /// Tests run all at once, and each program takes several file descriptors: with more than a thousand of them open Foundation's `Process`
    /// reads beyond its list of them and crashes.
    private static let gate = Gate(places: 8)

    /// Starts the program without waiting for it.
    static func start(_ arguments: [String], of executable: URL = url, in folder: TemporaryFolder) throws -> Run {
        try Run(executable, arguments, in: folder)
    }

    /// A program that has been started.
    final class Run: @unchecked Sendable {
        // Safe to share: `process` is set up before anybody else sees it, and afterwards only asked for its state.
        private let process = Process()
        private let streams: TemporaryFolder
        /// Kept, so that it does not go before the program ends.
        private let folder: TemporaryFolder
        private let waiting = Mutex<(isOver: Bool, continuations: [CheckedContinuation<Void, Never>])>((false, []))

        fileprivate init(_ executable: URL, _ arguments: [String], in folder: TemporaryFolder) throws {
            streams = try TemporaryFolder()
            self.folder = folder
            process.executableURL = executable
            process.arguments = arguments
            process.currentDirectoryURL = folder.url
            // What a terminal or a continuous integration says about colours must not reach the test.
            process.environment = ["PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "HOME": folder.url.path]
            process.standardInput = FileHandle.nullDevice
            // Files, not pipes: nobody has to empty them while the program runs.
            process.standardOutput = try streams.emptyFile("output")
            process.standardError = try streams.emptyFile("errors")
            process.terminationHandler = { [weak self] _ in self?.end() }
            try Self.withoutBlockedSignals { try process.run() }
        }

        /// A child inherits the signals that the thread blocks which starts it, and threads of Dispatch block nearly all.
        private static func withoutBlockedSignals(_ body: () throws -> Void) rethrows {
            var none = sigset_t()
            sigemptyset(&none)
            var blocked = sigset_t()
            pthread_sigmask(SIG_SETMASK, &none, &blocked)
            defer { pthread_sigmask(SIG_SETMASK, &blocked, nil) }
            try body()
        }

        var isRunning: Bool { process.isRunning }
        var identifier: Int32 { process.processIdentifier }

        func send(_ signal: Int32) { kill(process.processIdentifier, signal) }

        /// Waits for the end of the program.
        func outcome() async throws -> Outcome {
            await withCheckedContinuation { continuation in
                let isOver = waiting.withLock { state in
                    if !state.isOver { state.continuations.append(continuation) }
                    return state.isOver
                }
                if isOver { continuation.resume() }
            }
            let wasSignalled = process.terminationReason == .uncaughtSignal
            return Outcome(
                code: wasSignalled ? nil : process.terminationStatus,
                signal: wasSignalled ? process.terminationStatus : nil,
                output: try streams.text("output"), errors: Self.withoutProgress(try streams.text("errors")))
        }

        /// Lines that tell how far the program is come or not, as busy as the machine is.
        private static func withoutProgress(_ text: String) -> String {
            text.split(separator: "\n", omittingEmptySubsequences: false).filter { line in
                !line.hasPrefix("bnfold: ") || line.firstMatch(of: /^bnfold: (\d+ %|\d+ of \d+ done)/) == nil
            }.joined(separator: "\n")
        }

        private func end() {
            let continuations = waiting.withLock { state in
                defer { state = (true, []) }
                return state.continuations
            }
            for continuation in continuations { continuation.resume() }
        }
    }
}
