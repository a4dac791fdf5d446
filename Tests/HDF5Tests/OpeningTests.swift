import Foundation
import HDF5
import Testing

@Suite("Opening a file")
struct OpeningTests {
    @Test("a file that does not exist is not found")
    func missingFile() {
        let error = hdf5Error { () throws(HDF5Error) in try HDF5File(readingPath: "/no/such/file.h5") }
        #expect(error?.kind == .notFound)
        #expect(error?.description == "/no/such/file.h5: no such file")
    }

    @Test("a path with a zero byte is not found, instead of being cut there")
    func zeroByteInPath() throws {
        let path = try fixture("small.h5") + "\0.h5"
        #expect(hdf5Error { () throws(HDF5Error) in try HDF5File(readingPath: path) }?.kind == .notFound)
        #expect(hdf5Error { () throws(HDF5Error) in try HDF5File(creatingPath: path) }?.kind == .cannotCreate)
    }

    @Test("a directory is unreadable")
    func directory() throws {
        try withTemporaryFolder { folder in
            let error = hdf5Error { () throws(HDF5Error) in try HDF5File(readingPath: folder) }
            #expect(error?.kind == .unreadable)
            #expect(error?.message == "is a directory, expected a file")
        }
    }

    @Test("a named pipe is unreadable, and nobody waits for its writer")
    func namedPipe() throws {
        try withTemporaryFolder { folder in
            try #require(mkfifo(folder + "/pipe", 0o600) == 0)
            let error = hdf5Error { () throws(HDF5Error) in try HDF5File(readingPath: folder + "/pipe") }
            #expect(error?.kind == .unreadable)
        }
    }

    @Test("a file without permission is unreadable, with the system's reason", .enabled(if: geteuid() != 0))
    func withoutPermission() throws {
        try withTemporaryFolder { folder in
            try #require(FileManager.default.createFile(atPath: folder + "/f", contents: nil))
            try #require(chmod(folder + "/f", 0) == 0)
            let error = hdf5Error { () throws(HDF5Error) in try HDF5File(readingPath: folder + "/f") }
            #expect(error?.kind == .unreadable)
            #expect(error?.message == "cannot be opened for reading: Permission denied")
        }
    }

    @Test(
        "a file that is not HDF5 is told by what it looks like",
        arguments: [
            ([], "is empty"),
            ([UInt8](repeating: 0, count: 300), "begins with zeros; was it written or copied to its end?"),
            (Array("name: \"LeNet\"\nlayer {".utf8), "is text that begins with 'name: \"LeNet\"'"),
            (Array("<!DOCTYPE html>".utf8), "is text that begins with '<!DOCTYPE html>'; is it a web page?"),
            (
                Array("version https://git-lfs.github.com/spec/v1\noid".utf8),
                "is a Git LFS pointer; fetch the real file with 'git lfs pull'"
            ),
            (
                [0x0a, 0x02, 0x61, 0x62, 0xa2, 0x06, 0x80, 0xff],
                "looks like a binary protobuf, as a .caffemodel is; begins with bytes 0a 02 61 62 a2 06 80 ff"
            ),
            ([0x1f, 0x8b, 8, 0], "is compressed with gzip; unpack it first"),
            ([0xff, 0xd8, 0xff, 0xe0, 0], "begins with bytes ff d8 ff e0 00"),
            ([0x89, 0x48, 0x44, 0x46], "begins with bytes 89 48 44 46"),
        ] as [([UInt8], String)])
    func appearance(bytes: [UInt8], expected: String) throws {
        let error = try openingError(of: bytes)
        #expect(error?.kind == .notHDF5)
        #expect(error?.message == "is not an HDF5 file: it \(expected)")
    }

    @Test("text that is cut inside a character is still text")
    func textCutInCharacter() throws {
        let error = try openingError(of: Array(String(repeating: "x", count: 255).utf8) + Array("é".utf8))
        #expect(error?.message.contains("is text") == true)
    }

    @Test("a truncated file says that it is truncated")
    func truncatedFile() throws {
        let path = try fixture("truncated.h5")
        let error = hdf5Error { () throws(HDF5Error) in try HDF5File(readingPath: path) }
        #expect(error?.kind == .damaged)
        #expect(
            error?.message
                == "is truncated: its header tells of 22008 bytes, but it has 16506; was it copied to its end?")
    }

    @Test("a file that ends behind its signature is damaged")
    func signatureAlone() throws {
        let error = try openingError(of: [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a])
        #expect(error?.kind == .damaged)
    }

    @Test("HDF5 is told by its signature, also behind a user block")
    func signature() throws {
        #expect(try HDF5File.looksLikeHDF5(atPath: fixture("small.h5")))
        #expect(try HDF5File.looksLikeHDF5(atPath: fixture("newer.h5")))
        #expect(try !HDF5File.looksLikeHDF5(atPath: fixture("make-fixtures.py")))
    }

    @Test("closing twice does nothing, and use after closing is an error")
    func closing() throws {
        let file = try HDF5File(readingPath: fixture("layouts.h5"))
        let datasets = try [file.dataset(at: "/contiguous"), file.dataset(at: "/gzip")]
        try file.close()
        try file.close()
        #expect(hdf5Error { () throws(HDF5Error) in try file.children(ofGroup: "/") }?.kind == .invalidRequest)
        for dataset in datasets {
            let error = hdf5Error { () throws(HDF5Error) in try dataset.values(as: Float.self) }
            #expect(error?.kind == .invalidRequest)
        }
    }

    @Test("one file can be open twice at once")
    func openTwice() throws {
        let first = try HDF5File(readingPath: fixture("layouts.h5"))
        let second = try HDF5File(readingPath: fixture("layouts.h5"))
        let dataset = try second.dataset(at: "/gzip")
        try first.close()
        #expect(try dataset.values(0..<3, as: Float.self) == [0, 1, 2])
    }
}
