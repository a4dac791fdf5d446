import Testing

/// Folds with a mistake in their numbers: `verify` finds each, and names the layer.
@Suite("Fault finding: arithmetic")
struct FaultFindingArithmeticTests {
    @Test("the formula of these tests, without a mistake, is the fold")
    func noMistake() async throws {
        var pair = try await FoldedPair(.lenet)
        let affine = try Affine(pair.original, batchNorm: "bn1", scale: "scale1")
        try pair.absorb(affine, in: "conv1")
        let verdict = try await pair.verify()
        #expect(verdict.code == 0 && verdict.foldsBeyond == [], "\(verdict.text)")
        #expect(verdict.fold(changing: "conv1")?.removed == ["bn1", "scale1"])
    }

    @Test("the convolution's own bias is not scaled")
    func biasNotScaled() async throws {
        var pair = try await FoldedPair(.lenet)
        let affine = try Affine(pair.original, batchNorm: "bn1", scale: "scale1")
        let bias = try pair.original.values("conv1", 1)
        try pair.folded.set("conv1", 1, zip(bias, affine.shift).map { $0 + $1 })
        try await pair.expectFault(at: "conv1", from: ["bn1", "scale1"])
    }

    @Test("mean and shift are dropped where there was no bias")
    func shiftDropped() async throws {
        var pair = try await FoldedPair(.branches)
        try pair.edit("conv2") { $0 = $0.replacing("bias_term: true", with: "bias_term: false") }
        pair.folded.blobs["/data/conv2/1"] = nil
        try await pair.expectFault(at: "conv2", from: ["bn2", "scale2"])
    }

    @Test("the mean is added in place of subtracted")
    func meanAdded() async throws {
        var pair = try await FoldedPair(.lenet)
        var affine = try Affine(pair.original, batchNorm: "bn2", scale: "scale2")
        let betas = try pair.original.values("scale2", 1)
        affine.shift = zip(affine.shift, betas).map { 2 * $1 - $0 }
        try pair.absorb(affine, in: "conv2")
        try await pair.expectFault(at: "conv2", from: ["bn2", "scale2"])
    }

    @Test("epsilon is 1e-5 whatever the net says")
    func epsilonHardCoded() async throws {
        var pair = try await FoldedPair(.branches)
        let right = try Affine(pair.original, batchNorm: "bn8", epsilon: Double(Float(0.001)))
        let wrong = try Affine(pair.original, batchNorm: "bn8")
        try pair.folded.multiply("ip8", 0) { wrong.scale[$0 % 10] / right.scale[$0 % 10] }
        try pair.folded.set("ip8", 1, wrong.shift)
        try await pair.expectFault(at: "ip8", from: ["bn8"])
    }

    @Test("epsilon stands outside the root: too little for the tolerance, too much for the fold's bound")
    func epsilonOutsideRoot() async throws {
        var pair = try await FoldedPair(.lenet)
        let affine = try Affine(pair.original, batchNorm: "bn1", scale: "scale1") { $0.squareRoot() + $1 }
        try pair.absorb(affine, in: "conv1")
        try await pair.expectFault(at: "conv1", from: ["bn1", "scale1"])
    }

    @Test("epsilon is left out")
    func epsilonLeftOut() async throws {
        var pair = try await FoldedPair(.lenet)
        let affine = try Affine(pair.original, batchNorm: "bn1", scale: "scale1", epsilon: 0)
        try pair.absorb(affine, in: "conv1")
        try await pair.expectFault(at: "conv1", from: ["bn1", "scale1"])
    }

    @Test("the moving-average factor is ignored")
    func factorIgnored() async throws {
        var pair = try await FoldedPair(.lenet)
        let affine = try Affine(pair.original, batchNorm: "bn1", scale: "scale1", factor: 1)
        try pair.absorb(affine, in: "conv1")
        try await pair.expectFault(at: "conv1", from: ["bn1", "scale1"])
    }

    @Test("a moving-average factor of 0 is taken for 1")
    func factorZeroTakenForOne() async throws {
        var pair = try await FoldedPair(.badStatistics, weights: "weights-a.caffemodel.h5", ["--allow-untrained"])
        try #require(try pair.original.values("bn2", 2) == [0])
        #expect(try await pair.verify().code == 0)
        let affine = try Affine(pair.original, batchNorm: "bn2", scale: "scale2", factor: 1)
        try pair.absorb(affine, in: "conv2")
        try await pair.expectFault(at: "conv2", from: ["bn2", "scale2"])
    }

    @Test("gamma and beta change places")
    func gammaAndBeta() async throws {
        var pair = try await FoldedPair(.lenet)
        var swapped = try pair.original
        let gammas = swapped.blobs["/data/scale2/0"]
        swapped.blobs["/data/scale2/0"] = swapped.blobs["/data/scale2/1"]
        swapped.blobs["/data/scale2/1"] = gammas
        try pair.absorb(try Affine(swapped, batchNorm: "bn2", scale: "scale2"), in: "conv2")
        try await pair.expectFault(at: "conv2", from: ["bn2", "scale2"])
    }

    @Test("a Deconvolution is scaled along its inputs")
    func deconvolutionAxis() async throws {
        var pair = try await FoldedPair(.deconvolution)
        let affine = try Affine(pair.original, batchNorm: "dec1_bn", scale: "dec1_scale")
        let weights = try pair.original.values("dec1", 0)
        // Inputs, outputs, kernel: 16x8x4x4.
        let inner = try pair.original.shape("dec1", 0).dropFirst().reduce(1, *)
        try pair.folded.set("dec1", 0, weights.enumerated().map { $1 * affine.scale[$0 / inner % affine.scale.count] })
        try await pair.expectFault(at: "dec1", from: ["dec1_bn", "dec1_scale"])
    }

