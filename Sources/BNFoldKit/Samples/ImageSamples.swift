import Files
import SampleFormats

/// Image files of one size as samples, decoded as they are read.
struct ImageSamples: SampleArray {
    private let paths: [String]
    private let reading: ImageReading
    /// The list or the folder.
    private let source: String
    let shape: [Int]

    var name: String? { "data" }
    var place: String { source }
    var fillValue: Double? { nil }

    /// The largest file of an image that is read, in bytes.
    private static let mostBytes = 1 << 28

    /// - Parameters:
    ///   - paths: one or more, whose order is that of the samples.
    ///   - source: what lists them.
    init(_ paths: [String], source: String, reading: ImageReading) throws(BNFoldError) {
        self.paths = paths
        self.source = source
        self.reading = reading
        shape = [paths.count] + reading.sample(try Self.image(paths[0], reading)).shape
    }

    func read(samples: Range<Int>) throws(BNFoldError) -> [Double] {
        var elements: [Double] = []
        elements.reserveCapacity(samples.count * shape.dropFirst().reduce(1, *))
        for path in paths[samples] {
            let sample = reading.sample(try Self.image(path, reading))
            guard sample.shape == Array(shape.dropFirst()) else {
                throw BNFoldError(
                    .malformed,
                    "\(path): has shape \(SampleFiles.text(sample.shape)), but \(paths[0]) has \(SampleFiles.text(Array(shape.dropFirst()))); all images must have one size and the same channels, and none is resized here: resize them as in training first"
                )
            }
            elements += sample.values.lazy.map(Double.init)
        }
        return elements
    }

    private static func image(_ path: String, _ reading: ImageReading) throws(BNFoldError) -> Image {
        let bytes = try liftingFiles { () throws(FileError) in try FileBytes.read(path, limit: mostBytes) }
        return try liftingSamples { () throws(SampleFormatError) in
            try Image(decoding: bytes, as: reading.color, place: path)
        }
    }

    /// The PNG and JPEG files of a folder, sorted by the bytes of their names; `nil` where there are none.
    static func images(inFolder folder: String) throws(BNFoldError) -> [String]? {
        let names = try liftingFiles { () throws(FileError) in
            do throws(SystemError) {
                return try FolderListing.names(in: folder)
            } catch {
                throw FileError(reading: folder, "read", error)
            }
        }
        let endings = [".png", ".jpg", ".jpeg"]
        let images = names.compactMap { String(validating: $0, as: UTF8.self) }.filter { name in
            !name.hasPrefix(".") && endings.contains { name.lowercased().hasSuffix($0) }
        }
        return images.isEmpty ? nil : images.map { folder + "/" + $0 }
    }
}

/// Numbers that a list gives beside its files.
struct ListedLabels: SampleArray {
    let source: String
    let labels: [Int]

    var name: String? { "label" }
    var place: String { "\(source): 'label'" }
    var isLabels: Bool { true }
    var shape: [Int] { [labels.count] }
    var fillValue: Double? { nil }

    func read(samples: Range<Int>) throws(BNFoldError) -> [Double] { labels[samples].map(Double.init) }
}
