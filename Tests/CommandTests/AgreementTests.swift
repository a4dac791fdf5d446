import Testing

/// Right folds: `verify` must not cry wolf.
@Suite("Right folds agree")
struct AgreementTests {
    @Test("each net with its fold, every fold tried on the samples", arguments: Fixture.all)
    func double(fixture: Fixture) async throws {
        let verdict = try await FoldedPair(fixture).verify()
        #expect(verdict.code == 0, "\(verdict.text)")
        #expect(verdict.foldsBeyond == [] && verdict.blobsBeyond == [] && verdict.report.first == nil)
        #expect(!verdict.report.folds.isEmpty && verdict.report.folds.allSatisfy { $0.coverage == "network" })
        #expect(verdict.report.layersRun == verdict.report.layerCount && verdict.report.obstacles == [])
        #expect(verdict.report.blobs.allSatisfy { $0.obstacle == nil && $0.elements > 0 })
        #expect(verdict.report.blobs.contains { $0.isOutput })
    }

    @Test("also in single precision", arguments: Fixture.all)
    func single(fixture: Fixture) async throws {
        let verdict = try await FoldedPair(fixture).verify(["--precision", "single"])
        #expect(verdict.code == 0, "\(verdict.text)")
        #expect(verdict.report.precision == "single" && verdict.report.tolerance == 5e-5)
    }

    @Test("on whatever noise", arguments: ["2", "3", "18446744073709551615"])
    func seeds(seed: String) async throws {
        let verdict = try await FoldedPair(.resnet).verify(["--seed", seed, "--samples", "1"])
        #expect(verdict.code == 0, "\(verdict.text)")
    }

    @Test("a net with itself: no folds, and no difference at all")
    func itself() async throws {
        let fixture = Fixture.branches
        let outcome = try await Program.run(
            [
                "verify", fixture.weights, fixture.weights, "--prototxt", fixture.testNet, "--folded-prototxt",
                fixture.testNet, "--tolerance", "0",
            ],
            in: try TemporaryFolder())
        #expect(outcome.code == 0, "\(outcome)")
        #expect(outcome.output.contains("none: both networks have the same layers and numbers"), "\(outcome.output)")
    }

    @Test("the TEST net with the fold of the training net")
    func testNet() async throws {
        let pair = try await FoldedPair(.lenet)
        let outcome = try await Program.run(
            ["verify", pair.fixture.weights, "out.h5", "--prototxt", pair.fixture.testNet], in: pair.folder)
        #expect(outcome.code == 0, "\(outcome)")
    }

    @Test("the shape of the input needs no telling where the folded net has it")
    func shapeOfFolded() async throws {
        let pair = try await FoldedPair(.lenet)
        let outcome = try await Program.run(
            ["verify", pair.fixture.weights, "out.h5", "--prototxt", pair.fixture.prototxt], in: pair.folder)
        #expect(outcome.code == 0, "\(outcome)")
    }

    @Test("a fold that keeps training, and one to a .caffemodel")
    func otherForms() async throws {
        let folder = try TemporaryFolder()
        let fixture = Fixture.resnet
        for (output, options) in [("out.h5", ["--keep-training"]), ("out.caffemodel", ["--force"])] {
            let fold = try await Program.run(
                [fixture.weights, output, "--prototxt", fixture.prototxt] + fixture.shapeArguments + options, in: folder
            )
            try #require(fold.code == 0, "\(fold.errors)")
            let outcome = try await Program.run(
                ["verify", fixture.weights, output, "--prototxt", fixture.prototxt] + fixture.shapeArguments, in: folder
            )
            #expect(outcome.code == 0, "\(outcome)")
        }
    }

    @Test("a fold by another tool, which renames the readers' bottoms in place of the convolution's top")
    func otherNames() async throws {
        var pair = try await FoldedPair(.branches)
        try pair.edit("conv2") { $0 = $0.replacing("\"norm2\"", with: "\"conv2\"") }
        pair.prototxt = pair.prototxt.replacing("bottom: \"norm2\"", with: "bottom: \"conv2\"")
        let verdict = try await pair.verify()
        #expect(verdict.code == 0, "\(verdict.text)")
        #expect(verdict.fold(changing: "conv2")?.removed == ["bn2", "scale2"])
        #expect(verdict.fold(changing: "conv2")?.coverage == "network")
    }

    @Test("and the same fold with a mistake is found all the same")
    func otherNamesAndMistake() async throws {
        var pair = try await FoldedPair(.branches)
        try pair.edit("conv2") { $0 = $0.replacing("\"norm2\"", with: "\"conv2\"") }
        pair.prototxt = pair.prototxt.replacing("bottom: \"norm2\"", with: "bottom: \"conv2\"")
        try pair.folded.multiply("conv2", 1) { $0 == 0 ? 1.001 : 1 }
        try await pair.expectFault(at: "conv2", from: ["bn2", "scale2"])
    }

    @Test("an output under another name")
    func renamedOutput() async throws {
        var pair = try await FoldedPair(.branches)
        try pair.edit("prob") { $0 = $0.replacing("top: \"prob\"", with: "top: \"probabilities\"") }
        let verdict = try await pair.verify()
        #expect(verdict.code == 0, "\(verdict.text)")
        #expect(verdict.report.missingOutputs == [])
    }
}
