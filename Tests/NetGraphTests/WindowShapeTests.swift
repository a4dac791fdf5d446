import NetGraph
import Testing

@Suite("Shapes of convolutions")
struct ConvolutionShapeTests {
    @Test("(H + 2p - k) / s + 1, rounded down")
    func rule() throws {
        let convolution = Operation.convolution(window([3, 3], stride: [2, 2], before: [1, 1]))
        #expect(try convolution.shape(of: [2, 3, 7, 8]) == [2, 8, 4, 4])
    }

    @Test("Dilation widens the kernel to d (k - 1) + 1")
    func dilation() throws {
        let convolution = Operation.convolution(window([3, 3], dilation: [2, 3]))
        #expect(try convolution.shape(of: [1, 3, 7, 7]) == [1, 8, 3, 1])
    }

    @Test("One spatial axis")
    func oneAxis() throws {
        #expect(try Operation.convolution(window([3])).shape(of: [1, 4, 9]) == [1, 8, 7])
    }

    @Test("Three spatial axes")
    func threeAxes() throws {
        let convolution = Operation.convolution(window([1, 2, 3]))
        #expect(try convolution.shape(of: [1, 4, 5, 5, 5]) == [1, 8, 5, 4, 3])
    }

    @Test("Padding may differ before and after")
    func asymmetric() throws {
        let convolution = Operation.convolution(window([3], before: [1], after: [0]))
        #expect(try convolution.shape(of: [1, 1, 5]) == [1, 8, 4])
    }

    @Test("Padding after defaults to padding before")
    func symmetric() throws {
        #expect(try Operation.convolution(window([3], before: [1])).shape(of: [1, 1, 5]) == [1, 8, 5])
    }

    @Test("The channels may lie on a later axis")
    func channelAxis() throws {
        let convolution = Operation.convolution(window([2], channelAxis: 2))
        #expect(try convolution.shape(of: [2, 5, 3, 7]) == [2, 5, 8, 6])
    }

    @Test("Unknown axes stay unknown")
    func unknownAxes() throws {
        #expect(try Operation.convolution(window([3, 3])).shape(of: [nil, nil, nil, 5]) == [nil, 8, nil, 3])
    }

    @Test("Of an unknown input the number of output channels is known")
    func unknownInput() throws {
        #expect(try Operation.convolution(window([3, 3])).shape(of: nil) == [nil, 8, nil, nil])
    }

    @Test("Each of several inputs gives one output")
    func severalInputs() throws {
        let inputs = [TensorShape([1, 3, 5]), TensorShape([1, 3, 9])]
        let shapes = try Operation.convolution(window([3])).outputShapes(of: inputs, outputCount: 2)
        #expect(shapes == [TensorShape([1, 8, 3]), TensorShape([1, 8, 7])])
    }

    @Test("A kernel larger than its input is an error that tells both")
    func tooLarge() throws {
        let error = #expect(throws: ShapeError.self) { try Operation.convolution(window([9])).shape(of: [1, 1, 5]) }
        #expect(error?.message.contains("9") == true && error?.message.contains("5") == true)
    }

    @Test("An input of another rank is an error")
    func rank() {
        #expect(throws: ShapeError.self) { try Operation.convolution(window([3, 3])).shape(of: [1, 1, 5]) }
    }

    @Test("A kernel as large as its padded input gives one pixel")
    func exactFit() throws {
        #expect(try Operation.convolution(window([7], before: [1])).shape(of: [1, 1, 5]) == [1, 8, 1])
    }
}

@Suite("Shapes of deconvolutions")
struct DeconvolutionShapeTests {
    @Test("s (H - 1) + k - 2p")
    func rule() throws {
        let deconvolution = Operation.deconvolution(window([4, 3], stride: [2, 3], before: [1, 0]))
        #expect(try deconvolution.shape(of: [1, 3, 5, 4]) == [1, 8, 10, 12])
    }

    @Test("Dilation widens the kernel")
    func dilation() throws {
        #expect(try Operation.deconvolution(window([3], dilation: [2])).shape(of: [1, 3, 5]) == [1, 8, 9])
    }

