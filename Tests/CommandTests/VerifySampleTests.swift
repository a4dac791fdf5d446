import BNFoldKit
import Foundation
import HDF5
import Testing

/// `verify` on the user's own samples, from HDF5 files.
@Suite("Samples for verify")
struct VerifySampleTests {
    /// Writes datasets of numbers that are the same each time.
    private func write(
        _ datasets: [(path: String, shape: [Int])], to name: String, in folder: TemporaryFolder,
        _ type: HDF5ElementType = .float32
    ) throws {
        let file = try HDF5File(creatingPath: folder.path(name))
        var state: UInt64 = 3
        for (path, shape) in datasets {
            if let group = path.split(separator: "/").dropLast().first { try file.createGroup("/\(group)") }
            let dataset = try file.createDataset(path, shape: shape, elementType: type)
            try dataset.write(
                (0..<shape.reduce(1, *)).map { _ -> Double in
                    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                    return Double(Float(Double(Int64(bitPattern: state)) * 0x1p-62))
                })
        }
        try file.close()
    }

    /// A folder with the tiny net, whose input is 2x3x3, its fold, and `samples.h5`.
    private func folder(_ datasets: [(path: String, shape: [Int])]) async throws -> TemporaryFolder {
        let folder = try TinyNet.folder()
        let fold = try await Program.run(["net.h5", "out.h5", "--quiet"], in: folder)
        try #require(fold.code == 0, "\(fold.errors)")
        try write(datasets, to: "samples.h5", in: folder)
        return folder
    }

    private func verify(_ options: [String], in folder: TemporaryFolder) async throws -> Program.Outcome {
        try await Program.run(["verify", "net.h5", "out.h5"] + options, in: folder)
    }

    @Test(
        "are found by name of input and place in the file, by name of input, by place, or as the only ones",
        arguments: ["data=samples.h5:/data", "data=samples.h5", "samples.h5:/data", "samples.h5", "./samples.h5"])
    func forms(input: String) async throws {
        let outcome = try await verify(
            ["--input", input, "--report", "-"], in: try await folder([("/data", [3, 2, 3, 3])]))
        #expect(outcome.code == 0, "\(outcome)")
        let report = try JSONDecoder().decode(VerifyReport.self, from: Data(outcome.output.utf8))
        #expect(report.samples.count == 3 && report.samples.seed == nil && report.samples.scale == nil)
        #expect(report.samples.files?.count == 1 && report.blobs.allSatisfy { $0.elements == 54 })
    }

    @Test("are read from a group, and in double precision")
    func group() async throws {
        let folder = try await folder([])
        try write([("/group/images", [3, 2, 3, 3])], to: "other.h5", in: folder, .float64)
        let outcome = try await verify(["--input", "data=other.h5:/group/images"], in: folder)
        #expect(outcome.code == 0 && outcome.output.contains("3 of other.h5:/group/images"), "\(outcome)")
    }

    @Test(
        "that are no numbers, or none that the run can hold, are exit code 65 with their place, where a fold waits for the verdict",
        arguments: [(Double.nan, "double"), (-.infinity, "double"), (.infinity, "single"), (1e39, "single")])
    func notFinite(number: Double, precision: String) async throws {
        let folder = try TinyNet.folder()
        var numbers = [Double](repeating: 0.5, count: 54)
        numbers[18 + 9 + 5] = number
        let file = try HDF5File(creatingPath: folder.path("samples.h5"))
        try file.createDataset("/data", shape: [3, 2, 3, 3], elementType: .float64).write(numbers)
        try file.close()
        let outcome = try await Program.run(
            ["net.h5", "out.h5", "--verify", "--input", "samples.h5", "--precision", precision], in: folder)
        #expect(outcome.code == 65, "\(outcome)")
        #expect(outcome.errors.contains("in sample 1 at (1,1,2)") && outcome.errors.contains("samples.h5: '/data'"))
    }

    @Test("--samples takes the first of them, and not more than there are")
    func count() async throws {
        let folder = try await folder([("/data", [3, 2, 3, 3])])
        let two = try await verify(["--input", "samples.h5", "--samples", "2"], in: folder)
        #expect(two.code == 0 && two.output.contains("2 of samples.h5"), "\(two)")
        let four = try await verify(["--input", "samples.h5", "--samples", "4"], in: folder)
        #expect(four.code == 64 && four.errors.contains("4") && four.errors.contains("3"), "\(four)")
    }

    @Test(
        "that do not fit are exit code 65, with both shapes",
        arguments: [
            ([3, 3, 3], "3x3", "2x3x3"), ([3, 1, 3, 3], "1x3x3", "2x3x3"), ([3, 2, 3, 3, 1], "2x3x3x1", "2x3x3"),
            ([0, 2, 3, 3], "0x2x3x3", "samples"), ([18], "()", "2x3x3"),
        ])
    func misfits(shape: [Int], found: String, expected: String) async throws {
        let outcome = try await verify(["--input", "samples.h5"], in: try await folder([("/data", shape)]))
        #expect(outcome.code == 65 && outcome.output == "", "\(outcome)")
        #expect(outcome.errors.contains("samples.h5: '/data'"), "\(outcome.errors)")
        #expect(outcome.errors.contains(found) && outcome.errors.contains(expected), "\(outcome.errors)")
    }

