import Testing

@testable import Verification

@Suite("The difference of a blob")
struct ValueDifferenceTests {
    /// Adds batches of (original, folded).
    private func difference(_ batches: ([Double], [Double])...) -> ValueDifference {
        var difference = ValueDifference()
        for (batch, (original, folded)) in batches.enumerated() {
            original.withUnsafeBufferPointer { original in
                folded.withUnsafeBufferPointer { difference.add(original: original, folded: $0, batch: batch) }
            }
        }
        return difference
    }

    @Test("of equal blobs is nothing, with a cosine of 1")
    func equal() {
        let difference = difference(([1, -2, 3], [1, -2, 3]))
        #expect(difference.largestAbsolute == 0 && difference.relative == 0 && difference.rootMeanSquare == 0)
        #expect(difference.cosine == 1 && difference.elementCount == 3 && difference.nonFiniteCount == 0)
    }

    @Test("of blobs that are 0 throughout is nothing")
    func zeros() {
        let difference = difference(([0, 0], [0, -0.0]))
        #expect(difference.relative == 0 && difference.cosine == 1)
    }

    @Test("is relative to the largest magnitude of the original, not to the element")
    func relative() {
        let difference = difference(([0, -4, 1], [0.5, -4, 1]))
        #expect(difference.largestAbsolute == 0.5 && difference.largestMagnitude == 4)
        #expect(difference.relative == 0.125 && difference.worstElement == 0)
    }

    @Test("of anything from an original of zeros is infinite")
    func fromZeros() {
        let difference = difference(([0, 0], [0, 1e-30]))
        #expect(difference.relative == .infinity && difference.cosine == 0)
    }

    @Test("has its root mean square over all elements")
    func rootMeanSquare() {
        #expect(difference(([0, 0, 0, 0], [3, -4, 0, 0])).rootMeanSquare == 2.5)
        #expect(difference(([0, 0], [3, 0]), ([0, 0], [0, -4])).rootMeanSquare == 2.5)
        #expect(ValueDifference().rootMeanSquare == 0)
    }

    @Test("has a cosine: 0 across, -1 against, 1 along whatever the length")
    func cosine() {
        #expect(difference(([1, 0], [0, 1])).cosine == 0)
        // Two roots and a quotient are rounded.
        let rounding = 1e-15
        #expect(abs(difference(([1, 2], [-1, -2])).cosine + 1) < rounding)
        #expect(abs(difference(([1, 2], [2, 4])).cosine - 1) < rounding)
        #expect(abs(difference(([1, 0], [1, 1])).cosine - 0.5.squareRoot()) < rounding)
    }

    @Test("keeps the place of the worst element over all batches, the first of equals")
    func place() {
        let difference = difference(([0, 0, 0], [1, 0, 1]), ([0, 0, 0], [0, 2, -2]), ([0, 0, 0], [1, 1, 1]))
        #expect(difference.worstBatch == 1 && difference.worstElement == 1 && difference.largestAbsolute == 2)
    }

    @Test("is infinite where either side is not finite", arguments: [Double.nan, .infinity, -.infinity])
    func notFinite(number: Double) {
        let either = [difference(([1, number, 5], [1, 2, 3])), difference(([1, 2, 5], [1, number, 3]))]
        for difference in either {
            #expect(difference.relative == .infinity && difference.nonFiniteCount == 1)
            #expect(difference.worstElement == 1, "the place is that of the first element that is not finite")
            #expect(difference.largestAbsolute == 2 && difference.elementCount == 3)
        }
    }

    @Test(
        "leaves out what is not finite in both in the same way, and counts it",
        arguments: [Double.nan, .infinity, -.infinity])
    func notFiniteAlike(number: Double) {
        let difference = difference(([1, number, 5], [1, number, 3]))
        #expect(difference.relative == 2.0 / 5 && difference.largestAbsolute == 2)
        #expect(difference.nonFiniteCount == 0 && difference.nonFiniteAlikeCount == 1 && difference.elementCount == 3)
    }

    @Test("is infinite where infinities differ, and where nothing finite was compared")
    func nothingCompared() {
        #expect(difference(([1, .infinity], [1, -.infinity])).relative == .infinity)
        #expect(difference(([1, .infinity], [1, .nan])).relative == .infinity)
        #expect(difference(([.nan, .infinity], [.nan, .infinity])).relative == .infinity)
    }

    @Test("is infinite where the difference of finite numbers is")
    func overflow() {
        let largest = Double.greatestFiniteMagnitude
        #expect(difference(([largest, 1], [-largest, 1])).relative == .infinity)
    }

    @Test("stays a number where the squares of the elements are infinite")
    func squares() {
        let difference = difference(([1e200, 1], [-1e200, 1]))
        #expect(difference.largestAbsolute == 2e200 && difference.relative == 2)
        #expect(difference.rootMeanSquare == 2e200 && difference.cosine == 0)
    }
}
