import Foundation
import HDF5
import Testing

/// Files that take no more than a few bytes stand in for a full disk. The limit is one of the whole process, so each of
/// these tests has a process of its own.
@Suite("Errors in writing")
struct FullDiskTests {
    /// Writes until it fails, and checks that closing tells the same error, prints nothing, and leaves no whole file
    /// behind.
    private static func expectFailure(limit: rlim_t, compression: Int) throws {
        signal(SIGXFSZ, SIG_IGN)
        var limits = rlimit(rlim_cur: limit, rlim_max: limit)
        #if canImport(Glibc)
            try #require(setrlimit(CInt(RLIMIT_FSIZE.rawValue), &limits) == 0)
        #else
            try #require(setrlimit(RLIMIT_FSIZE, &limits) == 0)
        #endif
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("HDF5Tests-\(UUID().uuidString)").path
        defer { unlink(path) }
        let file = try HDF5File(creatingPath: path)
        let failure = hdf5Error { () throws(HDF5Error) in
            for index in 0..<100 {
                let dataset = try file.createDataset("/\(index)", shape: [10_000], compression: compression)
                try dataset.write((0..<10_000).map { Float($0) })
            }
        }
        #expect(failure?.kind == .ioFailed)
        #expect(failure?.description.contains("File too large") == true)
        #expect(hdf5Error { () throws(HDF5Error) in try file.createGroup("/g") } == failure)
        #expect(hdf5Error { () throws(HDF5Error) in try file.synchronize() } == failure)
        #expect(hdf5Error { () throws(HDF5Error) in try file.close() } == failure)
        try file.close()
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)).isEmpty)
    }

    @Test("a contiguous dataset that cannot be written fails with the system's reason, then and when closing")
    func contiguous() async {
        await #expect(processExitsWith: .success) {
            try FullDiskTests.expectFailure(limit: 100_000, compression: 0)
        }
    }

    @Test("a compressed dataset that cannot be written fails with the system's reason, then and when closing")
    func compressed() async {
        await #expect(processExitsWith: .success) {
            try FullDiskTests.expectFailure(limit: 100_000, compression: 1)
        }
    }

    @Test(
        "a device that is full is an error of writing",
        .enabled(if: FileManager.default.fileExists(atPath: "/dev/full")))
    func fullDevice() {
        let error = hdf5Error { () throws(HDF5Error) in try HDF5File(creatingPath: "/dev/full") }
        #expect(error?.kind == .ioFailed)
        #expect(error?.libraryMessage == "No space left on device")
    }
}
