import NetGraph
import Testing

@testable import Execution

@Suite("Layers that pad")
struct PaddingLayerTests {
    private func pad(_ before: [Int], _ after: [Int], _ filling: Padding.Filling, _ input: Tensor<Double>) throws
        -> Tensor<Double>
    {
        try OneLayer(operation: .padding(Padding(before: before, after: after, filling: filling))).run(input)
    }

    private let row = Tensor<Double>([1, 1, 4], [1, 2, 3, 4])

    @Test("A constant fills up both sides")
    func constant() throws {
        #expect(try pad([2], [1], .constant(7), row) == Tensor([1, 1, 7], [7, 7, 1, 2, 3, 4, 7]))
    }

    @Test("A reflection does not repeat the outermost element")
    func reflection() throws {
        #expect(try pad([2], [3], .reflection, row) == Tensor([1, 1, 9], [3, 2, 1, 2, 3, 4, 3, 2, 1]))
    }

    @Test("A mirror repeats the outermost element, and what is wrapped comes from the other end")
    func mirrorAndWrapping() throws {
        func run(_ filling: Padding.Filling) throws -> [Double] {
            try OneLayer(operation: .padding(Padding(before: [2], after: [3], filling: filling)))
                .run(Tensor<Double>([1, 1, 3], [1, 2, 3])).elements
        }
        #expect(try run(.mirror) == [2, 1, 1, 2, 3, 3, 2, 1])
        #expect(try run(.wrapping) == [2, 3, 1, 2, 3, 1, 2, 3])
    }

    @Test("An edge is repeated")
    func edge() throws {
        #expect(try pad([2], [1], .edge, row) == Tensor([1, 1, 7], [1, 1, 1, 2, 3, 4, 4]))
    }

    @Test("Negative numbers cut off, and the other side is filled up from what is left")
    func negative() throws {
        #expect(try pad([-1], [-2], .constant(0), row) == Tensor([1, 1, 1], [2]))
        #expect(try pad([-1], [2], .reflection, row) == Tensor([1, 1, 5], [2, 3, 4, 3, 2]))
        #expect(try pad([2], [-1], .edge, row) == Tensor([1, 1, 5], [1, 1, 1, 2, 3]))
    }

    @Test("Axes are padded each by itself, channels and images apart")
    func plane() throws {
        let output = try pad([0, 1], [1, 0], .constant(9), Tensor(counting: [1, 2, 1, 2]))
        #expect(output == Tensor([1, 2, 2, 3], [9, 0, 1, 9, 9, 9, 9, 2, 3, 9, 9, 9]))
    }

    @Test("A reflection of more elements than there are, and a cut that leaves nothing, are refused")
    func refused() {
        #expect(throws: ExecutionError.self) { try pad([4], [0], .reflection, row) }
        #expect(throws: ExecutionError.self) { try pad([0], [2], .reflection, Tensor([1, 1, 2], [1, 2])) }
        #expect(throws: ExecutionError.self) { try pad([-2], [-2], .constant(0), row) }
        #expect(throws: ExecutionError.self) { try pad([-5], [6], .edge, row) }
        #expect(throws: ExecutionError.self) { try pad([0, 0], [0, 0], .edge, row) }
    }
}

@Suite("Windows with gaps, one-sided cover and output padding")
struct WindowFormTests {
    private func pool(
        _ method: Pooling.Method, _ input: [Double], kernel: Int, stride: Int = 1, before: Int = 0, after: Int = 0,
        covers: Bool = false, fromBefore: Bool = false, dilation: Int = 1, roundsUp: Bool = false,
        startsInside: Bool = false, countsPadding: Bool = true
    ) throws -> [Double] {
        let pooling = Pooling(
            method: method, kernel: [kernel], stride: [stride], pad: [before], padAfter: [after], padsToCover: covers,
            coversFromBefore: fromBefore, dilation: [dilation], roundsUp: roundsUp, startsInsideInput: startsInside,
            countsPadding: countsPadding)
        return try OneLayer(operation: .pooling(pooling)).run(Tensor([1, 1, input.count], input)).elements
    }

