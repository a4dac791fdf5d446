import Calibration
import Execution
import NetGraph
import Testing

@Suite("Measuring statistics")
struct CalibratorTests {
    /// Eight samples of two channels.
    private let samples: [[Double]] = [[1, 10], [3, 14], [5, 10], [7, 30], [2, -4], [2, 0], [8, 4], [0, 20]]

    private func batch(_ range: Range<Int>) throws -> [String: Tensor<Double>] {
        ["data": try #require(Tensor(shape: [range.count, 2], elements: samples[range].flatMap(\.self)))]
    }

    private func measured(
        _ chain: Chain, _ method: MeasuringMethod, batches: [Range<Int>] = [0..<4, 4..<8]
    ) throws -> (statistics: [MeasuredStatistics], passes: Int) {
        var calibrator = try Calibrator(
            chain.network, weights: chain, groups: StatisticsGroup.groups(of: chain.network) { _, _ in true },
            method: method)
        for _ in 0..<calibrator.passCount {
            for range in batches { try calibrator.add(try batch(range)) }
            try calibrator.finishPass()
        }
        return (try calibrator.statistics.map { try #require($0) }, calibrator.passCount)
    }

    private func mean(_ channel: Int, _ range: Range<Int>) -> Double {
        samples[range].reduce(0) { $0 + $1[channel] } / Double(range.count)
    }

    private func variance(_ channel: Int, _ range: Range<Int>) -> Double {
        let mean = mean(channel, range)
        return samples[range].reduce(0) { $0 + ($1[channel] - mean) * ($1[channel] - mean) } / Double(range.count - 1)
    }

    @Test("in batches: the averages of the batches' means and corrected variances")
    func batches() throws {
        var chain = Chain()
        let data = chain.input()
        _ = chain.normalize("bn", from: data)
        let found = try measured(chain, .batches)
        #expect(found.passes == 1)
        for channel in 0..<2 {
            let mean = (mean(channel, 0..<4) + mean(channel, 4..<8)) / 2
            let variance = (variance(channel, 0..<4) + variance(channel, 4..<8)) / 2
            #expect(abs(found.statistics[0].mean[channel] - mean) < 1e-12)
            #expect(abs(found.statistics[0].variance[channel] - variance) < 1e-12)
        }
    }

    @Test("as a population: those of all samples, however they are cut into batches", arguments: [1, 2, 3, 8])
    func population(size: Int) throws {
        var chain = Chain()
        let data = chain.input()
        _ = chain.normalize("bn", from: data)
        let found = try measured(
            chain, .population, batches: stride(from: 0, to: 8, by: size).map { $0..<min($0 + size, 8) })
        for channel in 0..<2 {
            #expect(abs(found.statistics[0].mean[channel] - mean(channel, 0..<8)) < 1e-12)
            #expect(abs(found.statistics[0].variance[channel] - variance(channel, 0..<8)) < 1e-12)
        }
    }

    @Test("a later layer of a population sees what the new statistics before it make of the samples")
    func order() throws {
        var chain = Chain()
        let data = chain.input()
        let first = chain.normalize("bn1", from: data)
        let doubled = chain.power("double", scale: 2, shift: 1, from: first)
        _ = chain.normalize("bn2", from: doubled)
        let found = try measured(chain, .population)
        #expect(found.passes == 2)
        // Normalised to mean 0 and corrected variance 1, then doubled.
        for channel in 0..<2 {
            #expect(abs(found.statistics[1].mean[channel] - 1) < 1e-12)
            #expect(abs(found.statistics[1].variance[channel] - 4) < 1e-12)
        }
    }

    @Test("as stored: every layer sees what the stored statistics before it make of the samples")
    func asStored() throws {
        var chain = Chain()
        let data = chain.input()
        let first = chain.normalize("bn1", from: data)
        _ = chain.normalize("bn2", from: chain.power("double", scale: 2, from: first))
        let found = try measured(chain, .asStored)
        #expect(found.passes == 1)
        #expect(abs(found.statistics[1].mean[1] - 2 * mean(1, 0..<8)) < 1e-12)
        #expect(abs(found.statistics[1].variance[1] - 4 * variance(1, 0..<8)) < 1e-11)
    }

    @Test(
        "layers that share statistics get one value from all their uses",
        arguments: [MeasuringMethod.batches, .population])
    func shared(method: MeasuringMethod) throws {
        var chain = Chain()
        let data = chain.input()
        let shared = chain.normalization()
        chain.add("bn", .batchNorm(shared), from: [data])
        let shifted = chain.power("shift", shift: 100, from: data)
        chain.add("bn_p", .batchNorm(shared), from: [shifted])
        let found = try measured(chain, method)
        #expect(found.statistics.count == 1 && found.passes == 1)
        #expect(abs(found.statistics[0].mean[0] - (mean(0, 0..<8) + 50)) < 1e-10)
        if method == .population { #expect(found.statistics[0].variance[0] > 2500) }
    }

    @Test("branches that do not depend on one another share a pass, and shared statistics that wait for each other end")
    func passes() throws {
        var chain = Chain()
        let data = chain.input()
        let left = chain.normalize("left", from: data)
        let right = chain.normalize("right", from: data)
        _ = chain.normalize(
            "last",
            from: chain.add("sum", .eltwise(Eltwise(combination: .sum, coefficients: [1, 1])), from: [left, right]))
        #expect(try measured(chain, .population).passes == 2)

        var tangled = Chain()
        let source = tangled.input()
        let (one, other) = (tangled.normalization(), tangled.normalization())
        let a = tangled.add("a", .batchNorm(one), from: [source])
        tangled.add("b", .batchNorm(other), from: [a])
        let c = tangled.add("c", .batchNorm(other), from: [source])
        tangled.add("d", .batchNorm(one), from: [c])
        #expect(try measured(tangled, .population).passes == 2)
    }

    @Test("what cannot be computed is told with the layer that stops it, and the others are measured")
    func obstacle() throws {
        var chain = Chain()
        let data = chain.input()
        _ = chain.normalize("bn", from: data)
        let custom = chain.add("custom", .opaque(Opaque(type: "Custom", parameters: [])), from: [data])
        _ = chain.normalize("behind", from: custom)
        var calibrator = try Calibrator(
            chain.network, weights: chain, groups: StatisticsGroup.groups(of: chain.network) { _, _ in true },
            method: .batches)
        try calibrator.add(try batch(0..<8))
        try calibrator.finishPass()
        #expect(calibrator.statistics[0] != nil && calibrator.statistics[1] == nil)
        #expect(calibrator.obstacles.keys.sorted() == [1])
        #expect(calibrator.obstacles[1]?.layerName == "custom")
    }

    @Test("results are the same bits for any number of threads")
    func threads() throws {
        var chain = Chain()
        let data = chain.input()
        _ = chain.normalize("bn2", from: chain.normalize("bn1", from: data))
        let groups = StatisticsGroup.groups(of: chain.network) { _, _ in true }
        let results = try [1, 2, 5].map { count in
            var calibrator = try Calibrator(
                chain.network, weights: chain, groups: groups, method: .batches,
                options: ExecutionOptions(threadCount: count))
            for range in [0..<3, 3..<8] { try calibrator.add(try batch(range)) }
            try calibrator.finishPass()
            return calibrator.statistics
        }
        #expect(results[0] == results[1] && results[0] == results[2])
    }
}
