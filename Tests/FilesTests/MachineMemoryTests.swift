import Foundation
import Testing

@testable import Files

/// How much memory a process may use, as control groups tell it.
@Suite("The memory of a process")
struct MachineMemoryTests {
    /// The limit that is found with these files below a root.
    private func limit(_ list: String, _ files: [String: String]) throws -> Int? {
        let root = FileManager.default.temporaryDirectory.appendingPathComponent("bnfold-tests-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: root) }
        for (path, content) in files.merging(["list": list], uniquingKeysWith: { first, _ in first }) {
            let url = root.appendingPathComponent(path)
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(content.utf8).write(to: url)
        }
        return MachineMemory.controlGroupLimit(in: root.appendingPathComponent("list").path, root: root.path)
    }

    @Test("is the least that its group and those around it allow, in version 2")
    func unified() throws {
        let files = [
            "memory.max": "max\n", "a/memory.max": "3000\n", "a/b/memory.max": "5000\n", "c/memory.max": "1\n",
        ]
        #expect(try limit("0::/a/b\n", files) == 3000)
    }

    @Test("is what the controller of memory says, in version 1")
    func controllers() throws {
        let files = ["memory/x/memory.limit_in_bytes": "4096\n", "cpu/x/memory.limit_in_bytes": "1\n"]
        #expect(try limit("5:cpu,cpuacct:/x\n4:hugetlb,memory:/x\n", files) == 4096)
    }

    @Test("is that of the root where the group's path is one of outside")
    func container() throws {
        #expect(try limit("0::/docker/0123\n", ["memory.max": "2048\n"]) == 2048)
    }

    @Test("has no limit where none is told", arguments: ["", "0::/\n", "nonsense"])
    func none(list: String) throws { #expect(try limit(list, ["memory.max": "max\n"]) == nil) }

    @Test("is more than nothing on this machine")
    func here() { #expect(MachineMemory.bytes > 1 << 20 && MachineMemory.bytes < .max) }
}
