import Testing

@testable import Folding

@Suite("Affines by number")
struct AffineTableTests {
    private let channels = 16

    private func affine(last: Double) -> ChannelAffine {
        ChannelAffine(scale: [Double](repeating: 2, count: channels - 1) + [last])
    }

    @Test("Affines that differ in the last channel alone have two numbers")
    func lastChannel() {
        var table = AffineTable()
        #expect(table.number(of: affine(last: 3)) != table.number(of: affine(last: 4)))
    }

    @Test("Equal affines have one number")
    func equal() {
        var table = AffineTable()
        #expect(table.number(of: affine(last: 3)) == table.number(of: affine(last: 3)))
    }

    @Test("Shifts of 0 and -0 have two numbers")
    func zeros() {
        var table = AffineTable()
        let signs = [0.0, -0.0].map { ChannelAffine(scale: [2], offset: [$0]) }
        #expect(table.number(of: signs[0]) != table.number(of: signs[1]))
    }

    @Test("Affines that are not known are never equal")
    func unknown() {
        var table = AffineTable()
        let unknown = ChannelAffine.uniform(scale: .nan, offset: 0)
        #expect(table.number(of: unknown) != table.number(of: unknown))
    }

    @Test("One factor for all channels is another function than that of a single channel")
    func uniform() {
        var table = AffineTable()
        let single = ChannelAffine(scale: [2])
        #expect(table.number(of: single) != table.number(of: .uniform(scale: 2, offset: 0)))
    }

    @Test("The identity has no number")
    func identity() {
        var table = AffineTable()
        #expect(table.number(of: .uniform(scale: 1, offset: 0)) == nil)
    }
}
