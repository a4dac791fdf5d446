import NetGraph
import Synchronization

extension ForwardShift {
    /// The whole bias, in double precision.
    ///
    /// The weight is read once, in slices. Each output channel adds up its products in the order of the weight's elements, whatever the slices are, so the
    /// result is the same on every run.
    ///
    /// - Throws: `WeightError` of the kind `malformed` when a weight is not finite.
    func bias(from weights: some WeightStore, network: Network) throws(WeightError) -> [Double] {
        var sums = [Double](repeating: 0, count: outputs.channelCount)
        try weights.forEachSlice(of: weight, elementCount: outputs.elementCount) {
            (slice: UnsafeMutableBufferPointer<Double>, start) throws(WeightError) in
            try weights.requireFinite(slice, of: weight, from: start, network: network)
            shift.layout.multiply(slice, from: start, by: shift.numbers)
            outputs.add(slice, from: start, to: &sums)
        }
        if let bias {
            let numbers = try weights.vector(bias, of: network)
            guard numbers.count == sums.count else {
                throw WeightError(
                    kind: .malformed, message: "\(network[bias].name) has another length than its weight has rows")
            }
            for channel in sums.indices { sums[channel] += numbers[channel] }
        }
        return affine.bias(addedTo: sums)
    }
}

extension ChannelLayout {
    /// Adds each element of a slice to the sum of its channel.
    fileprivate func add(
        _ elements: UnsafeMutableBufferPointer<Double>, from start: Int, to sums: inout [Double]
    ) {
        var position = 0
        while position < elements.count {
            let run = run(from: start + position, limit: elements.count - position)
            if run.ascends {
                for offset in 0..<run.count { sums[run.channel + offset] += elements[position + offset] }
            } else {
                var sum = sums[run.channel]
                for index in position..<position + run.count { sum += elements[index] }
                sums[run.channel] = sum
            }
            position += run.count
        }
    }
}

/// Biases that were computed, so that the slices of one are not each summed up anew.
final class ShiftedBiases: Sendable {
    private let known = Mutex<[ParameterID: [Double]]>([:])

    func numbers(
        of parameter: ParameterID, orCompute compute: () throws(WeightError) -> [Double]
    ) throws(WeightError) -> [Double] {
        if let numbers = known.withLock({ $0[parameter] }) { return numbers }
        let numbers = try compute()
        known.withLock { $0[parameter] = numbers }
        return numbers
    }
}
