import Foundation
import Testing

/// No space left: the disk is full, or files may not grow any further.
@Suite("No space left")
struct NoSpaceTests {
    /// Limits the size of files. The limit is an error of the write where SIGXFSZ is ignored: the program sees to that.
    private static func script(kilobytes: Int) -> String { "ulimit -f \(kilobytes * 2) && exec \"$0\" \"$@\"" }

    @Test("a limit on the size of files ends with 74 and leaves nothing", arguments: [0, 2, 16, 70])
    func fileSizeLimit(kilobytes: Int) async throws {
        let folder = try TemporaryFolder()
        let outcome = try await Program.run(
            script: Self.script(kilobytes: kilobytes), Fixture.lenet.arguments + ["--quiet"], in: folder)
        // The limit holds for the standard streams as well, which are files here: no message can be asked for.
        #expect(outcome.code == 74, "\(outcome.signal.map { "signal \($0)" } ?? outcome.errors)")
        #expect(try folder.names() == [])
    }

    @Test("a limit on the size of files leaves what --force would have replaced")
    func fileSizeLimitWithForce() async throws {
        let folder = try TemporaryFolder()
        try folder.write("mine", to: "out.h5")
        try folder.write("mine", to: "out.prototxt")
        let outcome = try await Program.run(
            script: Self.script(kilobytes: 16), Fixture.lenet.arguments + ["--force"], in: folder)
        #expect(outcome.code == 74)
        #expect(outcome.errors.contains("out.h5") && outcome.errors.contains("File too large"), "\(outcome.errors)")
        #expect(!outcome.errors.contains("bnfold-new"), "\(outcome.errors)")
        #expect(try folder.text("out.h5") == "mine" && folder.text("out.prototxt") == "mine")
        #expect(try folder.names() == ["out.h5", "out.prototxt"])
    }

    @Test("a limit on the size of files holds for compressed weights as well")
    func fileSizeLimitCompressed() async throws {
        let folder = try TemporaryFolder()
        let outcome = try await Program.run(
            script: Self.script(kilobytes: 16), Fixture.lenet.arguments + ["--compress", "1"], in: folder)
        #expect(outcome.code == 74, "\(outcome.errors)")
        #expect(try folder.names() == [])
    }

    @Test(
        "a full disk ends with 74, names file and reason, and leaves nothing",
        .enabled(if: FullDisk.isAvailable, "cannot mount a small file system"))
    func fullDisk() async throws {
        let folder = try TemporaryFolder()
        try folder.makeFolder("disk")
        let outcome = try await Program.run(
            script: FullDisk.script, [Fixture.lenet.weights, "disk/out.h5"] + Fixture.lenet.arguments.dropFirst(2),
            in: folder)
        // The last line is the listing of the full disk's folder.
        #expect(outcome.output.contains("code 74") && outcome.output.hasSuffix("names \n"), "\(outcome.output)")
        #expect(outcome.errors.contains("disk/out.h5") && outcome.errors.contains("No space left"), "\(outcome.errors)")
    }

    @Test(
        "a standard output that is full ends with 74", .enabled(if: FileManager.default.fileExists(atPath: "/dev/full"))
    )
    func fullStandardOutput() async throws {
        let folder = try TinyNet.folder()
        let outcome = try await Program.run(
            script: "\"$0\" \"$@\" > /dev/full", ["inspect", "net.h5"], in: folder)
        #expect(outcome.code == 74)
        #expect(outcome.errors.contains("standard output"), "\(outcome.errors)")
    }
}

/// A file system of 64 KiB, mounted in a name space of its own.
enum FullDisk {
    static let script = #"""
        unshare --mount /bin/sh -c 'mount -t tmpfs -o size=64k tmpfs disk || exit 99
        "$0" "$@"; echo "code $?"; echo "names $(ls -A disk)"' "$0" "$@"
        """#

    static let isAvailable: Bool = {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", "unshare --mount /bin/sh -c 'mount -t tmpfs -o size=64k tmpfs /mnt'"]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }()
}
