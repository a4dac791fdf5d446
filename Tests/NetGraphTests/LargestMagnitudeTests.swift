import NetGraph
import Testing

@Suite("Largest magnitude")
struct LargestMagnitudeTests {
    private func largest<Element: WeightElement>(_ elements: [Element]) -> Float {
        var elements = elements
        return elements.withUnsafeMutableBufferPointer { Element.largestMagnitude($0) }
    }

    @Test("the sign does not count, and nothing has the magnitude 0")
    func signs() {
        #expect(largest([1, -3, 2] as [Float]) == 3)
        #expect(largest([1, -3, 2] as [Double]) == 3)
        #expect(largest([] as [Float]) == 0)
        #expect(largest([-0.0] as [Float]).sign == .plus)
    }

    @Test("infinity is the largest, and what is no number is passed over")
    func notFinite() {
        #expect(largest([1, -.infinity, 2] as [Float]) == .infinity)
        #expect(largest([.nan, 1, -2, -.nan] as [Float]) == 2)
        #expect(largest([.nan, 1, -2, -.nan] as [Double]) == 2)
        #expect(largest([.nan] as [Float]) == 0)
    }

    @Test("where one element is not finite there is no largest finite magnitude")
    func finite() {
        func largest<Element: WeightElement>(_ elements: [Element]) -> Float? {
            var elements = elements
            return elements.withUnsafeMutableBufferPointer { Element.largestFiniteMagnitude($0) }
        }
        #expect(largest([1, -3, 2] as [Float]) == 3)
        #expect(largest([1, -3, 2] as [Double]) == 3)
        for wrong in [Float.infinity, -.infinity, .nan, -.nan] {
            #expect(largest([1, wrong, 2]) == nil)
            #expect(largest([1, Double(wrong), 2]) == nil)
        }
    }
}
