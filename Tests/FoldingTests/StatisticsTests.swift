import Folding
import NetGraph
import Testing

@Suite("What is suspect about statistics is told")
struct StatisticsTests {
    /// The findings for `conv - bn` with two channels.
    private func findings(
        mean: [Double] = [1, 2], variance: [Double] = [3, 4], factor: Double? = 1, epsilon: Float = 1e-5,
        allowsUntrained: Bool = false
    ) throws -> [StatisticsFinding] {
        var sketch = NetworkSketch()
        let data = sketch.input()
        let conv = sketch.pointwise(of: data, [1, 1])
        sketch.finish(sketch.batchNorm(of: conv, mean: mean, variance: variance, factor: factor, epsilon: epsilon))
        var options = FoldPlanner.Options()
        options.allowsUntrained = allowsUntrained
        let findings = try sketch.plan(options).findings
        #expect(findings.allSatisfy { $0.layer == sketch.layer("bn") })
        return findings
    }

    private func expect(
        _ findings: [StatisticsFinding], _ kind: StatisticsFinding.Kind, _ severity: StatisticsFinding.Severity,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(findings.map(\.kind) == [kind], sourceLocation: sourceLocation)
        #expect(findings.map(\.severity) == [severity], sourceLocation: sourceLocation)
    }

    @Test("Ordinary statistics give no finding")
    func ordinary() throws {
        #expect(try findings().isEmpty)
    }

    @Test("A factor of 0 is an error")
    func untrained() throws {
        expect(try findings(factor: 0), .untrained, .error)
    }

    @Test("A factor of -0.0 is an error too")
    func untrainedWithNegativeZero() throws {
        expect(try findings(factor: -0.0), .untrained, .error)
    }

    @Test("A factor of 0 is a warning when untrained layers are allowed")
    func untrainedAllowed() throws {
        expect(try findings(factor: 0, allowsUntrained: true), .untrained, .warning)
    }

    @Test("With a factor of 0 mean and variance count as 0, as in Caffe")
    func untrainedNumbers() throws {
        var sketch = NetworkSketch()
        let data = sketch.input()
        let conv = sketch.pointwise(of: data, [3], bias: [5])
        sketch.finish(sketch.batchNorm(of: conv, mean: [7], variance: [9], factor: 0, epsilon: 0.25))
        #expect(try sketch.folded().numbers("conv") == [[6], [10]])
    }

    @Test(
        "A mean that is not finite is an error", arguments: [Double.nan, .infinity, -.infinity])
    func meanNotFinite(value: Double) throws {
        expect(try findings(mean: [1, value]), .notFinite, .error)
    }

    @Test("A variance that is not finite is an error", arguments: [Double.nan, .infinity, -.infinity])
    func varianceNotFinite(value: Double) throws {
        expect(try findings(variance: [value, 1]), .notFinite, .error)
    }

    @Test("A factor that is not finite is an error", arguments: [Double.nan, .infinity])
    func factorNotFinite(value: Double) throws {
        expect(try findings(factor: value), .notFinite, .error)
    }

    @Test("Values that are not finite are an error even where untrained layers are allowed")
    func notFiniteAllowed() throws {
        expect(try findings(mean: [.nan, 0], allowsUntrained: true), .notFinite, .error)
    }

    @Test("The message tells the parameter, the index and how many more there are")
    func notFiniteMessage() throws {
        let message = try #require(try findings(mean: [.nan, .nan]).first?.message)
        #expect(message.contains("bn mean") && message.contains("index 0") && message.contains("1 more"))
    }

    @Test("A variance that epsilon does not make positive is an error")
    func negativeVariance() throws {
        expect(try findings(variance: [1, -1]), .negativeVariance, .error)
    }

    @Test("A variance of 0 with an epsilon of 0 is an error")
    func zeroVariance() throws {
        expect(try findings(variance: [1, 0], epsilon: 0), .negativeVariance, .error)
    }

    @Test("A negative factor turns the variance negative, which is an error")
    func negativeFactor() throws {
        expect(try findings(factor: -1), .negativeVariance, .error)
    }

    @Test("Negative variance stays an error where untrained layers are allowed")
    func negativeVarianceAllowed() throws {
        expect(try findings(variance: [1, -1], allowsUntrained: true), .negativeVariance, .error)
    }

    @Test("A variance below 0 that epsilon makes good is a warning")
    func slightlyNegativeVariance() throws {
        let found = try findings(variance: [1, -0.25], epsilon: 1)
        #expect(found.contains { $0.kind == .slightlyNegativeVariance && $0.severity == .warning })
        #expect(found.allSatisfy { $0.severity != .error })
    }

    @Test("Mean 0 and variance 1 throughout look untrained", arguments: [1.0, 0.0])
    func identityStatistics(variance: Double) throws {
        expect(try findings(mean: [0, 0], variance: [variance, variance]), .identityStatistics, .warning)
    }

    @Test("One trained channel is enough not to look untrained")
    func oneTrainedChannel() throws {
        #expect(try findings(mean: [0, 0.5], variance: [1, 1]).isEmpty)
    }

    @Test("The factor of 10 iterations, (1 - f^10) / (1 - f), is worth a warning that tells the 10")
    func fewIterations() throws {
        let factor = (0..<10).reduce(0.0) { sum, _ in 0.999 * sum + 1 }
        let found = try findings(factor: Double(Float(factor)))
        expect(found, .fewIterations, .warning)
        #expect(found.first?.message.contains("10 iterations") == true)
    }

