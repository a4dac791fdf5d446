import Execution
import NetGraph
import Testing

struct ResamplingTests {
    private func run(_ operation: Operation, _ inputs: Tensor<Double>...) throws -> Tensor<Double> {
        try OneLayer(operation: operation).run(inputs)[0]
    }

    @Test("Upsample repeats each element")
    func repeats() throws {
        let upsample = Upsample(size: .factors(height: 2, width: 3, lessHeight: 0, lessWidth: 0), hasMask: false)
        let output = try run(.upsample(upsample), Tensor([1, 1, 2, 2], [1, 2, 3, 4]))
        #expect(
            output == Tensor([1, 1, 4, 6], [1, 1, 1, 2, 2, 2, 1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4, 3, 3, 3, 4, 4, 4]))
    }

    @Test("Upsample with a mask undoes a pooling that made it")
    func mask() throws {
        let upsample = Upsample(size: .factors(height: 2, width: 2, lessHeight: 1, lessWidth: 0), hasMask: true)
        let output = try run(.upsample(upsample), Tensor([1, 1, 2, 1], [7, 8]), Tensor([1, 1, 2, 1], [1, 4]))
        #expect(output == Tensor([1, 1, 3, 2], [0, 7, 0, 0, 8, 0]))
    }

    @Test("a mask that names a place outside is an error", arguments: [-1, 6, Double.nan, 1e30])
    func wrongMask(place: Double) {
        let upsample = Upsample(size: .lengths(height: 3, width: 2), hasMask: true)
        #expect(throws: ExecutionError.self) {
            try run(.upsample(upsample), Tensor([1, 1, 1, 1], [7]), Tensor([1, 1, 1, 1], [place]))
        }
    }

    @Test("Interp puts corners on corners and weighs what lies between")
    func interpolation() throws {
        let input = Tensor<Double>([1, 1, 2, 2], [0, 2, 4, 6])
        let output = try run(.interpolation(Interpolation(size: .lengths(height: 3, width: 3))), input)
        #expect(output == Tensor([1, 1, 3, 3], [0, 1, 2, 2, 3, 4, 4, 5, 6]))
        #expect(try run(.interpolation(Interpolation(size: .lengths(height: 1, width: 2))), input).elements == [0, 2])
    }

    @Test("Interp shrinks first, then zooms, after cropping")
    func factors() throws {
        let input = Tensor<Double>(counting: [1, 1, 7, 7])
        let operation = Interpolation(size: .factors(shrink: 2, zoom: 2), cropBefore: 1, cropAfter: 1)
        let output = try run(.interpolation(operation), input)
        let wanted = (0..<25).map { (index: Int) -> Double in Double(8 + index / 5 * 7 + index % 5) }
        #expect(output == Tensor([1, 1, 5, 5], wanted))
    }

    @Test("Interp may take the size of its second input")
    func secondInput() throws {
        let output = try run(
            .interpolation(Interpolation(size: .secondInput)), Tensor(counting: [1, 2, 2, 2]),
            Tensor(counting: [1, 9, 5, 3]))
        #expect(output.shape == [1, 2, 5, 3])
    }

    @Test("cropping everything away is an error")
    func nothingLeft() {
        let operation = Interpolation(size: .lengths(height: 2, width: 2), cropBefore: 1, cropAfter: 1)
        #expect(throws: ExecutionError.self) { try run(.interpolation(operation), Tensor(counting: [1, 1, 2, 2])) }
    }

    @Test("Reorg moves elements in darknet's order, and back")
    func reorg() throws {
        // reorg_cpu(x, w: 2, h: 2, c: 4, batch: 1, stride: 2, forward: 0, out), traced by hand.
        let input = Tensor<Double>(counting: [1, 4, 2, 2])
        let output = try run(.reorg(Reorg(stride: 2)), input)
        #expect(output.shape == [1, 16, 1, 1])
        #expect(output.elements == [0, 2, 8, 10, 1, 3, 9, 11, 4, 6, 12, 14, 5, 7, 13, 15])
        // Seen as 4x4 pixels of one channel, the first step gathered every second pixel; back it scatters them.
        let back = try run(.reorg(Reorg(stride: 2, isReversed: true)), Tensor([1, 4, 2, 2], output.elements))
        #expect(back == Tensor([1, 1, 4, 4], input.elements))
    }

    @Test("a stride that does not divide the channels is an error", arguments: [3, 0, -1, .max])
    func wrongStride(stride: Int) {
        #expect(throws: ExecutionError.self) { try run(.reorg(Reorg(stride: stride)), Tensor(counting: [1, 4, 2, 2])) }
    }
}
