import Testing
import Verification

@Suite("Gaussian noise")
struct GaussianNoiseTests {
    private static let count = 200_000

    /// The mean of x to a power. Its own deviation over N samples is sqrt(E[x^2p] / N); five of them give a test that fails once in a million seeds,
    /// and never for a seed that passed.
    private func moment(_ power: Int, seed: UInt64) -> Double {
        var noise = GaussianNoise(seed: seed)
        let sum = (0..<Self.count).reduce(0.0) { sum, _ in
            let number = noise.next()
            return sum + (0..<power).reduce(1) { product, _ in product * number }
        }
        return sum / Double(Self.count)
    }

    @Test("has the moments of the normal distribution", arguments: [0, 1, UInt64.max])
    func moments(seed: UInt64) {
        let deviation = 5 / Double(Self.count).squareRoot()
        #expect(abs(moment(1, seed: seed)) < deviation)
        #expect(abs(moment(2, seed: seed) - 1) < deviation * 3.0.squareRoot())
        #expect(abs(moment(3, seed: seed)) < deviation * 15.0.squareRoot())
        #expect(abs(moment(4, seed: seed) - 3) < deviation * 105.0.squareRoot())
    }

    @Test("neighbours do not depend on each other")
    func correlation() {
        var noise = GaussianNoise(seed: 1)
        var last = noise.next()
        var sum = 0.0
        for _ in 0..<Self.count {
            let number = noise.next()
            sum += last * number
            last = number
        }
        #expect(abs(sum / Double(Self.count)) < 5 / Double(Self.count).squareRoot())
    }

    @Test("is the same for the same seed, and another for another")
    func seeds() {
        func numbers(_ seed: UInt64) -> [Double] {
            var noise = GaussianNoise(seed: seed)
            return (0..<10).map { _ in noise.next() }
        }
        #expect(numbers(7) == numbers(7))
        #expect(Set(numbers(7)).isDisjoint(with: numbers(8)))
        #expect(numbers(0).allSatisfy(\.isFinite) && Set(numbers(0)).count == 10)
    }
}