    @Test("The factor of 1000 iterations is not worth a warning")
    func manyIterations() throws {
        let factor = (0..<1000).reduce(0.0) { sum, _ in 0.999 * sum + 1 }
        #expect(try findings(factor: Double(Float(factor))).isEmpty)
    }

    @Test("The factor 1 that converters write is not worth a warning")
    func converted() throws {
        #expect(try findings(factor: 1).isEmpty)
    }

    @Test("Variances far below epsilon are a warning")
    func tinyVariance() throws {
        expect(try findings(variance: [1, 1e-8]), .tinyVariance, .warning)
    }

    @Test("A gamma of 0 or -0.0 is a warning that counts the channels, and folds exactly")
    func deadChannels() throws {
        var sketch = NetworkSketch()
        let data = sketch.input()
        let conv = sketch.pointwise(of: data, [1, 1, 1], bias: [4, 5, 6])
        let bn = sketch.batchNorm(of: conv, mean: [1, 2, 3], variance: [3, 4, 5])
        sketch.finish(sketch.scale(of: bn, [0, -0.0, 0], [7, 8, 9]))
        let found = try sketch.plan().findings
        expect(found, .deadChannels, .warning)
        #expect(found.first?.layer == sketch.layer("scale"))
        #expect(found.first?.message.contains("3 of 3") == true)
        #expect(try sketch.folded().numbers("conv") == [[0, 0, 0], [7, 8, 9]])
    }

    @Test("A BatchNorm's own gamma of 0 is told as well")
    func deadChannelsOfBatchNorm() throws {
        var sketch = NetworkSketch()
        let data = sketch.input()
        let conv = sketch.pointwise(of: data, [1, 1])
        sketch.finish(
            sketch.batchNorm(of: conv, mean: [1, 2], variance: [3, 4], gamma: [0, 1], beta: [0, 0]))
        expect(try sketch.plan().findings, .deadChannels, .warning)
    }

    @Test("A statistic that is not finite in a BatchNorm's own gamma is an error")
    func gammaOfBatchNormNotFinite() throws {
        var sketch = NetworkSketch()
        let data = sketch.input()
        let conv = sketch.pointwise(of: data, [1])
        sketch.finish(sketch.batchNorm(of: conv, mean: [1], variance: [3], gamma: [.nan], beta: [0]))
        expect(try sketch.plan().findings, .notFinite, .error)
    }

    @Test("Findings come even where the layer is not folded")
    func unfolded() throws {
        var sketch = NetworkSketch()
        let data = sketch.input()
        sketch.finish(sketch.batchNorm(of: data, mean: [1], variance: [-1]))
        expect(try sketch.plan().findings, .negativeVariance, .error)
    }
}

@Suite("Numbers that are not finite, in the layers around a BatchNorm")
struct NotFiniteTests {
    private func kinds(
        gamma: Double = 2, beta: Double = 0, bias: Double = 0
    ) throws -> [StatisticsFinding.Kind: StatisticsFinding.Severity] {
        var sketch = NetworkSketch()
        let data = sketch.input()
        sketch.finish(sketch.scale(of: sketch.pointwise(of: data, [1], bias: [bias]), [gamma], [beta]))
        return Dictionary(try sketch.plan().findings.map { ($0.kind, $0.severity) }) { first, _ in first }
    }

    @Test("A gamma that is not finite is an error", arguments: [Double.nan, .infinity, -.infinity])
    func gamma(value: Double) throws {
        #expect(try kinds(gamma: value) == [.notFinite: .error])
    }

    @Test("A beta that is not finite is an error", arguments: [Double.nan, .infinity, -.infinity])
    func beta(value: Double) throws {
        #expect(try kinds(beta: value) == [.notFinite: .error])
    }

    @Test("A bias of the linear layer that is not finite is an error", arguments: [Double.nan, .infinity, -.infinity])
    func bias(value: Double) throws {
        #expect(try kinds(bias: value) == [.notFinite: .error])
    }

    @Test("A term of a Bias layer that is not finite is an error")
    func biasLayer() throws {
        var sketch = NetworkSketch()
        let data = sketch.input()
        sketch.finish(sketch.bias(of: sketch.pointwise(of: data, [1]), [.nan]))
        #expect(try sketch.plan().findings.map(\.severity) == [.error])
    }

    @Test("A constant of a Power layer that is not finite is an error", arguments: [Double.nan, .infinity])
    func power(value: Double) throws {
        var sketch = NetworkSketch()
        let data = sketch.input()
        let conv = sketch.pointwise(of: data, [1])
        sketch.finish(sketch.add("power", .power(Power(shift: value)), [conv]))
        let (plan, findings) = try sketch.plan()
        #expect(findings.contains { $0.severity == .error } || plan.isEmpty)
    }

    @Test("An epsilon that is not a number is an error")
    func epsilon() throws {
        var sketch = NetworkSketch()
        let data = sketch.input()
        let conv = sketch.pointwise(of: data, [1])
        sketch.finish(sketch.batchNorm(of: conv, mean: [1], variance: [1], epsilon: .nan))
        let (plan, findings) = try sketch.plan()
        #expect(findings.contains { $0.severity == .error } || plan.isEmpty)
    }
}
