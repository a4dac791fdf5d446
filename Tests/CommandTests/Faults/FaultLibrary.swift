import Foundation

/// A library that lets calls of the operating system fail, or ends the program before one of them: `faults.c`.
enum FaultLibrary {
    /// What happens at one call.
    struct Fault {
        /// From 1 on.
        var call: Int
        /// `kill-before`, `kill-after`, `wait`, `short`, or the number of an error.
        var action: String
    }

    private static let folder = try? TemporaryFolder()

    /// The compiled library; `nil` where there is no compiler for it.
    static let path: String? = {
        #if os(Linux)
            guard let folder else { return nil }
            let source = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("faults.c")
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/bin/sh")
            process.arguments = [
                "-c", #"for cc in clang cc gcc; do "$cc" -shared -fPIC -O1 -o "$1" "$2" -ldl && exit 0; done; exit 1"#,
                "sh",
                folder.path("faults.so"), source.path,
            ]
            process.standardError = FileHandle.nullDevice
            guard (try? process.run()) != nil else { return nil }
            process.waitUntilExit()
            return process.terminationStatus == 0 ? folder.path("faults.so") : nil
        #else
            return nil
        #endif
    }()

    /// Which calls count.
    struct Scope {
        /// Those that touch files below a folder of the working folder.
        var root: String
        /// Those that look at files, open and read them, instead of those that open and change them.
        var isReading = false
        /// Those of a process with this first argument, instead of those of the one that is started.
        var process: String?
    }

    /// Runs the program with a fault among its calls.
    static func run(
        _ arguments: [String], fault: Fault?, in scope: Scope, log: String? = nil, folder: TemporaryFolder
    ) async throws -> Program.Outcome {
        try await Program.run(script: script(fault, scope, log, folder), arguments, in: folder)
    }

    /// Starts the program with a call that waits for ever, and returns when it has come there.
    static func startWaiting(
        _ arguments: [String], at call: Int, in scope: Scope, folder: TemporaryFolder
    ) throws -> Program.Run {
        let log = "calls"
        let script = script(Fault(call: call, action: "wait"), scope, log, folder)
        let run = try Program.start(
            ["-c", script, Program.url.path] + arguments, of: URL(fileURLWithPath: "/bin/sh"), in: folder)
        while run.isRunning, try !folder.names().contains(log) || folder.lines(log).count < call { usleep(500) }
        try folder.remove(log)
        return run
    }

    /// How many calls count in an undisturbed run.
    static func countCalls(_ arguments: [String], in scope: Scope, folder: TemporaryFolder) async throws -> Int {
        _ = try await run(arguments, fault: nil, in: scope, log: "calls", folder: folder)
        return try folder.lines("calls").count
    }

    private static func script(_ fault: Fault?, _ scope: Scope, _ log: String?, _ folder: TemporaryFolder) -> String {
        var settings = ["LD_PRELOAD=\(path ?? "")", "BNFOLD_FAULT_ROOT=\(folder.path(scope.root))"]
        if let fault { settings += ["BNFOLD_FAULT_AT=\(fault.call)", "BNFOLD_FAULT_ACTION=\(fault.action)"] }
        if scope.isReading { settings.append("BNFOLD_FAULT_READS=1") }
        if let process = scope.process { settings.append("BNFOLD_FAULT_PROCESS=\(process)") }
        if let log { settings.append("BNFOLD_FAULT_LOG=\(folder.path(log))") }
        return settings.map { "export '\($0)'; " }.joined() + #"exec "$0" "$@""#
    }
}
