import HDF5
import Testing

@Suite("Reading datasets")
struct DatasetReadingTests {
    @Test(
        "every number type is read, little and big endian",
        arguments: [
            ("f2", HDF5ElementType.float16), ("f4", .float32), ("f8", .float64),
            ("i1", .integer(bits: 8, signed: true)), ("i2", .integer(bits: 16, signed: true)),
            ("i4", .integer(bits: 32, signed: true)), ("i8", .integer(bits: 64, signed: true)),
            ("u1", .integer(bits: 8, signed: false)), ("u2", .integer(bits: 16, signed: false)),
            ("u4", .integer(bits: 32, signed: false)), ("u8", .integer(bits: 64, signed: false)),
        ], ["little", "big"])
    func types(type: (name: String, type: HDF5ElementType), order: String) throws {
        let file = try HDF5File(readingPath: fixture("types.h5"))
        let dataset = try file.dataset(at: "/\(order)/\(type.name)")
        #expect(dataset.elementType == type.type)
        #expect(try dataset.values(as: Float.self) == [0, 1, 2, 100])
        #expect(try dataset.values(as: Double.self) == [0, 1, 2, 100])
    }

    @Test("half-precision numbers keep subnormals, signs, infinities and NaN")
    func extremeHalves() throws {
        let file = try HDF5File(readingPath: fixture("types.h5"))
        let values = try file.dataset(at: "/extremes/f2").values(as: Float.self)
        #expect(values.prefix(6) == [0x1p-24, 0x1.ff8p-15, -0.0, -65504, .infinity, -.infinity])
        #expect(values[2].sign == .minus)
        #expect(values[6].isNaN)
    }

    @Test("integers of 64 bits are rounded once, to nearest")
    func extremeIntegers() throws {
        let file = try HDF5File(readingPath: fixture("types.h5"))
        let signed = try file.dataset(at: "/extremes/i8")
        #expect(try signed.values(as: Float.self) == [-0x1p63, 0x1p63, 0x1p24])
        #expect(try signed.values(as: Double.self) == [-0x1p63, 0x1p63, 0x1.000001p24])
        let unsigned = try file.dataset(at: "/extremes/u8")
        #expect(try unsigned.values(as: Float.self) == [0x1p64, 0x1p63])
    }

    @Test("doubles are rounded to floats once, to nearest even")
    func roundingOfDoubles() throws {
        let file = try HDF5File(readingPath: fixture("types.h5"))
        let values = try file.dataset(at: "/rounding/f8").values(as: Float.self)
        let largest = Float.greatestFiniteMagnitude
        #expect(values == [1 + Float.ulpOfOne, 1, largest, .infinity, .infinity, 0])
    }

    @Test(
        "every layout gives the same values",
        arguments: [
            "/contiguous", "/chunked", "/gzip", "/gzip-shuffle-fletcher32", "/big-endian-gzip", "/extendible",
            "/compact",
        ])
    func layouts(path: String) throws {
        let file = try HDF5File(readingPath: fixture("layouts.h5"))
        let dataset = try file.dataset(at: path)
        #expect(dataset.path == path)
        #expect(dataset.shape == [2, 3, 4])
        #expect(dataset.elementCount == 24)
        #expect(try dataset.values(as: Float.self) == (0..<24).map(Float.init))
        #expect(try dataset.values(as: Double.self) == (0..<24).map(Double.init))
    }

    @Test(
        "every slice of every layout is the slice of the whole",
        arguments: ["/contiguous", "/chunked", "/big-endian-gzip"])
    func slices(path: String) throws {
        let dataset = try HDF5File(readingPath: fixture("layouts.h5")).dataset(at: path)
        for start in 0...24 {
            for end in start...24 {
                #expect(try dataset.values(start..<end, as: Float.self) == (start..<end).map(Float.init))
            }
        }
    }

    @Test("a buffer may be larger than the slice, and keeps its rest")
    func largerBuffer() throws {
        let dataset = try HDF5File(readingPath: fixture("layouts.h5")).dataset(at: "/chunked")
        var values = [Float](repeating: -1, count: 5)
        try values.withUnsafeMutableBufferPointer { buffer throws(HDF5Error) in
            try dataset.read(elements: 7..<10, into: buffer)
        }
        #expect(values == [7, 8, 9, -1, -1])
    }

