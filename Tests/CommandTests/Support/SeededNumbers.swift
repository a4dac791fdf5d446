import TestSupport

typealias SeededNumbers = TestSupport.SeededNumbers

extension SeededNumbers {
    /// Whether something happens that happens once in so many times.
    mutating func happens(onceIn times: Int) -> Bool { Int.random(in: 0..<times, using: &self) == 0 }

    /// Numbers between two bounds; each is one that a Float can hold.
    mutating func numbers(_ count: Int, _ bounds: ClosedRange<Double> = -1...1) -> [Double] {
        (0..<count).map { _ in Double(Float(Double.random(in: bounds, using: &self))) }
    }
}