    @Test("in a file with several arrays, none of the input's name, are asked for by name")
    func ambiguous() async throws {
        let folder = try await folder([("/a", [3, 2, 3, 3]), ("/b", [3, 2, 3, 3])])
        for input in ["samples.h5", "data=samples.h5"] {
            let outcome = try await verify(["--input", input], in: folder)
            #expect(outcome.code == 64, "\(outcome)")
            #expect(outcome.errors.contains("'a', 'b'") && outcome.errors.contains("--input"), "\(outcome.errors)")
        }
        #expect(try await verify(["--input", "samples.h5:/b"], in: folder).code == 0)
    }

    @Test("in a file without any dataset, and a dataset that is not there, are exit code 65")
    func absent() async throws {
        let empty = try await verify(["--input", "samples.h5"], in: try await folder([]))
        #expect(empty.code == 65 && empty.errors.contains("no dataset"), "\(empty)")
        let folder = try await folder([("/data", [3, 2, 3, 3])])
        let other = try await verify(["--input", "samples.h5:/images"], in: folder)
        #expect(other.code == 65 && other.errors.contains("'/images'"), "\(other)")
        let group = try await verify(["--input", "samples.h5:/"], in: folder)
        #expect(group.code == 65 && group.errors.contains("group"), "\(group)")
    }

    @Test("with NaN are beyond, whatever the tolerance")
    func notANumber() async throws {
        let folder = try await folder([])
        let file = try HDF5File(creatingPath: folder.path("nan.h5"))
        try file.createDataset("/data", shape: [1, 2, 3, 3]).write([Double](repeating: .nan, count: 18))
        try file.close()
        let outcome = try await verify(["--input", "nan.h5", "--tolerance", "1e300"], in: folder)
        #expect(outcome.code == 2 && outcome.output.contains("not finite"), "\(outcome)")
    }

    @Test("so large that squares of them are no numbers still give a report")
    func huge() async throws {
        let folder = try await folder([])
        let file = try HDF5File(creatingPath: folder.path("huge.h5"))
        try file.createDataset("/data", shape: [1, 2, 3, 3], elementType: .float64)
            .write([Double](repeating: 1e200, count: 18))
        try file.close()
        let outcome = try await verify(["--input", "huge.h5", "--report", "-"], in: folder)
        #expect(outcome.code == 0 && outcome.errors == "", "\(outcome)")
    }

    @Test("of two inputs come from one file or from two, as many for each")
    func twoInputs() async throws {
        let pair = try await FoldedPair(.siamese)
        let shape = [4, 1, 16, 16]
        try write([("/data", shape), ("/data_p", shape)], to: "both.h5", in: pair.folder)
        try write([("/images", shape)], to: "one.h5", in: pair.folder)
        try write([("/images", [3, 1, 16, 16])], to: "fewer.h5", in: pair.folder)
        let both = try await pair.run(["--input", "both.h5"])
        #expect(both.code == 0 && both.output.contains("4 of both.h5"), "\(both)")
        let each = try await pair.run(["--input", "data=one.h5", "--input", "data_p=one.h5:/images"])
        #expect(each.code == 0, "\(each)")
        let one = try await pair.run(["--input", "data=one.h5"])
        #expect(one.code == 64 && one.errors.contains("'data_p'"), "\(one)")
        let uneven = try await pair.run(["--input", "data=one.h5", "--input", "data_p=fewer.h5"])
        #expect(uneven.code == 65 && uneven.errors.contains("fewer.h5") && uneven.errors.contains("one.h5"))
        let twice = try await pair.run(["--input", "data=one.h5", "--input", "data=one.h5"])
        #expect(twice.code == 64 && twice.errors.contains("twice"), "\(twice)")
    }

    @Test("more than the net's batch are split and the last batch filled up: as if each had run by itself")
    func batches() async throws {
        var pair = try await FoldedPair(.lenet)
        // Differences well above the noise of the arithmetic, which depends on the batch.
        try pair.folded.multiply("conv1", 0) { _ in 1.001 }
        try write([("/data", [11, 1, 16, 16])], to: "samples.h5", in: pair.folder)
        func report(batch: Int) async throws -> VerifyReport {
            var pair = pair
            pair.inputShapes = ["data=\(batch),1,16,16"]
            return try await pair.verify(["--input", "samples.h5"]).report
        }
        let one = try await report(batch: 1)
        let four = try await report(batch: 4)
        #expect(one.samples.count == 11 && four.samples.count == 11)
        #expect(one.blobs.map(\.name) == four.blobs.map(\.name))
        for (one, four) in zip(one.blobs, four.blobs) {
            #expect(one.elements == four.elements && one.worstSample == four.worstSample, "\(one.name)")
            #expect(one.worstIndex == four.worstIndex, "\(one.name)")
            #expect(isNear(one.largestAbsolute, four.largestAbsolute), "\(one.name)")
            #expect(isNear(one.rootMeanSquare, four.rootMeanSquare), "\(one.name)")
        }
        // Not their errors: the bound of each batch takes its largest number.
        #expect(one.folds.map(\.isBeyond) == four.folds.map(\.isBeyond) && one.folds.map(\.isBeyond).contains(true))
    }

    /// Sums in double precision taken in another order differ in their last digits; of an error of 1e-3 that leaves more than nine.
    private func isNear(_ first: Double, _ second: Double) -> Bool {
        abs(first - second) <= 1e-9 * max(abs(first), abs(second))
    }
}
