import Foundation
import HDF5
import Testing

/// Real files of Caffe, in the folder that the environment variable BNFOLD_SHARED names.
private let sharedFolder = ProcessInfo.processInfo.environment["BNFOLD_SHARED"]

@Suite("Real files", .enabled(if: sharedFolder != nil))
struct SharedFilesTests {
    @Test("a copy of every file that Caffe wrote has the same objects, shapes and values", arguments: [0, 1])
    func copies(compression: Int) throws {
        let folder = try #require(sharedFolder)
        let names = try FileManager.default.subpathsOfDirectory(atPath: folder).filter { $0.hasSuffix("caffemodel.h5") }
        try #require(!names.isEmpty)
        for name in names {
            try withTemporaryFolder { temporary in
                let original = try HDF5File(readingPath: "\(folder)/\(name)")
                let copy = try HDF5File(creatingPath: temporary + "/copy.h5")
                let objects = try original.descendants(ofGroup: "/")
                for object in objects {
                    if object.kind == .group {
                        try copy.createGroup(object.path)
                    } else {
                        let source = try original.dataset(at: object.path)
                        let target = try copy.createDataset(object.path, shape: source.shape, compression: compression)
                        for start in stride(from: 0, to: source.elementCount, by: 1000) {
                            let end = min(start + 1000, source.elementCount)
                            try target.write(source.values(start..<end, as: Float.self), at: start)
                        }
                    }
                }
                try copy.close()
                let written = try HDF5File(readingPath: temporary + "/copy.h5")
                #expect(try written.descendants(ofGroup: "/") == objects)
                for object in objects where object.kind == .dataset {
                    let expected = try original.dataset(at: object.path).values(as: Float.self).map(\.bitPattern)
                    let found = try written.dataset(at: object.path).values(as: Float.self).map(\.bitPattern)
                    #expect(found == expected, "\(name): \(object.path)")
                }
            }
        }
    }
}
