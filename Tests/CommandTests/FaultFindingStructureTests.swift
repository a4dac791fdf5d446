import Testing

/// Folds with a mistake in the network: `verify` finds each, and names the layers.
@Suite("Fault finding: structure")
struct FaultFindingStructureTests {
    @Test("a BatchNorm is folded into the next convolution of the file, not the one that it reads")
    func nextInFile() async throws {
        var pair = try await FoldedPair(.branches)
        let affine = try Affine(pair.original, batchNorm: "bn2", scale: "scale2")
        try pair.edit("conv2") { $0 = $0.replacing("bias_term: true", with: "bias_term: false") }
        pair.folded.blobs["/data/conv2/1"] = nil
        try pair.folded.set("conv2", 0, pair.original.values("conv2", 0))
        try pair.absorb(affine, in: "conv3")
        let verdict = try await pair.verify()
        #expect(verdict.code == 2)
        #expect(verdict.foldsBeyond.contains("bn2 scale2") && verdict.foldsBeyond.contains("conv3"))
        #expect(verdict.report.first?.removed == ["bn2", "scale2"], "\(verdict.text)")
    }

    @Test("a fold changes what the second reader of a branch gets")
    func secondReader() async throws {
        var pair = try await FoldedPair(.branches)
        let affine = try Affine(pair.original, batchNorm: "bn1", scale: "scale1")
        try pair.absorb(affine, in: "conv1")
        try pair.remove("scale1")
        try pair.edit("relu1") { $0 = $0.replacing("bottom: \"bn1\"", with: "bottom: \"conv1\"") }
        let verdict = try await pair.verify()
        #expect(verdict.code == 2)
        #expect(verdict.report.first?.changed == ["conv1"], "\(verdict.text)")
        #expect(verdict.report.first?.removed == ["bn1", "scale1"])
        // What the activation reads is right; what the shortcut reads is not.
        #expect(verdict.report.first?.blob == "conv1")
        #expect(verdict.report.blobs.first { $0.name == "conv1" && $0.isBeyond } != nil)
        #expect(verdict.report.blobs.filter { $0.name == "bn1" }.allSatisfy { !$0.isBeyond })
    }

    @Test("a fold jumps over a ReLU in place")
    func acrossReLU() async throws {
        var pair = try await FoldedPair(.preactivation)
        let affine = try Affine(pair.original, batchNorm: "bn3")
        try pair.edit("conv2") { $0 = $0.replacing("bias_term: false", with: "bias_term: true") }
        let inner = try pair.original.shape("conv2", 0).dropFirst().reduce(1, *)
        try pair.folded.multiply("conv2", 0) { affine.scale[$0 / inner] }
        pair.folded.add("conv2", 1, [affine.shift.count], affine.shift)
        try pair.remove("bn3")
        try pair.edit("conv3") { $0 = $0.replacing("'bn3'", with: "'conv2'") }
        let verdict = try await pair.verify()
        #expect(verdict.code == 2)
        #expect(verdict.report.first?.changed == ["conv2"], "\(verdict.text)")
        #expect(verdict.foldsBeyond.contains { $0.contains("bn3") })
    }

    @Test("a Scale without a BatchNorm is deleted")
    func scaleDeleted() async throws {
        var pair = try await FoldedPair(.squeezeExcitation)
        for index in [0, 1] { try pair.folded.set("conv1", index, pair.original.values("conv1", index)) }
        let verdict = try await pair.verify()
        #expect(verdict.code == 2)
        #expect(verdict.report.first?.changed == [] && verdict.report.first?.removed == ["affine1"], "\(verdict.text)")
        #expect(verdict.text.contains("look at the fold of 'affine1'"))
    }

    @Test("a BatchNorm without a convolution before it is deleted")
    func batchNormDeleted() async throws {
        var pair = try await FoldedPair(.preactivation)
        try pair.remove("bn3")
        try pair.edit("conv3") { $0 = $0.replacing("'bn3'", with: "'conv2'") }
        let verdict = try await pair.verify()
        #expect(verdict.code == 2)
        #expect(verdict.report.first?.changed == [] && verdict.report.first?.removed == ["bn3"], "\(verdict.text)")
    }

    @Test("the normalisation of the input is deleted")
    func inputNormalisationDeleted() async throws {
        var pair = try await FoldedPair(.preactivation)
        try pair.remove("scale_data")
        try pair.edit("conv1") { $0 = $0.replacing("'data_norm'", with: "'data'") }
        let verdict = try await pair.verify()
        #expect(verdict.code == 2)
        #expect(verdict.foldsBeyond.first == "bn_data scale_data", "\(verdict.foldsBeyond)")
        #expect(verdict.report.first?.removed == ["bn_data", "scale_data"], "\(verdict.text)")
    }

