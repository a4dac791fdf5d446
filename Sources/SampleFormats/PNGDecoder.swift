import CZlib
import Files

/// Decodes PNG (ISO/IEC 15948) to 8 bits a channel.
struct PNGDecoder {
    static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

    private let place: String
    private let width: Int
    private let height: Int
    private let depth: Int
    private let colorType: UInt8
    private let isInterlaced: Bool
    private var palette: [UInt8] = []
    private var compressed: [UInt8] = []

    init(_ bytes: [UInt8], place: String) throws(SampleFormatError) {
        self.place = place
        // The header comes first: 13 bytes in a chunk of length, name and checksum.
        guard bytes.count >= 33, bytes.bigEndian(UInt32.self, at: 8) == 13, Array(bytes[12..<16]) == Array("IHDR".utf8)
        else { throw Self.damaged(place, "it does not begin with its header") }
        width = Int(bytes.bigEndian(UInt32.self, at: 16))
        height = Int(bytes.bigEndian(UInt32.self, at: 20))
        (depth, colorType) = (Int(bytes[24]), bytes[25])
        isInterlaced = bytes[28] == 1
        try Image.check(width: width, height: height, place: place)
        let depths: [UInt8: [Int]] = [0: [1, 2, 4, 8, 16], 2: [8, 16], 3: [1, 2, 4, 8], 4: [8, 16], 6: [8, 16]]
        guard depths[colorType]?.contains(depth) == true, bytes[26] == 0, bytes[27] == 0, bytes[28] <= 1 else {
            throw Self.damaged(
                place, "its header tells depth \(depth) and colour type \(colorType), which PNG does not know")
        }
        try readChunks(bytes)
    }

    private static func damaged(_ place: String, _ text: String) -> SampleFormatError {
        .malformed(place, "is a damaged PNG: \(text); make it anew, or leave it out")
    }

    private mutating func readChunks(_ bytes: [UInt8]) throws(SampleFormatError) {
        var offset = Self.signature.count
        while true {
            guard offset <= bytes.count - 12 else {
                throw Self.damaged(place, "it ends at byte \(bytes.count), before its end is told")
            }
            let length = Int(bytes.bigEndian(UInt32.self, at: offset))
            guard length <= bytes.count - offset - 12 else {
                throw Self.damaged(place, "a part at byte \(offset) is longer than the file")
            }
            let name = String(decoding: bytes[offset + 4..<offset + 8], as: UTF8.self)
            let content = bytes[offset + 8..<offset + 8 + length]
            let isNeeded = bytes[offset + 4] & 0x20 == 0
            if isNeeded {
                let sum = bytes.withUnsafeBufferPointer { buffer in
                    crc32(0, buffer.baseAddress.map { $0 + offset + 4 }, uInt(length + 4))
                }
                guard UInt32(truncatingIfNeeded: sum) == bytes.bigEndian(UInt32.self, at: offset + 8 + length) else {
                    throw Self.damaged(place, "the checksum of '\(name)' at byte \(offset) is wrong")
                }
            }
            switch name {
            case "IEND": return
            case "PLTE": palette = Array(content)
            case "IDAT": compressed += content
            case "IHDR": break
            default:
                guard !isNeeded else { throw Self.damaged(place, "it has a part '\(name)' that PNG does not know") }
            }
            offset += length + 12
        }
    }

    private var samplesPerPixel: Int {
        switch colorType {
        case 2: 3
        case 4: 2
        case 6: 4
        default: 1
        }
    }

    /// The passes: where their pixels begin and how far they are apart. One for an image that is not interlaced.
    private var passes: [(x: Int, y: Int, dx: Int, dy: Int)] {
        guard isInterlaced else { return [(0, 0, 1, 1)] }
        return [
            (0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2),
        ]
    }

