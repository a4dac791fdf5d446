import Testing

@testable import Files

@Suite("Processes that are started from here")
struct ChildProcessTests {
    private func start(_ script: String, kind: ChildProcess.Kind = .silent) throws(SystemError) -> ChildProcess {
        try ChildProcess("/bin/sh", ["-c", script], kind: kind)
    }

    private func readToEnd(_ process: ChildProcess) throws -> String {
        var text: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 64)
        while true {
            let count = try block.withUnsafeMutableBytes { bytes in try SystemCall.read(process.output, into: bytes) }
            if count == 0 { return String(decoding: text, as: UTF8.self) }
            text += block[..<count]
        }
    }

    @Test("its output is read, its input written, and its end told")
    func streams() throws {
        let process = try start("read -r line; echo \"got $line\"; exit 3")
        #expect(process.write(Array("this\n".utf8)))
        #expect(try readToEnd(process) == "got this\n")
        #expect(process.waitForEnd() == .exit(code: 3))
    }

    @Test("a signal that ends it is told")
    func signal() throws {
        let process = try start("kill -USR1 $$")
        #expect(try readToEnd(process).isEmpty)
        #expect(process.waitForEnd() == .signal(SIGUSR1))
    }

    @Test("the end of its input tells it to end")
    func closedInput() throws {
        let process = try start("cat; exit 5")
        process.closeInput()
        #expect(process.waitForEnd() == .exit(code: 5))
    }

    @Test("it does not outlive its owner")
    func owner() throws {
        var process: ChildProcess? = try start("echo $$; exec sleep 1000")
        var digits = [UInt8](repeating: 0, count: 32)
        let count = try digits.withUnsafeMutableBytes { bytes in
            try SystemCall.read(process?.output ?? -1, into: bytes)
        }
        let identifier = try #require(Int32(String(decoding: digits[..<(count - 1)], as: UTF8.self)))
        process = nil
        #expect(kill(identifier, 0) != 0)
    }

    @Test("a silent one is in a group of its own, where a key of the terminal does not reach it")
    func group() throws {
        let process = try start("read -r group </proc/$$/stat; echo \"$$ $group\"")
        let words = try readToEnd(process).split(separator: " ")
        #expect(words.count > 6 && words[0] == words[5])
    }

    @Test("a program that is not there cannot be started")
    func missing() {
        #expect(throws: SystemError(code: ENOENT)) { try ChildProcess("/no/such/program", [], kind: .visible) }
    }
}