    @Test("the two-bottom Scale of squeeze-and-excitation is deleted")
    func gateDeleted() async throws {
        var pair = try await FoldedPair(.squeezeExcitation)
        try pair.edit("se1_scale") { $0 = "" }
        try pair.edit("conv3") { $0 = $0.replacing("\"se1_out\"", with: "\"conv2\"") }
        let verdict = try await pair.verify()
        #expect(verdict.code == 2)
        #expect(verdict.report.first?.removed.contains("se1_scale") == true, "\(verdict.text)")
    }

    @Test("the two bottoms of a Scale change places")
    func gateSwapped() async throws {
        var pair = try await FoldedPair(.squeezeExcitation)
        try pair.edit("se2_scale") {
            $0 = $0.replacing("\"bn5\"", with: "\"other\"").replacing("\"se2_up\"", with: "\"bn5\"")
                .replacing("\"other\"", with: "\"se2_up\"")
        }
        let outcome = try await pair.run()
        #expect(outcome.code == 65 || outcome.code == 2, "\(outcome)")
        #expect((outcome.output + outcome.errors).contains("se2_scale"), "\(outcome)")
    }

    @Test("an activation is deleted")
    func activationDeleted() async throws {
        var pair = try await FoldedPair(.lenet)
        try pair.remove("relu3")
        let verdict = try await pair.verify()
        #expect(verdict.code == 2)
        #expect(verdict.report.first?.removed.contains("relu3") == true, "\(verdict.text)")
    }

    @Test("a field of a layer has changed")
    func fieldChanged() async throws {
        var pair = try await FoldedPair(.lenet)
        try pair.edit("pool2") { $0 = $0.replacing("pool: MAX", with: "pool: AVE") }
        let verdict = try await pair.verify()
        #expect(verdict.code == 2)
        #expect(verdict.report.first?.changed == ["pool2"] && verdict.report.first?.removed == [], "\(verdict.text)")
        #expect(verdict.report.first?.blob == "pool2")
    }

    @Test("a blob has another shape")
    func shapeChanged() async throws {
        var pair = try await FoldedPair(.branches)
        try pair.edit("pool6b") { $0 = $0.replacing("pool: MAX", with: "pool: MAX, pad: 1") }
        let outcome = try await pair.run()
        #expect(outcome.code == 65 || outcome.code == 2, "\(outcome)")
        #expect((outcome.output + outcome.errors).contains("cat6"), "\(outcome)")
    }

    @Test("the last layer is missing")
    func outputMissing() async throws {
        var pair = try await FoldedPair(.branches)
        try pair.remove("ip8")
        try pair.edit("prob") { $0 = "" }
        let verdict = try await pair.verify()
        #expect(verdict.code == 2, "\(verdict.text)")
    }

    @Test("'bias_term: false' stays beside a new bias blob: the pair cannot be loaded")
    func biasTermFalse() async throws {
        var pair = try await FoldedPair(.branches)
        try pair.edit("conv2") { $0 = $0.replacing("bias_term: true", with: "bias_term: false") }
        let outcome = try await pair.run()
        #expect(outcome.code == 65 && outcome.output == "", "\(outcome)")
        #expect(outcome.errors.contains("conv2"), "\(outcome.errors)")
    }

    @Test("a bias blob is missing beside 'bias_term: true': the pair cannot be loaded")
    func biasMissing() async throws {
        var pair = try await FoldedPair(.branches)
        pair.folded.blobs["/data/conv2/1"] = nil
        let outcome = try await pair.run()
        #expect(outcome.code == 65 && outcome.output == "", "\(outcome)")
        #expect(outcome.errors.contains("conv2"), "\(outcome.errors)")
    }

    @Test("the weights of another net cannot be loaded")
    func otherNet() async throws {
        var pair = try await FoldedPair(.lenet)
        let other = try await FoldedPair(.siamese)
        pair.folded = other.folded
        let outcome = try await pair.run()
        #expect(outcome.code == 65, "\(outcome)")
        pair.prototxt = other.prototxt
        let both = try await pair.run()
        #expect(both.code == 65 || both.code == 64, "\(both)")
        #expect(both.errors.contains("'data_p'"), "\(both.errors)")
    }
}
