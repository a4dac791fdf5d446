import NetGraph
import Testing

@testable import Verification

@Suite("The difference of a fold")
struct SiteDifferenceTests {
    /// Channel 0 is dead but for 1e-16, and its bound is next to nothing; channel 1 has a real error within a real bound.
    private func difference() -> SiteDifference {
        var difference = SiteDifference()
        difference.add(
            original: Tensor([1, 2, 1, 1], [0, 4]), folded: Tensor([1, 2, 1, 1], [1e-16, 4 + 0x1p-20]),
            bound: ErrorBound(channels: [2e-16, 1e-5]), tolerance: 1e-5)
        return difference
    }

    @Test("has the channel that comes nearest to its bound, which gives the ratio")
    func nearest() {
        let difference = difference()
        #expect(difference.channel == 0 && difference.error == 1e-16 && difference.ratio == 0.5)
    }

    @Test("has the channel with the largest error, with the bound of that channel")
    func largest() throws {
        let largest = try #require(difference().largest)
        #expect(largest.channel == 1 && largest.error == 0x1p-20 && largest.bound == 1e-5 && largest.magnitude == 4)
        #expect(largest.ratio == 0x1p-20 / 1e-5)
    }

    @Test("takes the largest error relative to the blob that it is in")
    func severalBlobs() throws {
        var difference = SiteDifference()
        let bound = ErrorBound(channels: [1])
        difference.add(original: Tensor([1, 1], [100]), folded: Tensor([1, 1], [100.5]), bound: bound, tolerance: 1)
        difference.add(original: Tensor([1, 1], [1]), folded: Tensor([1, 1], [1.25]), bound: bound, tolerance: 1)
        #expect(try #require(difference.largest).error == 0.25)
        #expect(difference.error == 0.5)
    }
}
