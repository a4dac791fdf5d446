import Foundation
import NumPy
import Testing

struct ArrayReadingTests {
    static let cube = (0..<24).map(Double.init)

    @Test(
        "an array is read whole, whatever its order and the version of its header",
        arguments: ["c-order.npy", "fortran-order.npy", "version-2.npy", "version-3.npy"])
    func whole(name: String) throws {
        let path = try fixture(name)
        let arrays = try NumPyFile.arrays(atPath: path)
        #expect(arrays.count == 1)
        #expect(arrays[0].name == nil)
        #expect(arrays[0].path == path)
        #expect(arrays[0].shape == [2, 3, 4])
        #expect(arrays[0].sampleCount == 2)
        #expect(arrays[0].sampleShape == [3, 4])
        #expect(try arrays[0].readAll() == Self.cube)
    }

    @Test("some samples are read alone", arguments: ["c-order.npy", "fortran-order.npy"])
    func someSamples(name: String) throws {
        let array = try NumPyFile.arrays(atPath: fixture(name))[0]
        #expect(try array.read(samples: 1..<2) == Array(Self.cube[12...]))
        #expect(try array.read(samples: 0..<1) == Array(Self.cube[..<12]))
        #expect(try array.read(samples: 1..<1) == [])
    }

    @Test("an array without axes is one sample of one number")
    func scalar() throws {
        let array = try NumPyFile.arrays(atPath: fixture("scalar.npy"))[0]
        #expect(array.shape == [])
        #expect(array.sampleCount == 1)
        #expect(array.sampleShape == [])
        #expect(try array.readAll() == [7.5])
    }

    @Test("arrays without numbers are read as such")
    func empty() throws {
        let noSamples = try NumPyFile.arrays(atPath: fixture("no-samples.npy"))[0]
        #expect(noSamples.shape == [0, 3])
        #expect(noSamples.sampleCount == 0)
        #expect(try noSamples.readAll() == [])
        let emptySamples = try NumPyFile.arrays(atPath: fixture("empty-samples.npy"))[0]
        #expect(emptySamples.shape == [3, 0, 2])
        #expect(emptySamples.sampleCount == 3)
        #expect(try emptySamples.readAll() == [])
    }

    @Test("samples that the array does not have are an error", arguments: [0..<3, 2..<3, -1..<1, Int.min..<Int.max])
    func outOfBounds(samples: Range<Int>) throws {
        let array = try NumPyFile.arrays(atPath: fixture("c-order.npy"))[0]
        let error = #expect(throws: NumPyError.self) { try array.read(samples: samples) }
        #expect(
            error?.message
                == "has 2 samples, but samples \(samples.lowerBound)..<\(samples.upperBound) were asked for")
    }

    @Test("an array of several blocks is read in the right order")
    func blocks() throws {
        let numbers = (0..<300_000).map(Double.init)
        let array = try arrays(in: npy(shape: "(3, 100000)", dtype: "<f8", bytes(numbers)))[0]
        #expect(try array.readAll() == numbers)
        #expect(try array.read(samples: 1..<2) == Array(numbers[100_000..<200_000]))
    }

    @Test("an array of several blocks in Fortran order is transposed", arguments: [(1000, 300), (150_000, 2)])
    func fortranBlocks(sampleCount: Int, sampleSize: Int) throws {
        // The number of sample s at place p is s + 0.001 p.
        let file = (0..<sampleSize).flatMap { place in (0..<sampleCount).map { Double($0) + 0.001 * Double(place) } }
        let bytes = npy(shape: "(\(sampleCount), \(sampleSize))", dtype: "<f8", fortranOrder: true, bytes(file))
        let array = try arrays(in: bytes)[0]
        let last = sampleCount - 2..<sampleCount
        let expected = last.flatMap { sample in (0..<sampleSize).map { Double(sample) + 0.001 * Double($0) } }
        #expect(try array.read(samples: last) == expected)
    }

    @Test("of a file far larger than memory one sample can be read")
    func sparse() throws {
        try withTemporaryFolder { folder in
            let path = folder + "/large.npy"
            let header = npy(shape: "(68719476736, 2)", dtype: "|u1")
            try Data(header).write(to: URL(fileURLWithPath: path))
            let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
            try file.truncate(atOffset: UInt64(header.count + 2 << 36))
            try file.seek(toOffset: UInt64(header.count + 2 << 36 - 1))
            try file.write(contentsOf: Data([9]))
            try file.close()
            let array = try NumPyFile.arrays(atPath: path)[0]
            #expect(try array.read(samples: 68_719_476_735..<68_719_476_736) == [0, 9])
            let error = #expect(throws: NumPyError.self) { try array.readAll() }
            #expect(
                error?.message
                    == "has too large samples: 68719476736 of 2 numbers each were asked for at once, but at most "
                    + "1073741824 numbers are read; ask for fewer samples")
        }
    }

    @Test("a file that shrinks while it is open is an error")
    func shrinking() throws {
        try withTemporaryFolder { folder in
            let path = folder + "/array.npy"
            try Data(npy(shape: "(3,)", dtype: "|u1", [1, 2, 3])).write(to: URL(fileURLWithPath: path))
            let array = try NumPyFile.arrays(atPath: path)[0]
            try #require(FileHandle(forWritingAtPath: path)).truncate(atOffset: 20)
            let error = #expect(throws: NumPyError.self) { try array.readAll() }
            #expect(error?.kind == .ioFailed)
            #expect(error?.message.hasSuffix("is another program writing to it?") == true)
        }
    }

    @Test("several threads may read an array", arguments: ["c-order.npy", "stored.npz", "deflated.npz"])
    func threads(name: String) async throws {
        let array = try NumPyFile.arrays(atPath: fixture(name))[0]
        try await withThrowingTaskGroup(of: [Double].self) { group in
            for _ in 0..<16 { group.addTask { try array.readAll() } }
            for try await numbers in group { #expect(numbers == Self.cube) }
        }
    }
}
