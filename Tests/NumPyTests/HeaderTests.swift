import NumPy
import Testing

struct HeaderTests {
    @Test(
        "keys in any order, quotes of both kinds, blanks, and commas at the end do no harm",
        arguments: [
            "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 1), }",
            "{\"shape\":(2,1),\"descr\":\"|u1\",\"fortran_order\":False}",
            " {\t'fortran_order' : False , 'shape' : ( 2 , 1 , ) , 'descr' : '|u1' , } \n\r\u{0C}",
            "{'descr': '|u1', 'fortran_order': False, 'shape': (2L, 1L)}",
        ])
    func tolerated(dictionary: String) throws {
        let array = try arrays(in: npy(dictionary, [7, 8]))[0]
        #expect(array.shape == [2, 1])
        #expect(try array.readAll() == [7, 8])
    }

    @Test(
        "a dictionary that is not one says where and what should be there",
        arguments: [
            ("", "has its end where the dictionary '{' should be", 1),
            ("{'descr'", "has its end where ':' after 'descr' should be", 9),
            ("{descr: 1}", "has 'd' where a key in quotes or '}' should be", 1),
            ("{'descr': '<f4'", "has its end where ',' or '}' after the value of 'descr' should be", 16),
            ("{'descr': 4}", "has '4' where a dtype in quotes should be", 10),
            ("{'descr': '<f4\"}", "has a string without an end", 17),
            ("{'descr': '<f4\\", "has a string without an end", 16),
            ("{'descr': [('a'", "has its end where the end of the list of fields should be", 16),
            ("{'descr': '<f4', 'descr': '<f4'}", "has the key 'descr' twice", 25),
            ("{'version': 1}", "has a key 'version', but only 'descr', 'fortran_order' and 'shape' are known", 11),
            ("{'fortran_order': 0}", "has '0' where 'True' or 'False' should be", 18),
            ("{'shape': 3}", "has '3' where a tuple '(' of extents should be", 10),
            ("{'shape': (3)}", "has ')' where ',' after the first extent should be", 12),
            ("{'shape': (,)}", "has ',' where an extent should be", 11),
            ("{'shape': (3, 4 5)}", "has '5' where ',' or ')' should be", 16),
            ("{'shape': (2.5,)}", "has '.' where ',' after the first extent should be", 12),
            ("{'shape': (-1,)}", "has a negative extent in its shape", 11),
            (
                "{'shape': (99999999999999999999,)}", "has the extent 99999999999999999999, which no file can hold", 11
            ),
            ("{}", "has no 'descr'", 3),
            ("{'descr': '<f4', 'shape': ()}", "has no 'fortran_order'", 30),
            ("{'descr': '<f4', 'fortran_order': True}", "has no 'shape'", 40),
            ("{} # comment", "has '#' where the end of the header after '}' should be", 3),
        ])
    func refused(dictionary: String, finding: String, position: Int) throws {
        #expect(
            try openingMessage(npy(dictionary))
                == "has a header that \(finding), at byte \(position) of the dictionary; is the file damaged?")
    }

    @Test(
        "a shape that no file can hold is refused, although one of its extents is 0",
        arguments: ["(9223372036854775807, 2)", "(4294967296, 4294967296)", "(0, 4294967296, 4294967296)"])
    func overflow(shape: String) throws {
        #expect(
            try openingMessage(npy(shape: shape))
                == "has shape \(shape), which no file can hold; is the header damaged?")
    }

    @Test("the shape of an array that cannot be read is checked, too")
    func overflowOfUnsupported() throws {
        let message = try openingMessage(npy(shape: "(4294967296, 4294967296)", dtype: "|O"))
        #expect(message?.contains("which no file can hold") == true)
    }

    @Test("more axes than NumPy has are refused")
    func rank() throws {
        let most = "(" + String(repeating: "1, ", count: 64) + ")"
        #expect(try arrays(in: npy(shape: most, dtype: "|u1", [5]))[0].readAll() == [5])
        let more = "(" + String(repeating: "1, ", count: 65) + ")"
        #expect(
            try openingMessage(npy(shape: more, dtype: "|u1", [5]))
                == "has 65 axes, but NumPy knows no more than 64")
    }

    @Test("a file shorter than its shape says is an incomplete copy")
    func short() throws {
        #expect(
            try openingMessage(npy(shape: "(2, 3)", [1, 2, 3]))
                == "has shape (2, 3), which takes 24 bytes, but only 3 follow the header; is it an incomplete copy?")
    }

    @Test("bytes after the array are refused")
    func trailing() throws {
        #expect(
            try openingMessage(npy(shape: "(1,)", dtype: "|u1", [1, 2, 3]))
                == "has 2 bytes after the array of shape (1); was more than one array saved into it?")
    }

    @Test("a header longer than the file is refused before anything is allocated")
    func longHeader() throws {
        let start: [UInt8] = [0x93] + Array("NUMPY".utf8) + [2, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0x7B]
        #expect(
            try openingMessage(start)
                == "has a header of 4294967307 bytes, but only 13 bytes in all; is it an incomplete copy?")
    }

    @Test("a header of more than 1 MiB is refused")
    func hugeHeader() throws {
        let header = npy("{}" + String(repeating: " ", count: 1 << 20), version: 2)
        #expect(try openingMessage(header) == "has a header of 1048579 bytes, but at most 1048576 are read")
    }

    @Test("an unknown version is refused", arguments: [[0, 0], [1, 1], [4, 0], [255, 255]] as [[UInt8]])
    func version(version: [UInt8]) throws {
        var bytes = npy(shape: "()", [0, 0, 0, 0])
        bytes.replaceSubrange(6..<8, with: version)
        #expect(
            try openingMessage(bytes)
                == "has format version \(version[0]).\(version[1]), but only 1.0, 2.0 and 3.0 are known")
    }
}
