import Foundation
import HDF5
import Testing

@Suite("Reading strings")
struct StringTests {
    @Test(
        "strings of fixed and variable length are read without their padding",
        arguments: [("/string", "text of ten"), ("/padded string", "a b"), ("/variable string", "Grüße")])
    func strings(path: String, expected: String) throws {
        #expect(try HDF5File(readingPath: fixture("refused.h5")).string(at: path) == expected)
    }

    @Test(
        "what is not one string is refused",
        arguments: [
            ("/strings", "holds 2 strings, expected one"), ("/compound", "holds compound values, expected a string"),
        ])
    func refused(path: String, message: String) throws {
        let file = try HDF5File(readingPath: fixture("refused.h5"))
        let error = hdf5Error { () throws(HDF5Error) in try file.string(at: path) }
        #expect(error?.kind == .unsupported)
        #expect(error?.message == message)
    }

    @Test("a string that is not there is a missing object")
    func missing() throws {
        let file = try HDF5File(readingPath: fixture("refused.h5"))
        #expect(hdf5Error { () throws(HDF5Error) in try file.string(at: "/nothing") }?.kind == .missingObject)
    }

    @Test("a variable-length string is found behind a user block")
    func userBlock() throws {
        #expect(try HDF5File(readingPath: fixture("newer.h5")).string(at: "/data/name") == "Grüße")
    }

    @Test("a variable-length string that refers to nothing is damage, whatever byte of the heap is wrong")
    func damagedHeap() throws {
        let original = try Data(contentsOf: URL(fileURLWithPath: fixture("refused.h5")))
        let heap = try #require(original.firstRange(of: Data("GCOL".utf8)))
        try withTemporaryFolder { folder in
            let path = folder + "/damaged.h5"
            for offset in 0..<40 {
                var bytes = original
                bytes[heap.lowerBound + offset] ^= 0x81
                try bytes.write(to: URL(fileURLWithPath: path))
                do throws(HDF5Error) {
                    // Some bytes are reserved or count references, and some belong to the text.
                    _ = try HDF5File(readingPath: path).string(at: "/variable string")
                } catch {
                    #expect(error.kind == .damaged)
                }
            }
        }
    }
}
