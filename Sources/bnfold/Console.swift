import ArgumentParser
import BNFoldKit
import Files

/// How much is printed.
struct ConsoleOptions: ParsableArguments {
    @Flag(name: .shortAndLong, help: "Print nothing but errors.")
    var quiet = false

    @Flag(name: .shortAndLong, help: "Print also what deployment did to each layer.")
    var verbose = false

    func validate() throws {
        if quiet, verbose { throw ValidationError("--quiet and --verbose exclude each other") }
    }

    /// Prints an outcome: the result to standard output, findings to standard error.
    func show(_ report: FoldReport, json: Bool) throws(BNFoldError) {
        let text = ReportText(isColored: isatty(1) == 1 && Console.allowsColor, isVerbose: verbose)
        if !quiet { text.diagnostics(report).forEach(Console.note) }
        if json {
            try Console.print(try report.json())
        } else if !quiet {
            try Console.print(Array(text.render(report).utf8))
        }
    }
}

/// Standard output, standard error, signals and exit codes.
enum Console {
    /// `NO_COLOR` (no-color.org) and dumb terminals say no.
    static var allowsColor: Bool {
        getenv("NO_COLOR") == nil && getenv("TERM").map { String(cString: $0) != "dumb" } ?? false
    }

    /// Prints a line to standard error; what a terminal would obey is escaped.
    static func note(_ line: String) {
        _ = write(Array((line.printable + "\n").utf8), to: STDERR_FILENO)
    }

    /// Prints an error, which may have several lines.
    static func complain(_ message: String) {
        for line in message.split(separator: "\n", omittingEmptySubsequences: false) {
            note(line.hasPrefix(" ") ? String(line) : "bnfold: error: \(line)")
        }
    }

    /// Writes to standard error as it is.
    static func write(_ text: String) { _ = write(Array(text.utf8), to: STDERR_FILENO) }

    /// Writes to standard output.
    ///
    /// - Throws: `BNFoldError` of the kind `inputOutput`, for example on a full disk.
    static func print(_ bytes: [UInt8]) throws(BNFoldError) {
        guard write(bytes, to: STDOUT_FILENO) else {
            throw BNFoldError(.inputOutput, "standard output cannot be written: \(String(cString: strerror(errno)))")
        }
    }

    private static func write(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { buffer in
                #if canImport(Darwin)
                    Darwin.write(descriptor, buffer.baseAddress, buffer.count)
                #elseif canImport(Musl)
                    Musl.write(descriptor, buffer.baseAddress, buffer.count)
                #else
                    Glibc.write(descriptor, buffer.baseAddress, buffer.count)
                #endif
            }
            if count > 0 { rest = rest.dropFirst(count) } else if errno != EINTR { return false }
        }
        return true
    }

    /// Runs a command: signals stop it cleanly, errors become a message and an exit code.
    ///
    /// - Returns: what `body` returns.
    @discardableResult
    static func run<Result>(
        stoppableBy cancellation: Cancellation, _ body: () throws(BNFoldError) -> Result
    ) throws -> Result {
        let signals = SignalWatch(cancellation: cancellation)
        do throws(BNFoldError) {
            return try body()
        } catch {
            complain(error.message)
            if error.kind == .cancelled { signals.raiseAgain() }
            throw ExitCode(error.exitCode)
        }
    }
}
