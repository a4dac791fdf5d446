import Testing

@testable import bnfold_bench

/// How programs are run and what becomes of the numbers.
@Suite("Measuring")
struct MeasuringTests {
    @Test(
        "the median is the middle number, or the mean of two",
        arguments: [([3, 1, 2], 2), ([4, 1, 2, 3], 2.5), ([7], 7), ([], 0)] as [([Double], Double)])
    func median(numbers: [Double], expected: Double) {
        #expect(Median.of(numbers) == expected)
    }

    @Test("ratios are formed round by round, without those by zero")
    func ratios() {
        #expect(Median.ofRatios([2, 9, 5, 1], [1, 3, 5, 0]) == 2)
    }

    @Test(
        "numbers are rounded to the digits asked for",
        arguments: [(1.005, 1, "1.0"), (-0.25, 2, "-0.25"), (12.96, 1, "13.0"), (0.04, 2, "0.04"), (7.5, 0, "8")])
    func fixed(number: Double, digits: Int, expected: String) {
        #expect(Number.fixed(number, digits: digits) == expected)
    }

    @Test("a number that no table can show is a dash", arguments: [Double.nan, .infinity, 1e300])
    func unusual(number: Double) {
        #expect(Number.fixed(number, digits: 2) == "-")
    }

    @Test("columns are aligned, short rows and all")
    func table() {
        let table = TextTable(
            header: ["name", "ms"], rows: [["a", "10.5"], ["long name", "9"], ["b"]], leftAligned: [0])
        #expect(table.lines == ["name         ms", "a          10.5", "long name     9", "b"])
    }

    @Test("a program that fails is an error with what it said")
    func failure() throws {
        let workspace = try Workspace(in: nil)
        defer { workspace.removeAll() }
        let error = #expect(throws: BenchmarkError.self) {
            try ProcessRunner(workspace: workspace).times(of: ["sh", "-c", "echo no such luck >&2; exit 3"])
        }
        let text = error?.description ?? ""
        #expect(text.contains("exit code 3") && text.contains("no such luck"), "\(text)")
    }

    @Test("a program that there is not is an error with its name")
    func missing() throws {
        let workspace = try Workspace(in: nil)
        defer { workspace.removeAll() }
        let error = #expect(throws: BenchmarkError.self) {
            try ProcessRunner(workspace: workspace).times(of: ["no-such-program"])
        }
        #expect(error?.description.contains("'no-such-program'") == true)
    }

    @Test("the peak of a program is its own, not that of the program that starts it")
    func peak() throws {
        let workspace = try Workspace(in: nil)
        defer { workspace.removeAll() }
        // Touched, so that this process holds it.
        let ballast = [UInt8](repeating: 1, count: 64 << 20)
        let peak = try ProcessRunner(workspace: workspace).peakMemory(of: ["sleep", "0.1"])
        let bytes = try #require(peak)
        #expect(bytes > 0 && bytes < ballast.count)
    }

    @Test("contenders run once more than there are rounds, and their outputs are removed")
    func contest() throws {
        let workspace = try Workspace(in: nil)
        defer { workspace.removeAll() }
        let (log, output) = (workspace.path("log"), workspace.path("output"))
        let contenders = ["a", "b"].map { name in
            Contender(
                name: name,
                command: [
                    "sh", "-c", "test ! -e \"$1\" || exit 1; echo \(name) >> \"$0\"; touch \"$1\"", log, output + name,
                ],
                outputs: [output + name])
        }
        let figures = try Contest(contenders: contenders).run(
            rounds: 2, runner: ProcessRunner(workspace: workspace), workspace: workspace)
        #expect(TextFile.read(log) == "a\nb\na\nb\na\nb\n")
        #expect(figures.map(\.name) == ["a", "b"] && figures.allSatisfy { $0.wallSecondsByRound.count == 2 })
        #expect(TextFile.read(output + "a") == nil && TextFile.read(output + "b") == nil)
    }

    @Test("a folder that does not exist is an error that tells the option")
    func folder() {
        let error = #expect(throws: BenchmarkError.self) { try Workspace(in: "/no/such/folder") }
        #expect(error?.description.contains("--folder") == true)
    }

    @Test("a disk that is too small is an error before anything is written")
    func space() throws {
        let workspace = try Workspace(in: nil)
        defer { workspace.removeAll() }
        #expect(throws: BenchmarkError.self) { try workspace.requireSpace(.max) }
    }
}
