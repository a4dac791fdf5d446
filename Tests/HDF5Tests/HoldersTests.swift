import Foundation
import HDF5
import Testing

/// The groups below one that hold datasets.
@Suite("Groups that hold datasets")
struct HoldersTests {
    @Test("groups that hold datasets are listed by their paths, those without are not")
    func nested() throws {
        try withTemporaryFolder { folder in
            let path = folder + "/nested.h5"
            let file = try HDF5File(creatingPath: path)
            for group in ["/data", "/data/b", "/data/b/bn", "/data/a", "/data/a/empty", "/data/c", "/data/c/inner"] {
                try file.createGroup(group)
            }
            // One beside the groups belongs to none of them.
            for dataset in ["/data/0", "/data/b/0", "/data/b/bn/0", "/data/b/bn/1", "/data/a/0", "/data/c/inner/0"] {
                try file.createDataset(dataset, shape: [1]).write([1 as Float])
            }
            try file.close()
            let holders = try HDF5File(readingPath: path).group(at: "/data").holders()
            #expect(holders.paths == ["a", "b", "b/bn", "c/inner"])
            #expect(holders.failure == nil)
        }
    }

    @Test("they are those of the listing of all that is below", arguments: ["cycles.h5", "links.h5", "types.h5"])
    func listing(name: String) throws {
        let file = try HDF5File(readingPath: fixture(name))
        var folders: [String] = []
        for child in try file.descendants(ofGroup: "/") where child.kind == .dataset {
            let folder = String(child.path.dropFirst().split(separator: "/").dropLast().joined(separator: "/"))
            if !folder.isEmpty, !folders.contains(folder) { folders.append(folder) }
        }
        #expect(try file.group(at: "/").holders().paths == folders)
    }
}

/// Datasets of a few bytes, which are read together with those around them.
@Suite("Small datasets")
struct SmallDatasetTests {
    @Test("small datasets have their own numbers in whatever order they are read")
    func orders() throws {
        try withTemporaryFolder { folder in
            let path = folder + "/small.h5"
            let file = try HDF5File(creatingPath: path)
            for index in 0..<40 {
                let count = index % 5 == 0 ? 3000 : index
                try file.createDataset("/\(index)", shape: [count]).write(
                    [Float](repeating: Float(index), count: count))
            }
            try file.close()
            let orders = [Array(0..<40), (0..<40).reversed(), (0..<40).map { $0 * 7 % 40 }]
            for order in orders {
                let read = try HDF5File(readingPath: path)
                for index in order {
                    let values: [Float] = try read.dataset(at: "/\(index)").values()
                    #expect(values.allSatisfy { $0 == Float(index) })
                }
            }
        }
    }

    @Test("a file that becomes shorter is an error where its numbers were")
    func shortened() throws {
        try withTemporaryFolder { folder in
            let path = folder + "/short.h5"
            let file = try HDF5File(creatingPath: path)
            try file.createDataset("/numbers", shape: [8]).write([Float](repeating: 1, count: 8))
            try file.close()
            let read = try HDF5File(readingPath: path)
            let dataset = try read.dataset(at: "/numbers")
            truncate(path, 512)
            let error = hdf5Error { () throws(HDF5Error) in _ = try dataset.values(as: Float.self) }
            #expect(error?.kind == .ioFailed)
            #expect(error?.message == "cannot be read: the file has become shorter since it was opened")
        }
    }
}
