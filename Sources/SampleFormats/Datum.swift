import ProtobufWire

/// A sample as Caffe's Data layer keeps it: numbers of 8 bits or floats, channels first, or an encoded image; and a label.
public struct Datum: Sendable {
    public let channels: Int
    public let height: Int
    public let width: Int
    /// Channels first. The channels of an image come in the order blue, green, red, as OpenCV hands them to Caffe.
    public let values: [Float]
    public let label: Int

    /// Field numbers of `Datum` in caffe.proto.
    private enum Field {
        static let (channels, height, width, data, label, floats, encoded) = (1, 2, 3, 4, 5, 6, 7)
    }

    /// - Parameters:
    ///   - color: the channels of an encoded image.
    ///   - place: what messages call it.
    public init(_ bytes: [UInt8], as color: Image.Color, place: String) throws(SampleFormatError) {
        let source = MemoryByteSource(bytes, path: place)
        let fields: (channels: Int, height: Int, width: Int, label: Int)
        var data: [UInt8]
        let isEncoded: Bool
        let floats: [Float]
        do throws(WireError) {
            let message = try WireMessage(indexing: source)
            fields = (
                Int(try message.int32(Field.channels, in: source) ?? 0),
                Int(try message.int32(Field.height, in: source) ?? 0),
                Int(try message.int32(Field.width, in: source) ?? 0),
                Int(try message.int32(Field.label, in: source) ?? 0)
            )
            isEncoded = try message.bool(Field.encoded, in: source) ?? false
            data = try message.bytes(Field.data, in: source) ?? []
            floats = try message.scalars(Field.floats, as: Float.self, in: source).values(of: source)
        } catch {
            throw SampleFormatError(
                .malformed, "\(error): it is no Datum, as Caffe's tools write; is the database one of Caffe?")
        }
        label = fields.label
        if isEncoded {
            let image = try Image(decoding: data, as: color, place: place)
            (channels, height, width) = (image.channels, image.height, image.width)
            values = image.values(blueFirst: true, channelsLast: false)
            return
        }
        (channels, height, width) = (fields.channels, fields.height, fields.width)
        let (area, overflow) = height.multipliedReportingOverflow(by: width)
        let (size, overflow2) = area.multipliedReportingOverflow(by: channels)
        guard channels > 0, height > 0, width > 0, !overflow, !overflow2 else {
            throw .malformed(
                place,
                "is a Datum of \(channels)x\(height)x\(width) (channels, height, width), expected lengths from 1 on")
        }
        let held = data.isEmpty ? floats.count : data.count
        guard held == size else {
            throw .malformed(
                place,
                "is a Datum of \(channels)x\(height)x\(width) (channels, height, width), which are \(size) numbers, but it holds \(held)"
            )
        }
        values = data.isEmpty ? floats : data.map(Float.init)
    }
}

extension Image {
    /// The pixels as numbers from 0 to 255.
    public func values(blueFirst: Bool, channelsLast: Bool) -> [Float] {
        if channels == 1 { return pixels.map(Float.init) }
        if channelsLast, !blueFirst { return pixels.map(Float.init) }
        let area = width * height
        var values = [Float](repeating: 0, count: pixels.count)
        for channel in 0..<channels {
            let source = blueFirst ? channels - 1 - channel : channel
            for pixel in 0..<area {
                values[channelsLast ? pixel * channels + channel : channel * area + pixel] = Float(
                    pixels[pixel * channels + source])
            }
        }
        return values
    }
}
