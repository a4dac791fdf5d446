import NumPy
import Testing

struct NumberTypeTests {
    static let kinds = ["f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "b1"]

    @Test("every type of number is read in both byte orders and both orders of the axes", arguments: kinds)
    func everyType(kind: String) throws {
        let all = try NumPyFile.arrays(atPath: fixture("types.npz"))
        let expected: [Double] = kind == "b1" ? [0, 1, 1, 1, 1, 1] : [0, 1, 2, 3, 4, 100]
        let arrays = all.filter { $0.name?.contains("-\(kind)-") == true }
        #expect(arrays.count == 4)
        for array in arrays {
            #expect(array.shape == [2, 3])
            #expect(try array.readAll() == expected, "\(array.name ?? "")")
        }
    }

    @Test(
        "numbers at the ends of their types are exact, but for integers beyond 2^53, which are rounded to the nearest",
        arguments: [
            ("f2", [0x1p-24, 0x3FFp-24, -0.0, 0x1.004p0, -65504, .infinity, -.infinity, .nan]),
            ("f4", [Double(Float.leastNonzeroMagnitude), -0.0, 0x1.fffffep127, .infinity, .nan]),
            ("f8", [.leastNonzeroMagnitude, -0.0, .greatestFiniteMagnitude, -.infinity, .nan]),
            ("i1", [-128, 127]),
            ("i2", [-32768, 32767]),
            ("i4", [-0x1p31, 0x1p31 - 1]),
            ("i8", [-0x1p63, 0x1p63, 0x1p53, 0x1p53 + 4]),
            ("u1", [0, 255]),
            ("u2", [0, 65535]),
            ("u4", [0, 0x1p32 - 1]),
            ("u8", [0x1p64, 0x1p53, 0x1p53 + 4]),
        ] as [(String, [Double])])
    func extremes(kind: String, expected: [Double]) throws {
        let array = try #require(NumPyFile.arrays(atPath: fixture("extremes.npz")).first { $0.name == kind })
        let found = try array.readAll()
        // As bits, so that a negative zero counts; any pattern of a NaN will do.
        #expect(found.map { $0.isNaN ? 1 : $0.bitPattern } == expected.map { $0.isNaN ? 1 : $0.bitPattern })
    }

    @Test("'=' and '|' mean the byte order of the machine", arguments: ["=f4", "|f4"])
    func nativeOrder(dtype: String) throws {
        let native = withUnsafeBytes(of: Float(1.5)) { Array($0) }
        #expect(try arrays(in: npy(shape: "(1,)", dtype: dtype, native))[0].readAll() == [1.5])
    }

    @Test("every boolean but 0 is 1")
    func oddBooleans() throws {
        #expect(try arrays(in: npy(shape: "(3,)", dtype: "|b1", [0, 2, 255]))[0].readAll() == [0, 1, 1])
    }

    @Test(
        "a type of other things is named, with what to save instead",
        arguments: [
            (
                "text",
                "has dtype '<U3', text, but only real numbers are read; save numbers, as in array.astype(np.float32)"
            ),
            (
                "bytes",
                "has dtype '|S3', text, but only real numbers are read; save numbers, as in array.astype(np.float32)"
            ),
            (
                "objects",
                "has dtype '|O', Python objects, but only real numbers are read; save it with astype(np.float32)"
            ),
            (
                "complex",
                "has dtype '<c8', complex numbers, but only real numbers are read; "
                    + "save array.real.astype(np.float32), or the imaginary part"
            ),
            (
                "records",
                "has dtype [('a', '<f4'), ('b', '<i2', (2,))], records with fields, but only real numbers are read; "
                    + "save one field, as in array['field'].astype(np.float32)"
            ),
            (
                "extended",
                "has dtype '<f16', floating-point numbers of a size that differs between machines, "
                    + "but only real numbers are read; save it with astype(np.float64)"
            ),
            (
                "times",
                "has dtype '<M8[s]', times, but only real numbers are read; save numbers, as in array.astype(np.int64)"
            ),
            (
                "raw",
                "has dtype '|V2', elements that are no numbers of NumPy itself, but only real numbers are read; "
                    + "save it with astype(np.float32)"
            ),
        ])
    func unsupported(name: String, message: String) throws {
        let array = try #require(NumPyFile.arrays(atPath: fixture("unsupported.npz")).first { $0.name == name })
        #expect(array.shape == [2])
        let error = #expect(throws: NumPyError.self) { try array.readAll() }
        #expect(error?.kind == .malformed)
        #expect(error?.member == name + ".npy")
        #expect(error?.message == message)
    }

    @Test("an array of text in an archive does no harm to the images beside it")
    func besideUnsupported() throws {
        let array = try #require(NumPyFile.arrays(atPath: fixture("unsupported.npz")).first { $0.name == "images" })
        #expect(try array.readAll() == (0..<24).map(Double.init))
    }

    @Test("a file of text is refused when it is opened")
    func unsupportedFile() throws {
        let error = #expect(throws: NumPyError.self) { try NumPyFile.arrays(atPath: fixture("text.npy")) }
        #expect(error?.message.hasPrefix("has dtype '<U3', text, ") == true)
    }

    @Test("a long list of fields is cut short in the message")
    func manyFields() throws {
        let fields = (0..<1000).map { "('field \($0)', '<f4')" }.joined(separator: ", ")
        let message = try openingMessage(npy("{'descr': [\(fields)], 'fortran_order': False, 'shape': (0,)}"))
        #expect(message?.hasPrefix("has dtype [\(fields.prefix(59))..., records with fields, ") == true)
    }
}
