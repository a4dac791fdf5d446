import Testing

/// The ending of the output's name tells its container; a name that tells none is an error.
@Suite("Names of outputs")
struct OutputNameTests {
    private func outcome(_ arguments: [String]) async throws -> (outcome: Program.Outcome, names: [String]) {
        let folder = try TinyNet.folder()
        let outcome = try await Program.run(arguments, in: folder)
        return (outcome, try folder.names())
    }

    @Test(
        "an ending that nobody knows is an error that lists the known ones, and nothing is written",
        arguments: [
            "net.caffemodel_fp16", "net.caffemodel.bak", "net.pb", "net.onnx", "net.caffemodel.h5.tmp", "net.v2",
            "weights", "net.npz",
        ])
    func unknown(name: String) async throws {
        for command in ["fold", "convert"] {
            let (outcome, names) = try await outcome([command, "net.h5", name])
            #expect(outcome.code == 64)
            for known in [name, ".h5", ".hdf5", ".caffemodel"] { #expect(outcome.errors.contains(known)) }
            #expect(names == ["net.h5", "net.prototxt"])
        }
    }

    @Test("a prototxt is no place for weights", arguments: ["out.prototxt", "out.PROTOTXT", "out.caffemodel.prototxt"])
    func prototxt(name: String) async throws {
        for command in ["fold", "convert"] {
            let (outcome, names) = try await outcome([command, "net.h5", name])
            #expect(outcome.code == 64)
            #expect(outcome.errors.contains("prototxt"), "\(outcome.errors)")
            #expect(names == ["net.h5", "net.prototxt"])
        }
    }

    @Test(
        "the known endings are known in any case",
        arguments: ["a.h5", "a.hdf5", "a.H5", "a.caffemodel", "a.CaffeModel", "a.caffemodel.h5", "a.caffemodel.hdf5"])
    func known(name: String) async throws {
        let (outcome, names) = try await outcome(["net.h5", name])
        #expect(outcome.code == 0, "\(outcome.errors)")
        #expect(names.contains(name))
    }

    @Test("weights are no place for the prototxt", arguments: ["x.h5", "x.hdf5", "x.caffemodel"])
    func outputPrototxt(name: String) async throws {
        let (outcome, names) = try await outcome(["net.h5", "out.h5", "--output-prototxt", name])
        #expect(outcome.code == 64)
        #expect(outcome.errors.contains("--output-prototxt"), "\(outcome.errors)")
        #expect(names == ["net.h5", "net.prototxt"])
    }
}
