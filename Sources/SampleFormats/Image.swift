/// An image of 8 bits a channel: gray, or red, green and blue.
public struct Image: Sendable {
    public let width: Int
    public let height: Int
    /// 1 or 3.
    public let channels: Int
    /// Row after row, the channels of a pixel side by side, red first.
    public let pixels: [UInt8]

    /// The most pixels of an image that is read.
    public static let mostPixels = 1 << 26

    /// Which channels an image gets, whatever it has.
    public enum Color: Hashable, Sendable {
        case asStored
        case color
        case gray
    }

    /// PNG or JPEG, by the first bytes.
    public enum Format: Hashable, Sendable {
        case png
        case jpeg

        public init?(head: some Collection<UInt8>) {
            if head.starts(with: PNGDecoder.signature) {
                self = .png
            } else if head.starts(with: [0xFF, 0xD8, 0xFF]) {
                self = .jpeg
            } else {
                return nil
            }
        }
    }

    /// Decodes a PNG or a JPEG as OpenCV does: palettes become colours, 16 bits become 8 (the upper ones), transparency is left away, gammas and
    /// profiles change nothing.
    ///
    /// - Parameter place: what messages call it.
    /// - Throws: for damaged images, other formats, and more than `mostPixels`; also where the library for JPEG is missing.
    public init(decoding bytes: [UInt8], as color: Color, place: String) throws(SampleFormatError) {
        switch Format(head: bytes.prefix(16)) {
        case .png: self = try PNGDecoder(bytes, place: place).image().converted(to: color)
        case .jpeg: self = try JPEGDecoder.image(bytes, as: color, place: place)
        case nil:
            throw .malformed(
                place, "is neither PNG nor JPEG, expected one of them; convert it, or give the numbers as HDF5 or .npy")
        }
    }

    init(width: Int, height: Int, channels: Int, pixels: [UInt8]) {
        self.width = width
        self.height = height
        self.channels = channels
        self.pixels = pixels
    }

    /// Gray becomes three equal channels; colour becomes gray by the weights 0.299, 0.587 and 0.114, in 14 bits and rounded.
    func converted(to color: Color) -> Image {
        switch (color, channels) {
        case (.color, 1):
            let all = pixels.flatMap { [$0, $0, $0] }
            return Image(width: width, height: height, channels: 3, pixels: all)
        case (.gray, 3):
            let gray = stride(from: 0, to: pixels.count, by: 3).map { index in
                let sum = 4899 * Int(pixels[index]) + 9617 * Int(pixels[index + 1]) + 1868 * Int(pixels[index + 2])
                return UInt8((sum + 8192) >> 14)
            }
            return Image(width: width, height: height, channels: 1, pixels: gray)
        default: return self
        }
    }

    static func check(width: Int, height: Int, place: String) throws(SampleFormatError) {
        guard width > 0, height > 0, width <= mostPixels / height else {
            throw .malformed(
                place, "its header tells \(width)x\(height) pixels, expected 1 to \(mostPixels) in all; is it damaged?")
        }
    }
}
