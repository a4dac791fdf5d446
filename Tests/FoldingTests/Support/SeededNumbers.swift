import TestSupport

typealias SeededNumbers = TestSupport.SeededNumbers

extension SeededNumbers {
    /// Numbers between two bounds; each is one that a Float can hold.
    mutating func numbers(_ count: Int, in bounds: ClosedRange<Double> = -1...1) -> [Double] {
        (0..<count).map { _ in
            let fraction = Double(next() >> 40) / Double(1 << 24)
            return Double(Float(bounds.lowerBound + (bounds.upperBound - bounds.lowerBound) * fraction))
        }
    }
}
