import Foundation
import Testing

@testable import HDF5

@Suite("Listing files in a process of its own")
struct ReaderProcessTests {
    /// What a program makes of a file when it is started to list it.
    private func error(of script: String, for path: String) throws -> HDF5Error? {
        let probe = try FileProbe(path: path)
        let process = ReaderProcess(
            executable: "/bin/sh", arguments: ["-c", script, "sh"], path: path, fileSize: probe.size)
        return hdf5Error { () throws(HDF5Error) in try process.index(of: probe.descriptor) }
    }

    @Test("a crash of the library is damage of the file")
    func crash() throws {
        let error = try error(of: "kill -SEGV $$", for: fixture("newer.h5"))
        #expect(error?.kind == .damaged)
        #expect(error?.message.hasPrefix("makes the HDF5 library crash (signal 11") == true)
    }

    @Test("too much time is damage of the file")
    func time() throws {
        let error = try error(of: "kill -XCPU $$", for: fixture("newer.h5"))
        #expect(error?.kind == .damaged)
        #expect(error?.message.hasPrefix("takes the HDF5 library more time than its size allows") == true)
    }

    @Test(
        "an answer that makes no sense is a failure, and no index", arguments: ["exit 3", "echo hello", "cat \"$1\""])
    func nonsense(script: String) throws {
        #expect(try error(of: script, for: fixture("newer.h5"))?.kind == .ioFailed)
    }

    @Test(
        "an index comes over as it was made",
        arguments: [
            "types.h5", "layouts.h5", "links.h5", "names.h5", "cycles.h5", "refused.h5", "virtual.h5", "newer.h5",
            "unwritten.h5", "huge.h5",
        ])
    func transfer(name: String) throws {
        let probe = try FileProbe(path: fixture(name))
        let index = try LibraryIndexer.index(of: probe.descriptor, path: fixture(name), fileSize: probe.size)
        let bytes = IndexWriter.answer(index, summary: [1, 2])
        var reader = IndexReader(bytes, fileSize: probe.size)
        guard case .index(let copy, let summary) = try reader.answer() else {
            Issue.record("expected an index")
            return
        }
        #expect(copy == index)
        #expect(summary == [1, 2])
        for count in stride(from: 0, to: bytes.count, by: max(1, bytes.count / 50)) {
            var reader = IndexReader(Array(bytes[..<count]), fileSize: probe.size)
            #expect(throws: IndexReader.Failure.self) { try reader.answer() }
        }
    }

    @Test("an error comes over with its object and the library's words")
    func transferOfErrors() throws {
        let error = HDF5Error(
            kind: .damaged, file: "a.h5", object: "/data/0", message: "cannot be read", libraryMessage: "bad heap")
        var reader = IndexReader(IndexWriter.answer(error), fileSize: 0)
        guard case .fault(let fault, let object) = try reader.answer() else {
            Issue.record("expected a fault")
            return
        }
        #expect(Place(file: "a.h5", object: object).error(fault) == error)
    }
}
