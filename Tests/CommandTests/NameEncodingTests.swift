import Foundation
import Testing

/// Names that are not UTF-8 are an error, wherever they stand: written anew they would be others.
@Suite("Names that are not UTF-8")
struct NameEncodingTests {
    @Test(
        "are an error in a prototxt, with their place", arguments: ["name", "top", "bottom"], [#"c\377nv"#, "c\u{1}nv"])
    func prototxt(field: String, name: String) async throws {
        let folder = try TinyNet.folder()
        var text = Array(try folder.text("net.prototxt").utf8)
        let place = text.firstRange(of: Array(#"\#(field): "conv""#.utf8))
        // A byte of Latin-1 as it is, or an escape that stands for it.
        text.replaceSubrange(
            try #require(place), with: Array(#"\#(field): "\#(name)""#.utf8).map { $0 == 1 ? 0xE4 : $0 })
        try folder.write(Data(text), to: "net.prototxt")
        let outcome = try await Program.run(["net.h5", "out.h5"], in: folder)
        #expect(outcome.code == 65, "\(outcome)")
        #expect(outcome.errors.contains("net.prototxt:3:") || outcome.errors.contains("net.prototxt:4:"))
        #expect(outcome.errors.contains("'c\\xff") || outcome.errors.contains("'c\\xe4"), "\(outcome.errors)")
        #expect(outcome.errors.contains("not UTF-8"))
    }

    @Test(
        "are an error in a .caffemodel",
        arguments: [["convert", "bad.caffemodel", "out.h5"], ["diff", "bad.caffemodel", "net.h5"]])
    func caffemodel(arguments: [String]) async throws {
        let folder = try TinyNet.folder()
        let converted = try await Program.run(["convert", "net.h5", "bad.caffemodel", "--quiet"], in: folder)
        #expect(converted.code == 0)
        var bytes = Array(try folder.data("bad.caffemodel"))
        let place = try #require(bytes.firstRange(of: Array("conv".utf8)))
        bytes[place.lowerBound] = 0xFF
        try folder.write(Data(bytes), to: "bad.caffemodel")
        let outcome = try await Program.run(arguments, in: folder)
        #expect(outcome.code == 65 && outcome.errors.contains("'\\xffonv', which is not UTF-8"), "\(outcome)")
    }

    @Test("are no matter in a comment or in the path of data")
    func elsewhere() async throws {
        let folder = try TinyNet.folder()
        let text = Array(try folder.text("net.prototxt").utf8) + Array("# ".utf8) + [0xE4, 0x0A]
        try folder.write(Data(text), to: "net.prototxt")
        let outcome = try await Program.run(["net.h5", "out.h5"], in: folder)
        #expect(outcome.code == 0, "\(outcome)")
    }
}