    @Test("a Deconvolution in groups is scaled as if each group had the first one's channels")
    func deconvolutionGroups() async throws {
        var pair = try await FoldedPair(.deconvolution)
        let affine = try Affine(pair.original, batchNorm: "dec2_bn", scale: "dec2_scale")
        // Inputs, outputs of a group, kernel: 8x2x4x4.
        let shape = try pair.original.shape("dec2", 0)
        let taps = shape.dropFirst(2).reduce(1, *)
        let weights = try pair.original.values("dec2", 0)
        try pair.folded.set("dec2", 0, weights.enumerated().map { $1 * affine.scale[$0 / taps % shape[1]] })
        try await pair.expectFault(at: "dec2", from: ["dec2_bn", "dec2_scale"])
    }

    @Test("the 'transpose' of an InnerProduct is ignored")
    func transposeIgnored() async throws {
        var pair = try await FoldedPair(.branches)
        let affine = try Affine(pair.original, batchNorm: "bn7", scale: "scale7")
        let weights = try pair.original.values("ip7", 0)
        let perOutput = weights.count / affine.scale.count
        try pair.folded.set("ip7", 0, weights.enumerated().map { $1 * affine.scale[$0 / perOutput] })
        try await pair.expectFault(at: "ip7", from: ["bn7", "scale7"])
    }

    @Test("weights that two layers share are scaled once for each of them")
    func sharedScaledTwice() async throws {
        var pair = try await FoldedPair(.siamese)
        let affine = try Affine(pair.original, batchNorm: "bn1", scale: "scale1")
        let inner = try pair.original.shape("conv1", 0).dropFirst().reduce(1, *)
        try pair.folded.multiply("conv1", 0) { affine.scale[$0 / inner] }
        let biases = try pair.folded.values("conv1", 1)
        try pair.folded.set("conv1", 1, biases.indices.map { biases[$0] * affine.scale[$0] + affine.shift[$0] })
        let verdict = try await pair.expectFault(at: "conv1", from: ["bn1", "scale1"])
        #expect(verdict.foldsBeyond == ["conv1 bn1 scale1", "conv1_p bn1_p scale1_p"])
    }

    @Test("one weight is off by 1e-4 of itself: no blob shows it, the fold's bound does")
    func oneWeight() async throws {
        var pair = try await FoldedPair(.lenet)
        let weights = try pair.folded.values("conv2", 0)
        let inner = try pair.folded.shape("conv2", 0).dropFirst().reduce(1, *)
        let channel = 7
        let indices = (channel * inner..<(channel + 1) * inner).sorted { abs(weights[$0]) < abs(weights[$1]) }
        let index = indices[inner * 3 / 4]
        try pair.folded.multiply("conv2", 0) { $0 == index ? 1 + 1e-4 : 1 }
        let verdict = try await pair.expectFault(at: "conv2", from: ["bn2", "scale2"])
        #expect(verdict.blobsBeyond == [] && verdict.report.first?.blob == nil)
        #expect(verdict.fold(changing: "conv2")?.channel == channel)
    }

    @Test("a weight that no fold touches has changed")
    func untouchedWeight() async throws {
        var pair = try await FoldedPair(.lenet)
        try pair.folded.multiply("ip2", 1) { $0 == 3 ? 1.01 : 1 }
        try await pair.expectFault(at: "ip2", from: [])
    }

    @Test("a weight is not a number, or infinite", arguments: [Double.nan, .infinity])
    func notFinite(number: Double) async throws {
        var pair = try await FoldedPair(.lenet)
        var weights = try pair.folded.values("conv2", 0)
        weights[100] = number
        try pair.folded.set("conv2", 0, weights)
        let verdict = try await pair.expectFault(at: "conv2", from: ["bn2", "scale2"])
        #expect(verdict.report.blobs.first(where: \.isBeyond)?.name == "conv2")
        #expect(verdict.text.contains("not finite"), "\(verdict.text)")
    }
}

extension FoldedPair {
    /// Gives a layer whose outputs are its weights' first axis the original numbers with an affine folded into them.
    mutating func absorb(_ affine: Affine, in layer: String) throws {
        let weights = try original.values(layer, 0)
        let biases = try original.values(layer, 1)
        let inner = weights.count / affine.scale.count
        try folded.set(layer, 0, weights.enumerated().map { $1 * affine.scale[$0 / inner] })
        try folded.set(layer, 1, biases.indices.map { affine.scale[$0] * biases[$0] + affine.shift[$0] })
    }

    /// Expects the verdict "beyond" with this fold as the place to look at first, in the report as in the text.
    @discardableResult
    func expectFault(
        at layer: String, from removed: [String], sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> Verdict {
        let verdict = try await verify()
        #expect(verdict.code == 2, "\(verdict.text)", sourceLocation: sourceLocation)
        #expect(verdict.report.first?.changed == [layer], sourceLocation: sourceLocation)
        #expect(verdict.report.first?.removed == removed, sourceLocation: sourceLocation)
        #expect(verdict.fold(changing: layer)?.isBeyond == true, sourceLocation: sourceLocation)
        let lastLine = verdict.text.split(separator: "\n").last ?? ""
        #expect(
            lastLine.hasPrefix("beyond: ") && lastLine.contains("'\(layer)'"), "\(verdict.text)",
            sourceLocation: sourceLocation)
        return verdict
    }
}
