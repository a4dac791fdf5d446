import Foundation
import Testing

/// Weights in half precision.
@Suite("Half precision")
struct HalfPrecisionTests {
    private func run(_ arguments: [String], in folder: TemporaryFolder) async throws -> Report {
        let outcome = try await Program.run(arguments + ["--report", "-"], in: folder)
        #expect(outcome.code == 0, "\(outcome.errors)")
        return try Report(outcome.output)
    }

    @Test(
        "HDF5 gets float16, and the pair is verified with the bound of half precision; what stands behind --half may be a file"
    )
    func hdf5() async throws {
        let folder = try TinyNet.folder()
        let report = try await run(["net.h5", "--half", "out.h5", "--verify"], in: folder)
        let weights = try WeightFile(reading: folder.path("out.h5"))
        #expect(weights.blobs.values.allSatisfy { $0.elementType == .float16 } && weights.blobs.count == 2)
        #expect(report.half?.extent == "weights")
        #expect(report.half?.numbers == 6 && report.half?.roundedNumbers == 6)
        #expect(report.half?.bytesBefore == 24 && report.half?.bytesAfter == 12)
        #expect(report.verification?.toleranceReason == "since weights were rounded to half precision")
        #expect(report.remarks == [])
    }

    @Test("a .caffemodel gets NVCaffe's raw data, made anew and edited, and a note tells who reads it")
    func caffemodel() async throws {
        let folder = try TinyNet.folder()
        let report = try await run(["net.h5", "new.caffemodel", "--half", "--verify"], in: folder)
        #expect(report.remarks.map(\.kind) == ["half-precision"] && report.remarks[0].message.contains("NVCaffe"))
        _ = try await run(["net.h5", "float.caffemodel", "--only-adjacent"], in: folder)
        _ = try await run(
            ["float.caffemodel", "edited.caffemodel", "--prototxt", "float.prototxt", "--half", "--verify"], in: folder)
        // raw_data_type 2, which is FLOAT16.
        for name in ["new.caffemodel", "edited.caffemodel"] {
            let bytes = try Data(contentsOf: URL(fileURLWithPath: folder.path(name)))
            #expect(bytes.range(of: Data([0x50, 2])) != nil, "\(name)")
        }
        let same = try await Program.run(["diff", "new.caffemodel", "edited.caffemodel"], in: folder)
        #expect(same.code == 0, "\(same.output)")
    }

    @Test("without the option half precision in HDF5 becomes Float, as before, and with it stays")
    func halfBefore() async throws {
        let folder = try TinyNet.folder()
        _ = try await run(["net.h5", "half.h5", "--half"], in: folder)
        _ = try await run(["half.h5", "float.h5"], in: folder)
        _ = try await run(["half.h5", "again.h5", "--half", "--verify"], in: folder)
        #expect(try WeightFile(reading: folder.path("float.h5")).blobs.values.allSatisfy { $0.elementType == .float32 })
        #expect(try WeightFile(reading: folder.path("again.h5")) == WeightFile(reading: folder.path("half.h5")))
    }

