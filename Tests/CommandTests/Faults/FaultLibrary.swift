import Foundation

/// A library that lets calls of the operating system fail, or ends the program before one of them: `faults.c`.
enum FaultLibrary {
    /// What happens at one call.
    struct Fault {
        /// From 1 on.
        var call: Int
        /// `kill-before`, `kill-after`, `short`, or the number of an error.
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

    /// Runs the program with a fault among its calls that touch files below a folder of the working folder.
    static func run(
        _ arguments: [String], fault: Fault?, below root: String, reading: Bool = false, log: String? = nil,
        in folder: TemporaryFolder
    ) async throws -> Program.Outcome {
        var settings = ["LD_PRELOAD=\(path ?? "")", "BNFOLD_FAULT_ROOT=\(folder.path(root))"]
        if let fault { settings += ["BNFOLD_FAULT_AT=\(fault.call)", "BNFOLD_FAULT_ACTION=\(fault.action)"] }
        if reading { settings.append("BNFOLD_FAULT_READS=1") }
        if let log { settings.append("BNFOLD_FAULT_LOG=\(folder.path(log))") }
        let assignments = settings.map { "export '\($0)'; " }.joined()
        return try await Program.run(script: assignments + #"exec "$0" "$@""#, arguments, in: folder)
    }

    /// How many calls count in an undisturbed run.
    static func countCalls(
        _ arguments: [String], below root: String, reading: Bool = false, in folder: TemporaryFolder
    ) async throws -> Int {
        _ = try await run(arguments, fault: nil, below: root, reading: reading, log: "calls", in: folder)
        return try folder.lines("calls").count
    }
}
