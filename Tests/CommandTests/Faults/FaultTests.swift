import Foundation
import Testing

/// Every call by which a fold writes its files is made to fail, and the program is killed before it. `.ci/checks/faults.py` does the same with
/// more commands, more errors and more second kills.
@Suite(
    "Faults of the system", .enabled(if: FaultLibrary.path != nil, "no compiler for a library that interposes on calls")
)
struct FaultTests {
    private static let arguments = ["net.h5", "out/out.h5", "--report", "out/r.json", "--quiet"]
    private static let scope = FaultLibrary.Scope(root: "out")
    private static let names = ["out.h5", "out.prototxt", "r.json"]

    /// A net, and in `out` the old files of a run that is to overwrite them.
    private static func workplace() throws -> TemporaryFolder {
        let folder = try TinyNet.folder()
        try folder.makeFolder("out")
        for name in names { try folder.write("old \(name)", to: "out/" + name) }
        return folder
    }

    private static func contents(_ folder: TemporaryFolder) throws -> [Data] {
        try names.map { try folder.data("out/" + $0) }
    }

    private static func check(_ folder: TemporaryFolder, new: [Data], _ what: String) async throws {
        // Without --force it can only tidy up.
        let next = try await Program.run(arguments, in: folder)
        #expect(next.code == 73, "\(what): \(next.errors)")
        let found = try contents(folder)
        #expect(found == new || found == names.map { Data("old \($0)".utf8) }, "\(what): a mixture")
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path("out")).sorted() == names, "\(what)")
    }

    private static func undisturbed() async throws -> (calls: Int, new: [Data]) {
        let folder = try workplace()
        let calls = try await FaultLibrary.countCalls(arguments + ["--force"], in: scope, folder: folder)
        return (calls, try contents(folder))
    }

    @Test("killed before any call, and the next run killed as well, the files are the old ones or the new ones")
    func kills() async throws {
        let (calls, new) = try await Self.undisturbed()
        try #require(calls > 60)
        var generator = SeededNumbers(seed: 13)
        let seconds = (1...calls).map { _ in Int.random(in: 1...40, using: &generator) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for call in 1...calls {
                group.addTask {
                    let folder = try Self.workplace()
                    let first = try await FaultLibrary.run(
                        Self.arguments + ["--force"], fault: .init(call: call, action: "kill-before"),
                        in: Self.scope, folder: folder)
                    #expect(first.signal == SIGKILL, "call \(call)")
                    _ = try await FaultLibrary.run(
                        Self.arguments, fault: .init(call: seconds[call - 1], action: "kill-after"),
                        in: Self.scope, folder: folder)
                    try await Self.check(folder, new: new, "killed at \(call), then at \(seconds[call - 1])")
                }
            }
            try await group.waitForAll()
        }
    }

    @Test("a disk that fails at any call ends with 74 and the old files, or with 0 and the new ones")
    func errors() async throws {
        let (calls, new) = try await Self.undisturbed()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for call in 1...calls {
                group.addTask {
                    let folder = try Self.workplace()
                    let outcome = try await FaultLibrary.run(
                        Self.arguments + ["--force"], fault: .init(call: call, action: "\(EIO)"), in: Self.scope,
                        folder: folder)
                    let isNew = try Self.contents(folder) == new
                    if outcome.code == 0 {
                        #expect(isNew, "call \(call)")
                    } else {
                        #expect(outcome.code == 74, "call \(call): \(outcome.errors)")
                        #expect(!isNew || outcome.errors.contains("in place"), "call \(call): \(outcome.errors)")
                    }
                    #expect(!outcome.errors.contains(".bnfold-"), "call \(call): \(outcome.errors)")
                    try await Self.check(folder, new: new, "EIO at \(call)")
                }
            }
            try await group.waitForAll()
        }
    }

    @Test("a signal that interrupts any call changes nothing")
    func interruptions() async throws {
        let (_, new) = try await Self.undisturbed()
        let folder = try Self.workplace()
        _ = try await FaultLibrary.run(
            Self.arguments + ["--force"], fault: nil, in: Self.scope, log: "calls", folder: folder)
        let names = try folder.lines("calls").map { $0.split(separator: " ")[1] }
        try await withThrowingTaskGroup(of: Void.self) { group in
            // A close that was interrupted is none that can be repeated, and Linux interrupts none.
            for (index, name) in names.enumerated() where name != "close" {
                group.addTask {
                    let folder = try Self.workplace()
                    let outcome = try await FaultLibrary.run(
                        Self.arguments + ["--force"], fault: .init(call: index + 1, action: "\(EINTR)"),
                        in: Self.scope, folder: folder)
                    #expect(outcome.code == 0, "call \(index + 1) (\(name)): \(outcome.errors)")
                    #expect(try Self.contents(folder) == new, "call \(index + 1) (\(name))")
                }
            }
            try await group.waitForAll()
        }
    }
}
