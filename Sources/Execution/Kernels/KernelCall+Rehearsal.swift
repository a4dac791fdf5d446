import NetGraph

extension KernelCall {
    /// Counts what the kernel would take beside its inputs and outputs, as far as that is more than a few numbers for each channel.
    func rehearse(on meter: MemoryMeter) {
        switch layer.operation {
        case .convolution(let convolution): rehearse(convolution, isTransposed: false, on: meter)
        case .deconvolution(let convolution): rehearse(convolution, isTransposed: true, on: meter)
        case .recurrent(let recurrent):
            // The inputs of all gates, and what two steps hand on.
            let gates = Count(recurrent.cell == .lstm ? 4 : 1)
            let output = Count(outputs.first?.count ?? 0)
            let states = Count(recurrent.outputCount) * Count(inputs.first?.shape.dropFirst().first ?? 0) * Count(2)
            takeForAMoment(gates * output, on: meter)
            takeForAMoment(states, on: meter)
        default: return
        }
    }

    /// The columns of the input, a cache full at a time for each worker, and the table of what lies under a window.
    private func rehearse(_ convolution: Convolution, isTransposed: Bool, on meter: MemoryMeter) {
        let axis = convolution.channelAxis
        for (input, output) in zip(inputs, outputs) {
            guard axis >= 0, input.shape.count == output.shape.count, input.shape.count > axis,
                convolution.groups > 0
            else { continue }
            let (windowed, positions) = isTransposed ? (output, input) : (input, output)
            let taps = Count(product: convolution.kernel)
            let rows = Count(windowed.shape[axis] / convolution.groups) * taps
            let places = Count(product: positions.shape[(axis + 1)...])
            let length = min(max(256, (1 << 20) / max(rows.value, 1)), places.value)
            let pieces = Count(product: input.shape[..<axis]) * Count(convolution.groups)
            scratch.buffers(
                (rows * Count(length)).value, workers: pieces.value >= Self.enoughPieces ? workers.count : 1)
            takeForAMoment(
                Count(product: convolution.kernel.dropLast())
                    * Count(product: positions.shape[(axis + 1)...].dropLast()),
                on: meter)
        }
    }

    private func takeForAMoment(_ count: Count, on meter: MemoryMeter) {
        let bytes = (count * Count(MemoryLayout<Double>.stride)).value
        meter.take(bytes)
        meter.giveBack(bytes)
    }
}

/// A number of elements; one beyond all memory is the largest number.
private struct Count {
    var value: Int

    init(_ value: Int) { self.value = max(value, 0) }

    init(product lengths: some Sequence<Int>) { self = lengths.reduce(Count(1)) { $0 * Count($1) } }

    static func * (left: Count, right: Count) -> Count {
        let (product, overflows) = left.value.multipliedReportingOverflow(by: right.value)
        return Count(overflows ? .max : product)
    }
}
