import Foundation
import SampleFormats
import Testing

@Suite("Images")
struct ImageTests {
    private func bytes(_ name: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: URL(fileURLWithPath: fixture(name))))
    }

    private func image(_ name: String, _ color: Image.Color = .asStored) throws -> Image {
        try Image(decoding: try bytes(name), as: color, place: name)
    }

    /// Red, green and blue as `make.py` made them.
    private let color = (0..<15).flatMap { index in
        let (x, y) = (index % 5, index / 5)
        return [UInt8(40 * x + y), UInt8(200 - 30 * y - x), UInt8(7 * x * y)]
    }

    @Test(
        "of PNG have their colours, with a palette and with transparency as well",
        arguments: ["color.png", "palette.png", "alpha.png"])
    func color(name: String) throws {
        let image = try image(name)
        #expect((image.width, image.height, image.channels) == (5, 3, 3))
        #expect(image.pixels == color)
    }

    @Test("of PNG with 16 bits keep the upper ones")
    func sixteenBits() throws {
        #expect(try image("gray16.png").pixels == (0..<15).map { UInt8($0 % 5 * 40 + $0 / 5) })
    }

    @Test("of PNG with 1 bit become 0 and 255")
    func bits() throws {
        #expect(try image("bits.png").pixels == (0..<15).map { ($0 % 5 + $0 / 5) % 2 == 1 ? 255 : 0 })
    }

    @Test("of PNG become gray by the weights of red, green and blue, and gray becomes three equal channels")
    func conversion() throws {
        let gray = try image("color.png", .gray)
        // The first pixel is (0, 200, 0): 0.587 * 200 = 117.4.
        #expect(gray.channels == 1 && gray.pixels[0] == 117)
        #expect(try image("gray16.png", .color).pixels.prefix(6) == [0, 0, 0, 40, 40, 40])
    }

    @Test("of JPEG are decoded as OpenCV does, in colour and gray")
    func jpeg() throws {
        let expected = try bytes("color.jpg.bgr")
        let values = try image("color.jpg").values(blueFirst: true, channelsLast: true)
        #expect(values == expected.map(Float.init))
        #expect(try image("color.jpg", .gray).pixels == bytes("color.jpg.gray"))
    }

    @Test("come channels first or last, blue first or red first")
    func orders() throws {
        let image = try image("color.png")
        #expect(image.values(blueFirst: false, channelsLast: true).prefix(6) == [0, 200, 0, 40, 199, 0])
        #expect(image.values(blueFirst: true, channelsLast: true).prefix(6) == [0, 200, 0, 0, 199, 40])
        #expect(image.values(blueFirst: false, channelsLast: false).prefix(5) == [0, 40, 80, 120, 160])
        #expect(image.values(blueFirst: true, channelsLast: false).suffix(5) == [2, 42, 82, 122, 162])
    }

    @Test("that end too early are errors", arguments: ["color.png", "palette.png", "color.jpg"])
    func truncated(name: String) throws {
        let bytes = try bytes(name)
        for count in stride(from: 0, to: bytes.count - 4, by: 7) {
            #expect(throws: SampleFormatError.self, "\(count)") {
                try Image(decoding: Array(bytes.prefix(count)), as: .color, place: name)
            }
        }
    }

    @Test("whose header tells more pixels than are read are refused before anything is made room for")
    func huge() throws {
        var bytes = try bytes("color.png")
        bytes.replaceSubrange(16..<24, with: [0x7F, 0xFF, 0xFF, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF])
        let error = #expect(throws: SampleFormatError.self) {
            try Image(decoding: bytes, as: .asStored, place: "x.png")
        }
        #expect(error?.description.contains("x.png: its header tells 2147483647x2147483647 pixels") == true)
    }

    @Test("that are neither PNG nor JPEG are refused")
    func other() {
        #expect(throws: SampleFormatError.self) { try Image(decoding: Array("GIF89a".utf8), as: .asStored, place: "x") }
    }
}

@Suite("Caffe's Datum")
struct DatumTests {
    /// channels 2, height 1, width 2, data, label 3
    private let head: [UInt8] = [0x08, 2, 0x10, 1, 0x18, 2]

    @Test("holds bytes, which count from 0 to 255, and a label")
    func bytes() throws {
        let datum = try Datum(head + [0x22, 4, 0, 1, 128, 255, 0x28, 3], as: .asStored, place: "key")
        #expect(datum.values == [0, 1, 128, 255] && datum.label == 3)
        #expect((datum.channels, datum.height, datum.width) == (2, 1, 2))
    }

    @Test("holds floats, packed or one by one")
    func floats() throws {
        let ones: [UInt8] = [0, 0, 0x80, 0x3F]
        let single: [UInt8] = [[UInt8]](repeating: [0x35] + ones, count: 4).flatMap(\.self)
        let packed: [UInt8] = [0x32, 16] + ones + ones + ones + ones
        for floats in [single, packed] {
            #expect(try Datum(head + floats, as: .asStored, place: "key").values == [1, 1, 1, 1])
        }
    }

    @Test(
        "of another number of values than its shape tells, or with no shape, is an error",
        arguments: [[0x22, 3, 0, 1, 2], [], [0x08, 0], [0x10, 0xFF, 0xFF, 0xFF, 0xFF, 0x07], [0x22, 200, 1]])
    func wrongCount(rest: [UInt8]) {
        #expect(throws: SampleFormatError.self) { try Datum(head + rest, as: .asStored, place: "key") }
    }
}
