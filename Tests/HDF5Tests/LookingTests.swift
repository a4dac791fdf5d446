import Foundation
import Testing

@testable import HDF5

/// What a look at a file leaves for whoever reads it next.
@Suite("A look before reading")
struct LookingTests {
    @Test("a file that changed after a look is read anew")
    func changed() throws {
        try withTemporaryFolder { folder in
            let path = folder + "/weights.h5"
            try write(["old"], to: path)
            // Long ago, so that the look is remembered.
            let past = Date(timeIntervalSinceNow: -1000)
            try FileManager.default.setAttributes([.modificationDate: past], ofItemAtPath: path)
            _ = try HDF5File(lookingAtPath: path)
            try write(["new"], to: folder + "/other.h5")
            try Data(contentsOf: URL(filePath: folder + "/other.h5")).write(to: URL(filePath: path))
            #expect(try HDF5File(readingPath: path).children(ofGroup: "/data").map(\.name) == ["new"])
        }
    }

    @Test("a file is read after a look as without one")
    func unchanged() throws {
        let path = try fixture("names.h5")
        let before = try HDF5File(readingPath: path)
        _ = try HDF5File(lookingAtPath: path)
        #expect(try HDF5File(readingPath: path).index == before.index)
    }

    @Test("a look at one file says nothing about another one")
    func other() throws {
        try withTemporaryFolder { folder in
            try write(["first"], to: folder + "/first.h5")
            try write(["later"], to: folder + "/later.h5")
            let past = Date(timeIntervalSinceNow: -1000)
            for name in ["/first.h5", "/later.h5"] {
                try FileManager.default.setAttributes([.modificationDate: past], ofItemAtPath: folder + name)
            }
            _ = try HDF5File(lookingAtPath: folder + "/first.h5")
            let later = try HDF5File(readingPath: folder + "/later.h5")
            #expect(try later.children(ofGroup: "/data").map(\.name) == ["later"])
        }
    }

    private func write(_ groups: [String], to path: String) throws {
        let file = try HDF5File(creatingPath: path)
        let data = try file.createGroup("/data")
        for group in groups { _ = try data.createGroup(group) }
        try file.close()
    }
}
