import Foundation
import Testing

/// Which prototxt is taken when the user names none.
@Suite("Looking for the network")
struct NetworkLookupTests {
    /// A folder with weights of a name, and the tiny net under other names.
    private func folder(weights: String, networks: [String] = []) throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        let net = TinyNet()
        try net.weights.write(to: folder.path(weights))
        for name in networks { try folder.write(net.prototxt, to: name) }
        return folder
    }

    /// The prototxt that the report names as the input, without its folder.
    private func found(in folder: TemporaryFolder, weights: String) async throws -> String? {
        let outcome = try await Program.run(["inspect", weights, "--json"], in: folder)
        #expect(outcome.code == 0, "\(outcome.errors)")
        return try Report(outcome.output).input.prototxt.split(separator: "/").last.map(String.init)
    }

    @Test(
        "the name without its ending comes first, other networks or not",
        arguments: ["net.h5", "net.hdf5", "net.caffemodel", "net.caffemodel.h5"])
    func sameName(weights: String) async throws {
        let folder = try folder(weights: weights, networks: ["a.prototxt", "net.prototxt", "z.prototxt"])
        #expect(try await found(in: folder, weights: weights) == "net.prototxt")
    }

    @Test("only the known endings are taken off")
    func otherDots() async throws {
        let folder = try folder(weights: "net_iter_1.5.h5", networks: ["net_iter_1.5.prototxt", "net_iter_1.prototxt"])
        #expect(try await found(in: folder, weights: "net_iter_1.5.h5") == "net_iter_1.5.prototxt")
    }

    @Test("else the only network in the folder is taken")
    func onlyNetwork() async throws {
        let folder = try folder(weights: "snapshot_iter_100.caffemodel.h5", networks: ["train_val.prototxt"])
        #expect(try await found(in: folder, weights: "snapshot_iter_100.caffemodel.h5") == "train_val.prototxt")
    }

    @Test("it is looked for beside the weights, not in the working directory")
    func folderOfTheWeights() async throws {
        let folder = try folder(weights: "net.h5", networks: ["net.prototxt"])
        let other = try TemporaryFolder()
        let outcome = try await Program.run([folder.path("net.h5"), "out.h5"], in: other)
        #expect(outcome.code == 0, "\(outcome.errors)")
    }

    @Test("a solver counts for the net that it names", arguments: ["net", "train_net"])
    func solver(field: String) async throws {
        let folder = try folder(weights: "snapshot.h5")
        try folder.makeFolder("models")
        try folder.write(TinyNet().prototxt, to: "models/train.prototxt")
        try folder.write("\(field): \"models/train.prototxt\"\nbase_lr: 0.1\n", to: "solver.prototxt")
        #expect(try await found(in: folder, weights: "snapshot.h5") == "train.prototxt")
    }

    @Test("a solver's net is found beside it, whatever folder the training was started in")
    func solverFromElsewhere() async throws {
        let folder = try folder(weights: "snapshot.h5", networks: ["train.prototxt"])
        try folder.write("net: \"examples/tiny/train.prototxt\"\n", to: "solver.prototxt")
        #expect(try await found(in: folder, weights: "snapshot.h5") == "train.prototxt")
    }

    @Test("a solver and the net that it names are one candidate")
    func solverAndNet() async throws {
        let folder = try folder(weights: "snapshot.h5", networks: ["train.prototxt"])
        try folder.write("net: \"train.prototxt\"\n", to: "solver.prototxt")
        #expect(try await found(in: folder, weights: "snapshot.h5") == "train.prototxt")
    }

    @Test("other prototxts in the folder are no candidates")
    func otherMessages() async throws {
        let folder = try folder(weights: "snapshot.h5", networks: ["train.prototxt"])
        try folder.write("item { name: \"background\" label: 0 }\n", to: "labelmap.prototxt")
        try folder.write("layer {", to: "broken.prototxt")
        #expect(try await found(in: folder, weights: "snapshot.h5") == "train.prototxt")
    }

    @Test("several networks are an error that lists them, and nothing is written")
    func severalNetworks() async throws {
        let folder = try folder(weights: "snapshot.h5", networks: ["deploy.prototxt", "train.prototxt"])
        let outcome = try await Program.run(["snapshot.h5", "out.h5"], in: folder)
        #expect(outcome.code == 64)
        #expect(outcome.errors.contains("deploy.prototxt") && outcome.errors.contains("train.prototxt"))
        #expect(outcome.errors.contains("--prototxt"))
        #expect(try folder.names() == ["deploy.prototxt", "snapshot.h5", "train.prototxt"])
    }

    @Test("no network is an error that says what was looked for")
    func noNetwork() async throws {
        let folder = try folder(weights: "snapshot.h5")
        let outcome = try await Program.run(["snapshot.h5", "out.h5"], in: folder)
        #expect(outcome.code == 66)
        #expect(outcome.errors.contains("snapshot.prototxt") && outcome.errors.contains("--prototxt"))
    }
}
