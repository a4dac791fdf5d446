import BNFoldKit
import Foundation
import HDF5
import Testing

/// Samples as people have them: lists of files, images, and what a data layer does with them.
@Suite("Samples of other tools")
struct SampleSourceTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TinyNet.folder()
    }

    private func calibrate(_ options: [String], to output: String = "out.h5") async throws -> Program.Outcome {
        try await Program.run(
            ["calibrate", "net.h5", output, "--prototxt", "net.prototxt", "--quiet", "--force"] + options, in: folder)
    }

    /// A dataset `data` of samples of shape 2x3x3.
    private func write(_ numbers: [Double], to name: String, shape: [Int] = [2, 3, 3]) throws {
        let file = try HDF5File(creatingPath: folder.path(name))
        let count = numbers.count / shape.reduce(1, *)
        try file.createDataset("/data", shape: [count] + shape, elementType: .float32).write(numbers)
        try file.close()
    }

    private func numbers(_ count: Int) -> [Double] { (0..<count).map { Double($0 * 37 % 101) } }

    private func mean() throws -> [Double] {
        try HDF5File(readingPath: folder.path("out.h5")).dataset(at: "/data/bn/0").values(as: Double.self)
    }

    @Test("A list of HDF5 files counts as one array, wherever it is run from")
    func list() async throws {
        let all = numbers(18 * 5)
        try write(all, to: "all.h5")
        try folder.makeFolder("parts")
        try write(Array(all[..<36]), to: "parts/a.h5")
        try write(Array(all[36...]), to: "parts/b.h5")
        try folder.write("a.h5\r\n\n  b.h5 \n", to: "parts/list.txt")
        #expect(try await calibrate(["--input", "data=all.h5"]).code == 0)
        let expected = try folder.data("out.h5")
        let outcome = try await calibrate(["--input", "data=parts/list.txt", "--batch", "5"])
        #expect(outcome.code == 0, "\(outcome)")
        #expect(try folder.data("out.h5") == expected)
    }

    @Test("A list that names a missing file tells its line and where it was looked for")
    func missing() async throws {
        try write(numbers(18), to: "a.h5")
        try folder.write("a.h5\nb.h5\n", to: "list.txt")
        let outcome = try await calibrate(["--input", "data=list.txt"])
        #expect(outcome.code == 66 && outcome.errors.contains("list.txt:2: there is no file 'b.h5'"), "\(outcome)")
    }

    @Test("Files of a list must have samples of one shape")
    func shapes() async throws {
        try write(numbers(18), to: "a.h5")
        try write(numbers(32), to: "b.h5", shape: [2, 4, 4])
        try folder.write("a.h5\nb.h5\n", to: "list.txt")
        let outcome = try await calibrate(["--input", "data=list.txt"])
        #expect(outcome.code == 65 && outcome.errors.contains("b.h5: '/data': has shape 1x2x4x4"), "\(outcome)")
    }

    @Test("A folder without images, and one of LevelDB, are told by name")
    func folders() async throws {
        try folder.makeFolder("empty")
        try folder.makeFolder("level")
        try folder.write("MANIFEST-000001\n", to: "level/CURRENT")
        let empty = try await calibrate(["--input", "data=empty"])
        #expect(empty.code == 65 && empty.errors.contains("a folder without samples"), "\(empty)")
        let level = try await calibrate(["--input", "data=level"])
        #expect(level.code == 65 && level.errors.contains("a database of LevelDB"), "\(level)")
    }

    // MARK: Data layers

    private func dataLayer(_ parameters: String, type: String = "Data") throws {
        try folder.write(
            """
            layer { name: "train" type: "\(type)" top: "data" include { phase: TRAIN } transform_param { scale: 9 } }
            layer { name: "test" type: "\(type)" top: "data" include { phase: TEST } \(parameters) }

            """, to: "train_val.prototxt")
    }

    /// The mean that is measured behind a convolution of (1, 2, 3, 4) with biases (0.5, -0.5), from the means of both channels.
    private func expectMean(of channels: (Double, Double)) throws {
        let found = try mean()
        #expect(abs(found[0] - (channels.0 + 2 * channels.1 + 0.5)) < 1e-4, "\(found)")
        #expect(abs(found[1] - (3 * channels.0 + 4 * channels.1 - 0.5)) < 1e-4, "\(found)")
    }

    /// Samples of 2x5x6 whose number at (c, y, x) is 100 c + 10 y + x.
    private func writeWide() throws {
        var sample: [Double] = []
        for channel in 0..<2 {
            for y in 0..<5 {
                for x in 0..<6 { sample.append(Double(100 * channel + 10 * y + x)) }
            }
        }
        try write(sample + sample, to: "wide.h5", shape: [2, 5, 6])
    }

    @Test("A data layer of phase TEST cuts out the middle, subtracts a mean for each channel, and multiplies")
    func transform() async throws {
        try writeWide()
        try dataLayer("transform_param { crop_size: 3 mean_value: 2 mean_value: 50 scale: 0.5 mirror: true }")
        let outcome = try await calibrate(["--input", "data=wide.h5", "--as-data-layer", "train_val.prototxt"])
        #expect(outcome.code == 0, "\(outcome)")
        // 3 of 5 rows begin at 1, 3 of 6 columns at 1: the means are 10 * 2 + 2 = 22 and 122.
        try expectMean(of: ((22 - 2) * 0.5, (122 - 50) * 0.5))
    }

    @Test("A mean of a binaryproto is subtracted before the middle is cut out")
    func meanFile() async throws {
        try writeWide()
        // num 1, channels 2, height 5, width 6, and 60 floats: 3 where the middle is in channel 0, 7 there in channel 1, else 1000.
        var bytes: [UInt8] = [0x08, 1, 0x10, 2, 0x18, 5, 0x20, 6, 0x2A, 240, 1]
        for index in 0..<60 {
            let (y, x) = (index / 6 % 5, index % 6)
            let isMiddle = (1...3).contains(y) && (1...3).contains(x)
            let value: Float = isMiddle ? (index < 30 ? 3 : 7) : 1000
            withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes += $0 }
        }
        try folder.write(Data(bytes), to: "mean.binaryproto")
        try dataLayer("transform_param { crop_size: 3 mean_file: \"mean.binaryproto\" }")
        let outcome = try await calibrate(["--input", "wide.h5", "--as-data-layer", "train_val.prototxt"])
        #expect(outcome.code == 0, "\(outcome)")
        try expectMean(of: (22 - 3, 122 - 7))
    }

    @Test("fold prepares the samples of --calibrate and of --verify alike")
    func fold() async throws {
        try writeWide()
        try dataLayer("transform_param { crop_size: 3 mean_value: 2 mean_value: 50 }")
        let outcome = try await Program.run(
            [
                "net.h5", "out.h5", "--calibrate", "data=wide.h5", "--verify", "--input", "data=wide.h5",
                "--as-data-layer", "train_val.prototxt",
            ], in: folder)
        // Samples of 2x5x6 would not fit the input of 2x3x3.
        #expect(outcome.code == 0, "\(outcome)")
    }

    @Test("HDF5Data names its own list, which is read without --input")
    func ownSource() async throws {
        let all = [Double](repeating: 4, count: 9) + [Double](repeating: 6, count: 9)
        try write(all, to: "a.h5")
        try folder.write("a.h5\n", to: "list.txt")
        try folder.write(
            "layer { name: \"d\" type: \"HDF5Data\" top: \"data\" top: \"label\" hdf5_data_param { source: \"list.txt\" batch_size: 1 } }\n",
            to: "train_val.prototxt")
        let outcome = try await calibrate(["--as-data-layer", "train_val.prototxt"])
        #expect(outcome.code == 0, "\(outcome)")
        try expectMean(of: (4, 6))
    }

    @Test(
        "What a data layer asks for and is not done here is refused by name",
        arguments: [
            ("Data", "data_param { source: \"x\" backend: LEVELDB }", "a database of LevelDB"),
            (
                "ImageData", "image_data_param { source: \"x\" new_height: 5 new_width: 5 }",
                "resizes its images (new_height)"
            ),
            ("Data", "transform_param { rotate: 3 } data_param { source: \"x\" backend: LMDB }", "'rotate'"),
            (
                "Data", "transform_param { mean_value: 1 mean_file: \"m\" } data_param { backend: LMDB }",
                "Caffe allows one"
            ),
            ("Data", "data_param { source: \"nowhere\" backend: LMDB }", "reads 'nowhere', which is not there"),
        ])
    func refused(type: String, parameters: String, reason: String) async throws {
        try dataLayer(parameters, type: type)
        let outcome = try await calibrate(["--as-data-layer", "train_val.prototxt"])
        #expect(outcome.code == 65 && outcome.errors.contains(reason), "\(outcome)")
    }
}