    func image() throws(SampleFormatError) -> Image {
        if colorType == 3 {
            guard palette.count >= 3, palette.count % 3 == 0 else { throw Self.damaged(place, "it has no palette") }
        }
        let bitsPerPixel = depth * samplesPerPixel
        let sizes = passes.map { pass in
            (
                width: pass.x < width ? (width - pass.x + pass.dx - 1) / pass.dx : 0,
                height: pass.y < height ? (height - pass.y + pass.dy - 1) / pass.dy : 0
            )
        }
        let total = sizes.reduce(0) { sum, size in
            size.width == 0 ? sum : sum + size.height * (1 + (size.width * bitsPerPixel + 7) / 8)
        }
        var raw = try inflated(total)
        let channels = colorType == 0 || colorType == 4 ? 1 : 3
        var pixels = [UInt8](repeating: 0, count: width * height * channels)
        var offset = 0
        for (pass, size) in zip(passes, sizes) where size.width > 0 {
            let rowBytes = (size.width * bitsPerPixel + 7) / 8
            var previous: Int?
            for row in 0..<size.height {
                let filter = raw[offset]
                let start = offset + 1
                try unfilter(
                    &raw, filter, start: start, previous: previous, count: rowBytes, step: max(bitsPerPixel / 8, 1))
                for column in 0..<size.width {
                    let target = ((pass.y + row * pass.dy) * width + pass.x + column * pass.dx) * channels
                    try put(raw, start, column, &pixels, target, channels)
                }
                previous = start
                offset += 1 + rowBytes
            }
        }
        return Image(width: width, height: height, channels: channels, pixels: pixels)
    }

    private func put(
        _ raw: [UInt8], _ start: Int, _ column: Int, _ pixels: inout [UInt8], _ target: Int, _ channels: Int
    ) throws(SampleFormatError) {
        if depth >= 8 {
            let bytes = depth / 8
            let place = start + column * samplesPerPixel * bytes
            if colorType == 3 {
                try putColor(Int(raw[place]), &pixels, target)
            } else {
                for channel in 0..<channels { pixels[target + channel] = raw[place + channel * bytes] }
            }
            return
        }
        let bit = column * depth
        let value = Int(raw[start + bit / 8]) >> (8 - depth - bit % 8) & (1 << depth - 1)
        if colorType == 3 {
            try putColor(value, &pixels, target)
        } else {
            pixels[target] = UInt8(value * 255 / (1 << depth - 1))
        }
    }

    private func putColor(_ index: Int, _ pixels: inout [UInt8], _ target: Int) throws(SampleFormatError) {
        guard index * 3 + 2 < palette.count else {
            throw Self.damaged(place, "it uses colour \(index) of a palette of \(palette.count / 3)")
        }
        for channel in 0..<3 { pixels[target + channel] = palette[index * 3 + channel] }
    }

    private func unfilter(
        _ raw: inout [UInt8], _ filter: UInt8, start: Int, previous: Int?, count: Int, step: Int
    ) throws(SampleFormatError) {
        guard filter <= 4 else { throw Self.damaged(place, "a row has filter \(filter), which PNG does not know") }
        guard filter > 0 else { return }
        for index in 0..<count {
            let left = index >= step ? Int(raw[start + index - step]) : 0
            let above = previous.map { Int(raw[$0 + index]) } ?? 0
            let corner = index >= step ? previous.map { Int(raw[$0 + index - step]) } ?? 0 : 0
            let prediction =
                switch filter {
                case 1: left
                case 2: above
                case 3: (left + above) / 2
                default: Self.paeth(left, above, corner)
                }
            raw[start + index] &+= UInt8(truncatingIfNeeded: prediction)
        }
    }

    private static func paeth(_ left: Int, _ above: Int, _ corner: Int) -> Int {
        let estimate = left + above - corner
        let (toLeft, toAbove, toCorner) = (abs(estimate - left), abs(estimate - above), abs(estimate - corner))
        return toLeft <= toAbove && toLeft <= toCorner ? left : toAbove <= toCorner ? above : corner
    }

    private func inflated(_ count: Int) throws(SampleFormatError) -> [UInt8] {
        var result = [UInt8](repeating: 0, count: count)
        var length = uLongf(count)
        let status = uncompress(&result, &length, compressed, uLong(compressed.count))
        // More than the rows need is left away, as other readers do.
        guard status == Z_OK || status == Z_BUF_ERROR, Int(length) == count else {
            throw Self.damaged(place, "its pixels do not inflate to the \(count) bytes that its header tells")
        }
        return result
    }
}
