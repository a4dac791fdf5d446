import NetGraph

/// The numbers of layers that cannot run, which no interpreter reads: compared where they lie, so that a layer that both networks have counts as the
/// same layer.
final class UnreadNumbers<Original: WeightStore, Folded: WeightStore> {
    private let original: (network: Network, weights: Original)
    private let folded: (network: Network, weights: Folded)
    private var answers: [Question: Bool] = [:]

    private struct Question: Hashable {
        var first: ParameterID
        var second: ParameterID
    }

    /// How many numbers are compared at a time.
    private static var sliceLength: Int { 1 << 15 }

    init(original: (network: Network, weights: Original), folded: (network: Network, weights: Folded)) {
        self.original = original
        self.folded = folded
    }

    /// Whether an opaque layer of the original and one of the folded network hold the same numbers. Numbers that cannot be read are not.
    func areEqual(_ first: Layer, _ second: Layer) -> Bool {
        guard case .opaque(let one) = first.operation, case .opaque(let other) = second.operation,
            one.parameters.count == other.parameters.count
        else { return false }
        return zip(one.parameters, other.parameters).allSatisfy { first, second in
            let question = Question(first: first, second: second)
            if let answer = answers[question] { return answer }
            let answer = (try? areEqual(first, second)) ?? false
            answers[question] = answer
            return answer
        }
    }

    private func areEqual(_ first: ParameterID, _ second: ParameterID) throws(WeightError) -> Bool {
        let (one, other) = (original.network[first], folded.network[second])
        guard one.shape == other.shape, one.elementType == other.elementType, let count = one.elementCount else {
            return false
        }
        let buffers = UnsafeMutableBufferPointer<Double>.allocate(capacity: 2 * Self.sliceLength)
        defer { buffers.deallocate() }
        buffers.initialize(repeating: 0)
        var start = 0
        while start < count {
            let length = min(Self.sliceLength, count - start)
            let left = UnsafeMutableBufferPointer(rebasing: buffers[..<length])
            let right = UnsafeMutableBufferPointer(rebasing: buffers[Self.sliceLength..<Self.sliceLength + length])
            try original.weights.read(first, from: start, into: left)
            try folded.weights.read(second, from: start, into: right)
            guard zip(left, right).allSatisfy({ $0.bitPattern == $1.bitPattern }) else { return false }
            start += length
        }
        return true
    }
}
