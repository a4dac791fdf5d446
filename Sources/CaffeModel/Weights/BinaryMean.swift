import Files
import Frontend
import NetGraph
import ProtobufWire

/// A mean as Caffe's compute_image_mean writes it: a BlobProto as a file of its own.
enum BinaryMean {
    static func read(_ path: String) throws(ModelError) -> SampleTransform.MeanImage {
        try readingFile { () throws(FileError) in try FileBytes.requireReadable(path) }
        do throws(WireError) {
            let source = try FileByteSource(path: path)
            let message = try WireMessage(indexing: source)
            let blob = try BinaryBlob.shapeAndNumbers(of: message, in: source)
            var shape = blob.shape
            if shape.count == 4, shape[0] == 1 { shape.removeFirst() }
            guard shape.count == 3, shape.allSatisfy({ $0 > 0 }),
                TensorShape.elementCount(shape) == blob.values.count
            else {
                throw WireError(
                    path: path,
                    message:
                        "is no mean: it has the shape (\(blob.shape.map(String.init).joined(separator: ", "))) and \(blob.values.count) numbers, expected (1, channels, height, width) and as many numbers"
                )
            }
            if let place = blob.values.firstIndex(where: { !$0.isFinite }) {
                throw WireError(
                    path: path, message: "the mean holds \(blob.values[place]) at \(place), expected numbers")
            }
            return SampleTransform.MeanImage(path: path, shape: shape, values: blob.values)
        } catch {
            throw ModelError(error)
        }
    }
}

extension BinaryBlob {
    /// The shape and all numbers of a message that is a file of its own.
    fileprivate static func shapeAndNumbers(
        of message: WireMessage, in source: FileByteSource
    ) throws(WireError) -> (shape: [Int], values: [Float]) {
        let doubles = try message.scalars(CaffeSchema.Blob.doubleData, as: Double.self, in: source).values(of: source)
        let values =
            doubles.isEmpty
            ? try message.scalars(CaffeSchema.Blob.data, as: Float.self, in: source).values(of: source)
            : doubles.map { Float($0) }
        var shape: [Int] = []
        if let field = message.lastField(CaffeSchema.Blob.shape, .lengthDelimited) {
            let lengths = try WireMessage(indexing: field, of: source)
            shape = try lengths.varints(CaffeSchema.Blob.dimensions, atMost: CaffeSchema.maximumAxes, in: source)
                .map { Int(clamping: $0) }
        } else {
            for number in CaffeSchema.Blob.legacyShape {
                shape.append(Int(try message.int32(number, in: source) ?? 0))
            }
        }
        return (shape, values)
    }
}
