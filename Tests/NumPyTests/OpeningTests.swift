import Foundation
import NumPy
import Testing

struct OpeningTests {
    @Test("a missing file is told in the words of the system")
    func missing() throws {
        try withTemporaryFolder { folder in
            let error = #expect(throws: NumPyError.self) { try NumPyFile.arrays(atPath: folder + "/missing.npy") }
            #expect(error?.kind == .unreadable)
            #expect(error?.description == folder + "/missing.npy: cannot be opened: no such file or directory")
        }
    }

    @Test("a directory is refused")
    func directory() throws {
        try withTemporaryFolder { folder in
            let error = #expect(throws: NumPyError.self) { try NumPyFile.arrays(atPath: folder) }
            #expect(error?.kind == .unreadable)
            #expect(error?.message == "is a directory, but a regular file is needed")
        }
    }

    @Test("a named pipe is refused without waiting for a writer")
    func pipe() throws {
        try withTemporaryFolder { folder in
            try #require(mkfifo(folder + "/pipe", 0o600) == 0)
            let error = #expect(throws: NumPyError.self) { try NumPyFile.arrays(atPath: folder + "/pipe") }
            #expect(error?.kind == .unreadable)
            #expect(error?.message == "is a device, pipe or socket, but a regular file is needed")
        }
    }

    @Test("a file that may not be read is told in the words of the system", .enabled(if: getuid() != 0))
    func permission() throws {
        try withTemporaryFolder { folder in
            let path = folder + "/secret.npy"
            try #require(
                FileManager.default.createFile(atPath: path, contents: nil, attributes: [.posixPermissions: 0]))
            let error = #expect(throws: NumPyError.self) { try NumPyFile.arrays(atPath: path) }
            #expect(error?.kind == .unreadable)
            #expect(error?.message == "cannot be opened: permission denied")
        }
    }

    @Test(
        "a file of another kind is told by its first bytes",
        arguments: [([], "is empty"), ([0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A], "begins with the bytes 89 48 44 46 d a")]
            as [([UInt8], String)])
    func otherFile(bytes: [UInt8], finding: String) throws {
        #expect(
            try openingMessage(bytes)
                == "is neither an .npy nor an .npz file: it \(finding); save arrays with np.save or np.savez")
    }

    @Test("an error names the file and the member on one line, whatever they contain")
    func description() throws {
        let archive = ZipArchive(members: [.init("a\nb\u{1B}.npy", [1, 2, 3])])
        let error = #expect(throws: NumPyError.self) { try arrays(in: archive.bytes) }
        #expect(error?.member == "a\nb\u{1B}.npy")
        #expect(error?.description.contains(": 'a\\u{a}b\\u{1b}.npy' ends too early") == true)
    }
}
