import NetGraph
import Testing

@testable import Execution

@Suite("Elements in the order of channels last")
struct ElementOrderTests {
    @Test("A flattened plane has the channels of each pixel one after another")
    func flatten() throws {
        // (1, 2 channels, 3 pixels): channel 0 is 0 1 2, channel 1 is 3 4 5.
        let output = try OneLayer(operation: .flatten(first: 1, last: -1, order: .channelsLast))
            .run(Tensor(counting: [1, 2, 1, 3]))
        #expect(output == Tensor([1, 6], [0, 3, 1, 4, 2, 5]))
    }

    @Test("A reshape is what it is between two permutations, images kept or mixed")
    func reshape() throws {
        for dimensions in [[0, -1, 6], [0, 2, 3, 2, 3], [0, 36], [3, -1, 4], [-1]] {
            let input = Tensor(noise: [2, 3, 2, 6])
            let last = try OneLayer(operation: .permute(order: [0, 2, 3, 1])).run(input)
            var expected = try OneLayer(operation: .reshape(Reshape(dimensions: dimensions))).run(last)
            let rank = expected.shape.count
            if rank > 2 {
                expected = try OneLayer(operation: .permute(order: [0, rank - 1] + (1..<rank - 1))).run(expected)
            }
            let found = try OneLayer(
                operation: .reshape(Reshape(dimensions: dimensions, order: .channelsLast))
            ).run(input)
            #expect(found == expected, "\(dimensions)")
        }
    }

    @Test("A flatten counts its axes with the channels last")
    func axes() throws {
        let input = Tensor(noise: [2, 3, 4, 5])
        // (2, 4, 5, 3) -> (2, 20, 3), in the network (2, 3, 20): the plane alone is flattened.
        let found = try OneLayer(operation: .flatten(first: 1, last: 2, order: .channelsLast)).run(input)
        #expect(found == Tensor([2, 3, 20], input.elements))
    }

    @Test("A tensor goes to the order of the caller and back")
    func tensors() {
        let tensor = Tensor(counting: [1, 2, 1, 3])
        let last = tensor.inOrder(.channelsLast)
        #expect(last == Tensor([1, 1, 3, 2], [0, 3, 1, 4, 2, 5]))
        #expect(last.fromOrder(.channelsLast) == tensor)
        #expect(tensor.inOrder(.channelsFirst) == tensor)
    }

    @Test("Up to two axes both orders are the same")
    func rankTwo() {
        let tensor = Tensor(counting: [2, 3])
        #expect(tensor.inOrder(.channelsLast) == tensor)
        #expect(ElementOrder.channelsLast.networkShape(of: TensorShape([2, 3])) == TensorShape([2, 3]))
    }
}
