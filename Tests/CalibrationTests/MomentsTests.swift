import Execution
import Testing

@testable import Calibration

/// Sums of parts against the same sums in one go.
@Suite("Moments of channels")
struct MomentsTests {
    private let numbers = (0..<60).map { Double(($0 * 37 + 11) % 101) / 7 - 3 }

    private func moments(_ range: Range<Int>) -> ChannelMoments {
        let part = numbers[range]
        let mean = part.reduce(0, +) / Double(part.count)
        return ChannelMoments(
            count: part.count, mean: [mean], squares: [part.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }])
    }

    @Test("parts of any size merge to the moments of the whole", arguments: [1, 7, 30, 59])
    func merging(size: Int) {
        var merged = moments(0..<size)
        merged.merge(moments(size..<60))
        let whole = moments(0..<60)
        #expect(merged.count == 60)
        #expect(abs(merged.mean[0] - whole.mean[0]) < 1e-13)
        #expect(abs(merged.squares[0] - whole.squares[0]) < 1e-10)
    }

    @Test("nothing merges with something to that, on either side")
    func nothing() {
        let empty = ChannelMoments(count: 0, mean: [], squares: [])
        var sum = empty
        sum.merge(moments(0..<9))
        sum.merge(empty)
        #expect(sum == moments(0..<9))
    }

    @Test("the variance of a population is m / (m - 1) times that of the samples, batch by batch")
    func corrected() throws {
        var sum = StatisticsSum.batches(count: 0, mean: [], variance: [])
        let first = sum.add(ChannelMoments(count: 4, mean: [1], squares: [12]))
        let second = sum.add(ChannelMoments(count: 5, mean: [3], squares: [8]))
        #expect(first && second)
        #expect(try #require(sum.statistics) == MeasuredStatistics(mean: [2], variance: [3]))
    }

    @Test("another number of channels is not added")
    func channels() {
        var sum = StatisticsSum.population(ChannelMoments(count: 2, mean: [0, 0], squares: [1, 1]))
        let isAdded = sum.add(ChannelMoments(count: 2, mean: [0], squares: [1]))
        #expect(!isAdded)
    }
}