    @Test("Unknown axes stay unknown")
    func unknownAxes() throws {
        let deconvolution = Operation.deconvolution(window([2, 2], stride: [2, 2]))
        #expect(try deconvolution.shape(of: [nil, 3, nil, 4]) == [nil, 8, nil, 8])
    }

    @Test("Padding that leaves nothing is an error")
    func empty() {
        #expect(throws: ShapeError.self) {
            try Operation.deconvolution(window([2], before: [1])).shape(of: [1, 1, 1])
        }
    }
}

@Suite("Shapes of pooling")
struct PoolingShapeTests {
    private func pooling(
        _ kernel: [Int]?, _ stride: [Int], pad: [Int] = [0, 0], roundsUp: Bool = true
    ) -> Operation {
        .pooling(Pooling(method: .max, kernel: kernel, stride: stride, pad: pad, roundsUp: roundsUp))
    }

    @Test("A last window that does not fit in whole counts")
    func roundsUp() throws {
        #expect(try pooling([3, 3], [2, 2]).shape(of: [1, 4, 32, 112]) == [1, 4, 16, 56])
    }

    @Test("With FLOOR it does not count")
    func roundsDown() throws {
        #expect(try pooling([3, 3], [2, 2], roundsUp: false).shape(of: [1, 4, 32, 112]) == [1, 4, 15, 55])
    }

    @Test("With padding a last window that starts at H + p is dropped")
    func clipped() throws {
        #expect(try pooling([2, 2], [2, 2], pad: [1, 1]).shape(of: [1, 1, 3, 5]) == [1, 1, 2, 3])
    }

    @Test("With padding a last window that starts before H + p counts")
    func notClipped() throws {
        #expect(try pooling([3, 3], [2, 2], pad: [1, 1]).shape(of: [1, 1, 32, 32]) == [1, 1, 17, 17])
    }

    @Test("Padding of one axis clips the other one as well")
    func clippedByOtherAxis() throws {
        #expect(try pooling([3, 1], [1, 3], pad: [1, 0]).shape(of: [1, 1, 3, 3]) == [1, 1, 3, 1])
    }

    @Test("Without padding a window wholly outside counts")
    func windowOutside() throws {
        #expect(try pooling([1, 1], [3, 3]).shape(of: [1, 1, 3, 3]) == [1, 1, 2, 2])
    }

    @Test("A kernel that overhangs a small input gives one window")
    func overhang() throws {
        #expect(try pooling([3, 3], [2, 2]).shape(of: [1, 1, 2, 2]) == [1, 1, 1, 1])
    }

    @Test("With FLOOR a kernel larger than its input is an error")
    func tooLarge() {
        #expect(throws: ShapeError.self) { try pooling([3, 3], [2, 2], roundsUp: false).shape(of: [1, 1, 2, 2]) }
    }

    @Test("A kernel that is too large by a whole stride is an error")
    func muchTooLarge() {
        #expect(throws: ShapeError.self) { try pooling([4, 4], [2, 2]).shape(of: [1, 1, 2, 2]) }
    }

    @Test("Padding as large as the kernel is an error, as in Caffe")
    func padAsLargeAsKernel() {
        #expect(throws: ShapeError.self) { try pooling([2, 2], [2, 2], pad: [2, 2]).shape(of: [1, 1, 4, 4]) }
    }

    @Test("Global pooling leaves one pixel, even of unknown axes")
    func global() throws {
        #expect(try pooling(nil, [1, 1]).shape(of: [2, 4, nil, 7]) == [2, 4, 1, 1])
    }

    @Test("Unknown axes stay unknown")
    func unknownAxes() throws {
        #expect(try pooling([2, 2], [2, 2]).shape(of: [nil, 4, nil, 6]) == [nil, 4, nil, 3])
        #expect(try pooling([2, 2], [2, 2]).shape(of: nil) == nil)
    }

    @Test("A mask has the shape of the output")
    func mask() throws {
        let shapes = try pooling([2, 2], [2, 2]).outputShapes(of: [TensorShape([1, 1, 4, 4])], outputCount: 2)
        #expect(shapes == [TensorShape([1, 1, 2, 2]), TensorShape([1, 1, 2, 2])])
    }
}
