import Testing

/// What the program tells about itself.
@Suite("Help")
struct HelpTests {
    @Test("the help texts", arguments: ["bnfold", "fold", "inspect", "verify", "calibrate", "batch"])
    func help(command: String) async throws {
        let subcommand = command == "bnfold" ? [] : [command]
        let outcome = try await Program.run(subcommand + ["--help"], in: try TemporaryFolder())
        #expect(outcome.code == 0 && outcome.errors == "")
        try Snapshot.check(outcome.output, "help-\(command).txt")
    }

    @Test("'help' is no input, and '-h' is no wrong option", arguments: [["help", "fold"], ["fold", "-h"]])
    func otherWays(arguments: [String]) async throws {
        let outcome = try await Program.run(arguments, in: try TemporaryFolder())
        #expect(outcome.code == 0 && outcome.errors == "")
        try Snapshot.check(outcome.output, "help-fold.txt")
    }

    @Test("a wrong option is told with the usage of its command", arguments: [["fold"], []])
    func wrongOption(command: [String]) async throws {
        let outcome = try await Program.run(command + ["a.h5", "b.h5", "--wrong"], in: try TemporaryFolder())
        #expect(outcome.code == 64)
        #expect(outcome.errors.contains("Usage: bnfold"), "\(outcome.errors)")
        #expect(outcome.errors.contains("--wrong"))
    }

    @Test("the help lists every exit code of the contract", arguments: [0, 1, 2, 64, 65, 66, 70, 73, 74])
    func exitCodes(code: Int) async throws {
        let outcome = try await Program.run(["--help"], in: try TemporaryFolder())
        #expect(outcome.output.split(separator: "\n").contains { $0.hasPrefix("  \(code) ") })
    }

    @Test("the help of fold names every option of the contract")
    func options() async throws {
        let outcome = try await Program.run(["fold", "--help"], in: try TemporaryFolder())
        for option in Self.foldOptions { #expect(outcome.output.contains("--\(option)"), "--\(option)") }
    }

    @Test("--version tells name and version")
    func version() async throws {
        let outcome = try await Program.run(["--version"], in: try TemporaryFolder())
        #expect(outcome.code == 0)
        #expect(outcome.output.wholeMatch(of: /bnfold \d+\.\d+\.\d+\n/) != nil, "\(outcome.output)")
    }

    @Test("a completion script names the options", arguments: ["bash", "zsh", "fish"])
    func completion(shell: String) async throws {
        let outcome = try await Program.run(["--generate-completion-script", shell], in: try TemporaryFolder())
        #expect(outcome.code == 0)
        for word in Self.foldOptions + ["inspect", "json"] { #expect(outcome.output.contains(word), "\(word)") }
    }

    private static let foldOptions = [
        "prototxt", "output-prototxt", "input-shape", "level", "stage", "keep-training", "assume-global-stats",
        "allow-untrained", "compress", "report", "force", "quiet", "verbose",
    ]
}
