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