    @Test("A pooling takes elements that lie apart")
    func dilation() throws {
        #expect(try pool(.max, [1, 5, 2, 4, 3], kernel: 2, dilation: 2) == [2, 5, 3])
        #expect(try pool(.average, [1, 5, 2, 4, 3], kernel: 2, dilation: 2) == [1.5, 4.5, 2.5])
    }

    @Test("A mean over elements that lie apart counts padding where it counts at all")
    func dilatedMean() throws {
        #expect(try pool(.average, [2, 4, 6], kernel: 2, before: 1, after: 1, dilation: 2) == [2, 4, 2])
        #expect(
            try pool(.average, [2, 4, 6], kernel: 2, before: 1, after: 1, dilation: 2, countsPadding: false)
                == [4, 4, 4])
    }

    @Test("The odd pixel of padding that covers lies on the side that is told")
    func oddPixel() throws {
        #expect(try pool(.max, [1, 2, 3, 4], kernel: 2, covers: true) == [2, 3, 4, 4])
        #expect(try pool(.max, [1, 2, 3, 4], kernel: 2, covers: true, fromBefore: true) == [1, 2, 3, 4])
        let convolution = Convolution(
            weight: ParameterID(0), bias: nil, outputChannels: 1, kernel: [2], padsToCover: true,
            coversFromBefore: true)
        let output = try OneLayer(
            operation: .convolution(convolution), parameters: [Tensor([1, 1, 2], [10, 1])]
        ).run(Tensor([1, 1, 3], [1, 2, 3]))
        #expect(output.elements == [1, 12, 23])
    }

    @Test("A last window that begins behind the input is left out where that is wanted, without padding too")
    func lastWindow() throws {
        let input = [1.0, 2, 3, 4, 5, 6]
        #expect(try pool(.max, input, kernel: 1, stride: 4, roundsUp: true, startsInside: true) == [1, 5])
        #expect(try pool(.max, input, kernel: 1, stride: 4, roundsUp: true).count == 3)
    }

    @Test("Output padding adds elements at the end, which are the bias where no window reaches")
    func outputPadding() throws {
        func spread(after: Int, output: Int) throws -> [Double] {
            let operation = Convolution(
                weight: ParameterID(0), bias: ParameterID(1), outputChannels: 1, kernel: [3], stride: [2],
                padBefore: [0], padAfter: [after], outputPadding: [output])
            let parameters = [Tensor([1, 1, 3], [1, 10, 100]), Tensor([1], [0.5])]
            let layer = OneLayer(operation: .deconvolution(operation), parameters: parameters)
            return try layer.run(Tensor([1, 1, 2], [1, 2])).elements
        }
        #expect(try spread(after: 0, output: 1) == [1.5, 10.5, 102.5, 20.5, 200.5, 0.5])
        #expect(try spread(after: 1, output: 1) == [1.5, 10.5, 102.5, 20.5, 200.5])
        #expect(try spread(after: 1, output: 0) == [1.5, 10.5, 102.5, 20.5])
    }

    @Test("A BatchNorm normalises along the axis that is told")
    func batchNormAxis() throws {
        var batchNorm = BatchNorm(mean: ParameterID(0), variance: ParameterID(1), epsilon: 0)
        batchNorm.axis = 2
        let layer = OneLayer(
            operation: .batchNorm(batchNorm), parameters: [Tensor([3], [1, 2, 3]), Tensor([3], [1, 4, 16])])
        #expect(try layer.run(Tensor([1, 2, 3], [1, 4, 7, 2, 2, 3])).elements == [0, 1, 1, 1, 0, 0])
        batchNorm.usesGlobalStatistics = false
        let batch = try OneLayer(operation: .batchNorm(batchNorm), parameters: layer.parameters)
            .run(Tensor([2, 1, 3], [1, 1, 5, 3, 1, 7]))
        #expect(batch.elements[0] == -1 && batch.elements[3] == 1 && batch.elements[2] == -1)
    }
}
