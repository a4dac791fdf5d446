import CTurboJPEG

/// Decodes JPEG with libjpeg-turbo, with the exact transform and smooth upsampling, as OpenCV does.
enum JPEGDecoder {
    private static let library = cturbojpeg_load()

    /// TJPF_RGB, TJPF_GRAY, TJFLAG_ACCURATEDCT and the colour spaces TJCS_GRAY, TJCS_CMYK of turbojpeg.h.
    private static let (rgbFormat, grayFormat, accurate): (CInt, CInt, CInt) = (0, 6, 4096)
    private static let (grayColors, cmykColors): (CInt, CInt) = (2, 3)

    static func image(_ bytes: [UInt8], as color: Image.Color, place: String) throws(SampleFormatError) -> Image {
        guard let begin = library.begin, let readHeader = library.header, let decompress = library.decompress,
            let end = library.end
        else {
            throw SampleFormatError(
                .missingLibrary,
                "\(place): no JPEG can be read: there is no libjpeg-turbo (libturbojpeg.so.0); install it, on Debian and Ubuntu with 'apt-get install libturbojpeg0'"
            )
        }
        guard let decompressor = begin() else {
            throw SampleFormatError(.ioFailed, "\(place): libjpeg-turbo does not start; is there memory left?")
        }
        defer { _ = end(decompressor) }
        var (width, height, sampling, colors): (CInt, CInt, CInt, CInt) = (0, 0, 0, 0)
        guard readHeader(decompressor, bytes, UInt(bytes.count), &width, &height, &sampling, &colors) == 0 else {
            throw damaged(place)
        }
        try Image.check(width: Int(width), height: Int(height), place: place)
        guard colors < cmykColors else {
            throw .malformed(place, "is a JPEG in CMYK, expected gray or colours of three channels; convert it to RGB")
        }
        let isGray = color == .gray || color == .asStored && colors == grayColors
        let channels = isGray ? 1 : 3
        var pixels = [UInt8](repeating: 0, count: Int(width) * Int(height) * channels)
        let status = decompress(
            decompressor, bytes, UInt(bytes.count), &pixels, width, width * CInt(channels), height,
            isGray ? grayFormat : rgbFormat, accurate)
        guard status == 0 else { throw damaged(place) }
        return Image(width: Int(width), height: Int(height), channels: channels, pixels: pixels)
    }

    private static func damaged(_ place: String) -> SampleFormatError {
        let reason = library.message?().map { String(cString: $0) } ?? "no reason is told"
        return .malformed(place, "is a damaged JPEG (\(reason)); make it anew, or leave it out")
    }
}
