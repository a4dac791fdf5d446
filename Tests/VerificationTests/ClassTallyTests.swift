import Testing
import Verification

@Suite("Classes of two networks")
struct ClassTallyTests {
    private func tally(
        _ original: [Double], _ folded: [Double]? = nil, shape: [Int], samples: Int? = nil, labels: [Int]? = nil,
        batchSize: Int? = nil, rule: ClassTally.Rule = .init()
    ) -> ClassTally {
        var tally = ClassTally(rule)
        tally.add(
            original: original, folded: folded ?? original, shape: shape, batchSize: batchSize ?? shape[0],
            samples: samples ?? shape[0], labels: labels)
        return tally
    }

    @Test("the class is the channel of the largest score, and its margin the distance to the next")
    func margin() {
        let tally = tally([0.1, 0.7, 0.2], [0.6, 0.3, 0.1], shape: [1, 3], labels: [1])
        #expect(tally.equalCount == 0 && tally.placeCount == 1)
        let difference = tally.differences[0]
        #expect(difference.original.number == 1 && abs(difference.original.margin - 0.5) < 1e-15)
        #expect(difference.folded.number == 0 && abs(difference.folded.margin - 0.3) < 1e-15)
        #expect(tally.correct.map(\.topK) == [1] && tally.correct[0].original == 1 && tally.correct[0].folded == 0)
    }

    @Test("places of a sample are counted one by one")
    func places() {
        // Two samples of two classes at three places.
        let tally = tally(
            [1, 0, 1, 0, 1, 0, 1, 1, 1, 0, 0, 0], [1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0], shape: [2, 2, 3],
            labels: [0, 1, 0, 0, 0, 0])
        #expect(tally.placeCount == 6 && tally.equalCount == 5 && tally.placesPerSample == 3)
        #expect(tally.differences.map(\.sample) == [1] && tally.differences.map(\.place) == [1])
        #expect(tally.correct[0].original == 6 && tally.correct[0].folded == 5)
    }

    @Test("samples that only fill a batch up do not count")
    func filling() {
        let tally = tally([1, 0, 0, 1], shape: [2, 2], samples: 1, labels: [1])
        #expect(tally.placeCount == 1 && tally.correct[0].original == 0)
    }

    @Test("a label that is ignored counts neither as right nor as wrong")
    func ignored() {
        let tally = tally([1, 0, 0, 1], shape: [2, 2], labels: [255, 1], rule: .init(ignoredLabel: 255))
        #expect(tally.labelledCount == 1 && tally.correct[0].original == 1 && tally.placeCount == 1)
    }

    @Test(
        "a score that others equal is not right, and among the first k only as Caffe counts",
        arguments: [(1, 0), (2, 1)])
    func ties(topK: Int, right: Int) {
        #expect(
            tally([0.5, 0.5, 0], shape: [1, 3], labels: [1], rule: .init(topK: [topK])).correct[0].original == right)
    }

    @Test("a score that is not a number is never right")
    func notANumber() {
        #expect(tally([.nan, 0], shape: [1, 2], labels: [0]).correct[0].original == 0)
        #expect(tally([.nan, 0], shape: [1, 2], labels: [1]).correct[0].original == 0)
    }

    @Test("the axis of the scores may count from the last")
    func axis() {
        // One sample, two places, two classes in the last axis.
        let tally = tally([1, 0, 0, 1], shape: [1, 2, 2], labels: [0, 1], rule: .init(axis: -1))
        #expect(tally.correct[0].original == 2 && tally.placesPerSample == 2)
    }

    @Test("a value whose first axis is not the batch has no classes", arguments: [1, 4])
    func otherBatch(length: Int) {
        let numbers = [Double](repeating: 1, count: length * 2)
        let tally = tally(numbers, shape: [length, 2], samples: 2, labels: [0, 1], batchSize: 2)
        #expect(tally.obstacle == "its first axis does not count the samples" && tally.placeCount == 0)
    }

    @Test("a value with one channel has no classes")
    func noClasses() {
        #expect(tally([1, 2], shape: [2, 1]).obstacle != nil)
        #expect(tally([1, 2], shape: [2]).obstacle != nil)
    }
}