    @Test("the newer file format is read, also behind a user block", arguments: ["/data/conv1/0", "/data/conv1/1"])
    func newerFormat(path: String) throws {
        let dataset = try HDF5File(readingPath: fixture("newer.h5")).dataset(at: path)
        #expect(try dataset.values(as: Float.self) == (0..<24).map(Float.init))
    }

    @Test("a scalar has an empty shape and one element")
    func scalar() throws {
        let dataset = try HDF5File(readingPath: fixture("layouts.h5")).dataset(at: "/scalar")
        #expect(dataset.shape == [])
        #expect(dataset.elementCount == 1)
        #expect(try dataset.values(as: Float.self) == [7.5])
    }

    @Test("a dataset without elements is read as nothing")
    func noElements() throws {
        let dataset = try HDF5File(readingPath: fixture("layouts.h5")).dataset(at: "/no elements")
        #expect(dataset.shape == [3, 0])
        #expect(try dataset.values(as: Float.self) == [])
    }

    @Test(
        "a range out of bounds is an error",
        arguments: [-1..<2, 20..<25, 25..<25, 0..<Int.max, Int.min..<Int.max, Int.max..<Int.max])
    func rangeOutOfBounds(elements: Range<Int>) throws {
        let dataset = try HDF5File(readingPath: fixture("layouts.h5")).dataset(at: "/gzip")
        let error = hdf5Error { () throws(HDF5Error) in try dataset.values(elements, as: Float.self) }
        #expect(error?.kind == .invalidRequest)
    }

    @Test("a buffer that is too small is an error, and stays as it was")
    func smallBuffer() throws {
        let dataset = try HDF5File(readingPath: fixture("layouts.h5")).dataset(at: "/contiguous")
        var values: [Float] = [-1, -1]
        let error = hdf5Error { () throws(HDF5Error) in
            try values.withUnsafeMutableBufferPointer { buffer throws(HDF5Error) in
                try dataset.read(elements: 0..<3, into: buffer)
            }
        }
        #expect(error?.kind == .invalidRequest)
        #expect(values == [-1, -1])
    }

    @Test(
        "what is no plain number, or stored in a way that is not read, is refused",
        arguments: [
            ("string", "holds strings, expected numbers"),
            ("variable string", "holds strings, expected numbers"),
            ("compound", "holds compound values, expected numbers"),
            ("complex", "holds compound values, expected numbers"),
            ("boolean", "holds values of an enumeration, as booleans are, expected numbers"),
            ("bfloat16", "holds floating-point numbers of 2 bytes with 8 exponent and 7 mantissa bits"),
            ("lzf", "is packed with the filter lzf, expected gzip, shuffle or fletcher32"),
            ("scaleoffset", "is packed with the filter scaleoffset"),
            ("null", "is an empty dataset without a shape"),
            ("external storage", "keeps its data in another file (external storage), which is not read"),
        ])
    func refused(name: String, message: String) throws {
        let file = try HDF5File(readingPath: fixture("refused.h5"))
        let error = hdf5Error { () throws(HDF5Error) in try file.dataset(at: "/\(name)") }
        #expect(error?.kind == .unsupported)
        #expect(error?.message.hasPrefix(message) == true)
    }

    @Test("a virtual dataset is refused")
    func virtualDataset() throws {
        let file = try HDF5File(readingPath: fixture("virtual.h5"))
        let error = hdf5Error { () throws(HDF5Error) in try file.dataset(at: "/virtual") }
        #expect(error?.kind == .unsupported)
        #expect(error?.message.hasPrefix("is a virtual dataset") == true)
    }

    @Test("datasets are read by several threads at once")
    func concurrentReading() async throws {
        let path = try fixture("layouts.h5")
        let shared = try HDF5File(readingPath: path)
        let expected = (0..<24).map(Float.init)
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for task in 0..<16 {
                group.addTask {
                    let file = task.isMultiple(of: 2) ? shared : try HDF5File(readingPath: path)
                    for _ in 0..<20 {
                        for name in ["/contiguous", "/gzip", "/gzip-shuffle-fletcher32"] {
                            guard try file.dataset(at: name).values(as: Float.self) == expected else { return false }
                        }
                    }
                    return true
                }
            }
            for try await agrees in group { #expect(agrees) }
        }
    }
}
