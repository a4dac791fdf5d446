import Foundation
import Testing

@testable import HDF5

@Suite("Metadata that cannot be")
struct DamagedMetadataTests {
    @Test(
        "addresses and sizes beyond the file are refused before libhdf5 sees them",
        arguments: [
            ("heap-address", "/", "names of 88 bytes at byte 18446744073709551615"),
            ("heap-size", "/data/conv1", "names of 18446744073709551615 bytes at byte 2448"),
            ("tree-address", "/data/bn2", "a B-tree of links of 24 bytes at byte 18446744073709551615"),
        ])
    func beyondTheFile(name: String, object: String, claim: String) throws {
        let error = hdf5Error { () throws(HDF5Error) in try HDF5File(readingPath: damaged(name)) }
        #expect(error?.kind == .damaged)
        #expect(error?.object == object)
        #expect(error?.message.hasPrefix("claims \(claim), but the file has") == true)
    }

    @Test("names that are not UTF-8 are an error that shows their bytes")
    func namesInOtherEncodings() throws {
        let file = try HDF5File(readingPath: fixture("names.h5"))
        let errors = [
            hdf5Error { () throws(HDF5Error) in try file.group(at: "/").holders() },
            hdf5Error { () throws(HDF5Error) in try file.group(at: "/").entries(ofGroup: "") },
        ]
        for error in errors {
            #expect(error?.kind == .damaged)
            #expect(error?.message.hasPrefix("holds the name 'a slash: /', which no path can hold") == true)
        }
        try withTemporaryFolder { folder in
            // Only the name that is not UTF-8 is left as it is.
            var bytes = try Data(contentsOf: URL(filePath: fixture("names.h5")))
            let slash = try #require(bytes.firstRange(of: Data("a slash: /".utf8)))
            bytes.replaceSubrange(slash, with: Data("a slash: .".utf8))
            try bytes.write(to: URL(filePath: folder + "/names.h5"))
            let file = try HDF5File(readingPath: folder + "/names.h5")
            let error = hdf5Error { () throws(HDF5Error) in try file.children(ofGroup: "/") }
            #expect(error?.kind == .unsupported)
            #expect(error?.message.hasPrefix("holds the name 'not UTF-8: \\xff', which is not UTF-8") == true)
        }
    }

    @Test("groups that share one long list of names end, told as damage")
    func sharedNames() throws {
        // 3,000 groups whose headers all name the symbol table of the root: nine million links of a few hundred kilobytes.
        try withTemporaryFolder { folder in
            let path = folder + "/shared.h5"
            let file = try HDF5File(creatingPath: path)
            for index in 0..<3000 { try file.createGroup("/group\(index)") }
            try file.close()
            var bytes = [UInt8](try Data(contentsOf: URL(filePath: path)))
            // The scratch space of the root's entry repeats where its B-tree and heap are.
            let table = Array(bytes[80..<96])
            // A header of version 1 with one symbol table message: its two addresses follow the message's eight bytes.
            var replaced = 0
            for start in stride(from: 96, to: bytes.count - 40, by: 8)
            where bytes[start] == 1 && bytes[start + 1] == 0 && bytes[start + 16] == 0x11 && bytes[start + 17] == 0
                && bytes[start + 18] == 16 && bytes[start + 19] == 0
            {
                bytes.replaceSubrange(start + 24..<start + 40, with: table)
                replaced += 1
            }
            #expect(replaced > 3000)
            try Data(bytes).write(to: URL(filePath: path))
            let error = hdf5Error { () throws(HDF5Error) in try HDF5File(readingPath: path) }
            #expect(error?.kind == .damaged)
            #expect(error?.message == "has parts that lead to each other again and again; is the file damaged?")
        }
    }
}

/// The path of one of the damaged files.
func damaged(_ name: String) throws(HDF5Error) -> String {
    do {
        return try fixture("damaged/\(name).h5")
    } catch {
        throw Place(file: name).error(.notFound, "\(error)")
    }
}
