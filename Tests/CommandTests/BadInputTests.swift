import Foundation
import Testing

/// Input that cannot be folded: what the user is told, with which exit code, and that nothing is left behind.
@Suite("Bad input")
struct BadInputTests {
    /// Folds `net.h5` of a folder and expects an error, and the folder as it was before.
    private func expectFailure(
        in folder: TemporaryFolder, code: Int32, saying words: [String], arguments: [String] = ["net.h5", "out.h5"],
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let before = try folder.names()
        let outcome = try await Program.run(arguments, in: folder)
        #expect(outcome.code == code, "\(outcome.errors)", sourceLocation: sourceLocation)
        #expect(outcome.output == "", sourceLocation: sourceLocation)
        for word in words {
            #expect(outcome.errors.contains(word), "\(outcome.errors)", sourceLocation: sourceLocation)
        }
        #expect(outcome.errors.hasPrefix("bnfold: error: "), sourceLocation: sourceLocation)
        #expect(
            !outcome.errors.contains("bnfold-new"), "names a file that the user does not know",
            sourceLocation: sourceLocation)
        #expect(try folder.names() == before, sourceLocation: sourceLocation)
    }

    @Test("a layer that the weights lack names group, layer and the blobs it needs")
    func missingLayer() async throws {
        let folder = try TinyNet.folder { net in
            net.weights.groups.remove("/data/bn")
            net.weights.blobs = net.weights.blobs.filter { !$0.key.hasPrefix("/data/bn/") }
        }
        try await expectFailure(
            in: folder, code: 65, saying: ["net.h5", "'/data/bn'", "'bn'", "BatchNorm", "3 (mean, variance"])
    }

    @Test("a missing blob names the group, how many blobs it holds and which one is missing")
    func missingBlob() async throws {
        let folder = try TinyNet.folder { $0.weights.blobs["/data/conv/1"] = nil }
        try await expectFailure(
            in: folder, code: 65, saying: ["net.h5", "'/data/conv'", "1 blob", "bias", "2 (weight, bias)"])
    }

    @Test("a surplus blob names the group and what the layer needs")
    func surplusBlob() async throws {
        let folder = try TinyNet.folder { $0.weights.add("conv", 2, [2], [0, 0]) }
        try await expectFailure(
            in: folder, code: 65, saying: ["net.h5", "'/data/conv/2'", "3 blobs", "2 (weight, bias)"])
    }

    @Test("a blob of another shape names the dataset and both shapes")
    func shapeMismatch() async throws {
        let folder = try TinyNet.folder { $0.weights.add("conv", 0, [2, 1, 1, 1], [1, 2]) }
        try await expectFailure(in: folder, code: 65, saying: ["net.h5", "'/data/conv/0'", "2x1x1x1", "2x2x1x1"])
    }

    @Test("an empty prototxt is no network")
    func emptyPrototxt() async throws {
        let folder = try TinyNet.folder { $0.prototxt = "" }
        try await expectFailure(
            in: folder, code: 65, saying: ["net.prototxt", "no network"],
            arguments: ["net.h5", "out.h5", "--prototxt", "net.prototxt"])
    }

    @Test("a prototxt cut in the middle names line and column and what was expected")
    func cutPrototxt() async throws {
        let folder = try TinyNet.folder { $0.prototxt.removeLast(20) }
        try await expectFailure(in: folder, code: 65, saying: ["net.prototxt:5:", "not closed", "end of the file"])
    }

    @Test("a binary file for a prototxt is told as such")
    func binaryPrototxt() async throws {
        let folder = try TinyNet.folder()
        try await expectFailure(
            in: folder, code: 65, saying: ["net.h5", "HDF5"],
            arguments: ["net.h5", "out.h5", "--prototxt", "net.h5"])
    }

    @Test("a solver for a network is told, with what to give instead", arguments: ["net", "train_net", "test_net"])
    func solverPrototxt(field: String) async throws {
        let folder = try TinyNet.folder()
        try folder.write("\(field): \"net.prototxt\"\nbase_lr: 0.1\n", to: "solver.prototxt")
        try await expectFailure(
            in: folder, code: 65, saying: ["solver.prototxt", "solver", "'\(field):'"],
            arguments: ["net.h5", "out.h5", "--prototxt", "solver.prototxt"])
    }

    @Test("a solver state is told from weights, and the weights it belongs to are named")
    func solverState() async throws {
        let folder = try TemporaryFolder()
        let state = Fixture.badStatistics.folder.appendingPathComponent("not-weights.solverstate.h5").path
        try await expectFailure(
            in: folder, code: 65, saying: ["not-weights.solverstate.h5", "state of a solver", ".caffemodel.h5"],
            arguments: [state, "out.h5", "--prototxt", Fixture.badStatistics.prototxt])
    }

    @Test("a text file for weights is told as such")
    func textForWeights() async throws {
        let folder = try TinyNet.folder()
        try folder.write("version https://example.org/spec\n", to: "net.h5")
        try await expectFailure(in: folder, code: 65, saying: ["net.h5", "HDF5", "text that begins with"])
    }

    @Test("an empty weights file is told as such")
    func emptyWeights() async throws {
        let folder = try TinyNet.folder()
        try folder.write("", to: "net.h5")
        try await expectFailure(in: folder, code: 65, saying: ["net.h5", "empty"])
    }

    @Test("truncated weights are malformed, wherever they were cut", arguments: [9, 100, 500, 1000, 2048, 4000])
    func truncatedWeights(length: Int) async throws {
        let folder = try TinyNet.folder()
        let whole = try folder.data("net.h5")
        try #require(length < whole.count)
        try folder.write(whole.prefix(length), to: "net.h5")
        try await expectFailure(in: folder, code: 65, saying: ["net.h5"])
    }

    @Test("an HDF5 file without '/data' holds no weights of Caffe")
    func foreignHDF5() async throws {
        let folder = try TinyNet.folder { $0.weights = WeightFile(groups: ["/model_weights"]) }
        try await expectFailure(in: folder, code: 65, saying: ["net.h5", "'/data'"])
    }

    @Test("missing weights are told before anything else")
    func missingWeights() async throws {
        let folder = try TinyNet.folder()
        try await expectFailure(in: folder, code: 66, saying: ["none.h5"], arguments: ["none.h5", "out.h5"])
    }

    @Test("a missing prototxt is named")
    func missingPrototxt() async throws {
        let folder = try TinyNet.folder()
        try await expectFailure(
            in: folder, code: 66, saying: ["none.prototxt"],
            arguments: ["net.h5", "out.h5", "--prototxt", "none.prototxt"])
    }

    @Test("a folder for weights is told as such")
    func folderForWeights() async throws {
        let folder = try TinyNet.folder()
        try folder.makeFolder("weights")
        try await expectFailure(
            in: folder, code: 66, saying: ["weights: ", "folder", "file"],
            arguments: ["weights", "out.h5", "--prototxt", "net.prototxt"])
    }

    @Test("a folder for a prototxt is told as such")
    func folderForPrototxt() async throws {
        let folder = try TinyNet.folder()
        try folder.makeFolder("nets")
        try await expectFailure(
            in: folder, code: 66, saying: ["nets", "folder"],
            arguments: ["net.h5", "out.h5", "--prototxt", "nets"])
    }

    @Test("a value that is not finite is refused with blob and index", arguments: [Double.nan, .infinity, -.infinity])
    func notFinite(value: Double) async throws {
        let folder = try TinyNet.folder { $0.weights.add("scale", 0, [2], [1, value]) }
        try await expectFailure(in: folder, code: 65, saying: ["net.h5", "'scale'", "gamma", "index 1"])
    }

    @Test("a variance that eps does not make good is refused with its channel")
    func negativeVariance() async throws {
        let folder = try TinyNet.folder { $0.weights.add("bn", 1, [2], [2, -8]) }
        try await expectFailure(in: folder, code: 65, saying: ["net.h5", "'bn'", "channel 1", "-4"])
    }

    @Test("a moving-average factor of 0 is refused with the option that takes it")
    func zeroFactor() async throws {
        let folder = try TinyNet.folder { $0.weights.add("bn", 2, [1], [0]) }
        try await expectFailure(in: folder, code: 65, saying: ["net.h5", "'bn'", "factor is 0", "--allow-untrained"])
    }

    @Test("all suspect layers are told at once")
    func severalFindings() async throws {
        let folder = try TinyNet.folder { net in
            net.weights.add("bn", 1, [2], [2, -8])
            net.weights.add("scale", 1, [2], [.nan, 1])
        }
        try await expectFailure(in: folder, code: 65, saying: ["'bn'", "'scale'"])
    }

    @Test("a data layer without a known shape names the option, the channels and who tells them")
    func unknownInputShape() async throws {
        let folder = try TemporaryFolder()
        try await expectFailure(
            in: folder, code: 65, saying: ["train_val.prototxt:17:", "--input-shape data=1,1,H,W", "'conv1'"],
            arguments: [Fixture.lenet.weights, "out.h5", "--prototxt", Fixture.lenet.prototxt])
    }

    @Test("an input shape that does not fit the weights is malformed input")
    func wrongInputShape() async throws {
        let folder = try TemporaryFolder()
        try await expectFailure(
            in: folder, code: 65, saying: ["'/data/conv1/0'", "12x1x5x5", "12x3x5x5"],
            arguments: [
                Fixture.lenet.weights, "out.h5", "--prototxt", Fixture.lenet.prototxt, "--input-shape",
                "data=1,3,16,16",
            ])
    }

    @Test(
        "an unreadable file is named with the system's reason",
        .enabled(if: Unprivileged.isAvailable, "cannot become another user"),
        arguments: ["net.h5", "net.prototxt"])
    func unreadable(name: String) async throws {
        let folder = try TinyNet.folder()
        try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: folder.url.path)
        try FileManager.default.setAttributes([.posixPermissions: 0], ofItemAtPath: folder.path(name))
        let outcome = try await Program.run(
            script: Unprivileged.script, ["net.h5", "out.h5", "--prototxt", "net.prototxt"], in: folder)
        #expect(outcome.code == 66, "\(outcome.errors)")
        #expect(outcome.errors.contains(name) && outcome.errors.contains("Permission denied"), "\(outcome.errors)")
        #expect(try folder.names() == ["net.h5", "net.prototxt"])
    }
}