    @Test("what would become infinite stays in Float, and is told", arguments: ["h5", "caffemodel"])
    func overflow(container: String) async throws {
        let folder = try TinyNet.folder { $0.weights.add("scale", 1, [2], [0, 70000]) }
        let outcome = try await Program.run(["net.h5", "out.\(container)", "--half", "--verify"], in: folder)
        #expect(outcome.code == 0, "\(outcome.errors)")
        #expect(
            outcome.output.contains(
                "conv bias  stays  1 of 2 is beyond 65504 and would become infinite; the largest is 70000.5"),
            "\(outcome.output)")
    }

    @Test("losses are told, and a limit for them keeps tensors")
    func losses() async throws {
        let folder = try TinyNet.folder { $0.weights.add("conv", 0, [2, 2, 1, 1], [1, 1e-9, 3, 4]) }
        let outcome = try await Program.run(["net.h5", "out.h5", "--half"], in: folder)
        #expect(
            outcome.output.contains(
                "conv weight  rounded  1 of 4 (25.0%) loses more than 2^-11 of itself, 1 of them becomes 0"),
            "\(outcome.output)")
        let limited = try await Program.run(["net.h5", "less.h5", "--half", "--half-loss", "0.1"], in: folder)
        #expect(limited.output.contains("which is more than --half-loss allows"), "\(limited.output)")
        let blobs = try WeightFile(reading: folder.path("less.h5")).blobs
        #expect(blobs["/data/conv/0"]?.elementType == .float32 && blobs["/data/conv/1"]?.elementType == .float16)
    }

    @Test("statistics of a BatchNorm that stays are left alone")
    func statistics() async throws {
        let folder = try TinyNet.folder { net in
            net.prototxt = net.prototxt.replacing(
                #"bottom: "conv" top: "conv" }"# + "\n" + #"layer { name: "scale""#,
                with: #"bottom: "conv" top: "conv" batch_norm_param { use_global_stats: false } }"# + "\n"
                    + #"layer { name: "scale""#)
        }
        _ = try await run(["net.h5", "out.h5", "--half", "--keep-batch-statistics"], in: folder)
        let blobs = try WeightFile(reading: folder.path("out.h5")).blobs
        #expect(blobs["/data/bn/1"]?.elementType == .float32 && blobs["/data/conv/0"]?.elementType == .float16)
    }

    @Test("a layer that is to stay is named, and must be one that has numbers after the fold")
    func keep() async throws {
        let folder = try TinyNet.folder()
        _ = try await run(["net.h5", "out.h5", "--half", "--half-keep", "conv"], in: folder)
        #expect(try WeightFile(reading: folder.path("out.h5")).blobs.values.allSatisfy { $0.elementType == .float32 })
        for (name, reason) in [
            ("bn", "is gone after the fold; name the layer that took it"), ("data", "has no numbers of its own"),
            ("cnov", "is no layer of it"),
        ] {
            let outcome = try await Program.run(["net.h5", "no.h5", "--half", "--half-keep", name], in: folder)
            #expect(outcome.code == 64 && outcome.errors.contains("--half-keep names '\(name)', which \(reason)"))
        }
    }

    @Test(
        "wrong uses are told",
        arguments: [
            (["--half", "graph"], "--half graph is for models of ONNX"),
            (["--half-keep", "conv"], "--half-keep is an option of --half, which is not given"),
            (["--half", "--half-loss", "2"], "--half-loss takes a share from 0 to 1, not 2.0"),
        ])
    func usage(options: [String], message: String) async throws {
        let folder = try TinyNet.folder()
        let outcome = try await Program.run(["net.h5", "out.h5"] + options, in: folder)
        #expect(outcome.code == 64 && outcome.errors.contains(message), "\(outcome.errors)")
        #expect(try folder.names() == ["net.h5", "net.prototxt"])
    }

    @Test("inspect tells the same without writing")
    func inspect() async throws {
        let folder = try TinyNet.folder()
        let outcome = try await Program.run(["inspect", "net.h5", "--half"], in: folder)
        #expect(outcome.output.contains("6 of 6 numbers are stored in half precision: 12 B instead of 24 B"))
    }

    @Test("a line of a batch asks for it")
    func batch() async throws {
        let folder = try TinyNet.folder()
        try folder.write(
            #"{"input": "net.h5", "output": "out.h5", "options": {"half": "weights", "halfKeep": ["conv"]}}"# + "\n"
                + #"{"input": "net.h5", "output": "all.h5", "options": {"half": true}}"# + "\n", to: "jobs.jsonl")
        let outcome = try await Program.run(["batch", "jobs.jsonl", "--output-dir", "."], in: folder)
        #expect(outcome.code == 0, "\(outcome.errors)")
        let types = try ["out.h5", "all.h5"].map { name in
            try WeightFile(reading: folder.path(name)).blobs["/data/conv/0"]?.elementType
        }
        #expect(types == [.float32, .float16])
    }
}
