import NetGraph
import Testing

@Suite("Sizes that no network has")
struct HostileShapeTests {
    @Test("Padding, kernel, dilation or stride near the largest integer is an error of a convolution")
    func convolution() {
        let huge = [Int.max]
        #expect(throws: ShapeError.self) { try Operation.convolution(window([3], before: huge)).shape(of: [1, 1, 5]) }
        #expect(throws: ShapeError.self) { try Operation.convolution(window(huge)).shape(of: [1, 1, 5]) }
        #expect(throws: ShapeError.self) {
            try Operation.convolution(window([3], dilation: huge)).shape(of: [1, 1, 5])
        }
        #expect(throws: ShapeError.self) { try Operation.convolution(window([3])).shape(of: [1, 1, .max]) }
    }

    @Test("A product of lengths beyond the largest integer is no number of elements")
    func elementCount() {
        #expect(TensorShape.elementCount([.max, 2]) == nil)
        #expect(TensorShape.elementCount([]) == 1)
        #expect(TensorShape.elementCount([2, 3]) == 6)
    }

    @Test("A stride near the largest integer is an error of a deconvolution")
    func deconvolution() {
        #expect(throws: ShapeError.self) {
            try Operation.deconvolution(window([3], stride: [.max])).shape(of: [1, 1, 5])
        }
        #expect(throws: ShapeError.self) {
            try Operation.deconvolution(window([3], before: [.max])).shape(of: [1, 1, 5])
        }
    }

    @Test("A huge stride of a convolution leaves one pixel")
    func hugeStride() throws {
        #expect(try Operation.convolution(window([3], stride: [.max])).shape(of: [1, 1, 5]) == [1, 8, 1])
    }

    @Test("Padding or kernel near the largest integer is an error of pooling")
    func pooling() {
        let padded = Pooling(method: .max, kernel: [3, 3], stride: [1, 1], pad: [.max, .max])
        #expect(throws: ShapeError.self) { try Operation.pooling(padded).shape(of: [1, 1, 5, 5]) }
        let large = Pooling(method: .max, kernel: [.max, .max], stride: [1, 1], pad: [0, 0])
        #expect(throws: ShapeError.self) { try Operation.pooling(large).shape(of: [1, 1, 5, 5]) }
    }

    @Test("A huge stride of pooling leaves what the rule tells")
    func hugePoolingStride() throws {
        let pooling = Pooling(method: .max, kernel: [1, 1], stride: [.max, .max], pad: [0, 0], roundsUp: false)
        #expect(try Operation.pooling(pooling).shape(of: [1, 1, 5, 5]) == [1, 1, 1, 1])
    }

    @Test("Flattening more elements than an integer counts gives an unknown length")
    func flatten() throws {
        #expect(try Operation.flatten(first: 1, last: 2).shape(of: [1, 1 << 40, 1 << 40]) == [1, nil])
    }

    @Test("Concatenating more than 32 bits count is an error, whatever an integer could hold")
    func concat() throws {
        let most = Int(Int32.max)
        #expect(throws: ShapeError.self) { try Operation.concat(axis: 1).shape(of: [1, .max], [1, 1]) }
        #expect(throws: ShapeError.self) { try Operation.concat(axis: 1).shape(of: [1, most], [1, 1]) }
        #expect(try Operation.concat(axis: 1).shape(of: [1, most - 1], [1, 1]) == [1, most])
    }

    @Test("Axes at the ends of the integers are errors", arguments: [Int.max, Int.min])
    func axes(axis: Int) {
        #expect(throws: ShapeError.self) { try Operation.concat(axis: axis).shape(of: [1, 2], [1, 2]) }
        #expect(throws: ShapeError.self) { try Operation.flatten(first: axis, last: -1).shape(of: [1, 2]) }
        #expect(throws: ShapeError.self) { try Operation.crop(axis: axis, offsets: []).shape(of: [1, 2], [1, 2]) }
        let reshape = Operation.reshape(Reshape(dimensions: [1], axis: axis))
        #expect(throws: ShapeError.self) { try reshape.shape(of: [1, 2]) }
    }

    @Test("Slice points at the ends of the integers are errors")
    func slicePoints() {
        let slice = Operation.slice(axis: 1, points: [.min, .max])
        #expect(throws: ShapeError.self) { try slice.outputShapes(of: [TensorShape([1, nil])], outputCount: 3) }
    }

    @Test("An order of axes that are not there gives an unknown shape")
    func permute() throws {
        #expect(try Operation.permute(order: [0, .max]).shape(of: [1, 2]) == nil)
        #expect(try Operation.permute(order: [-1]).shape(of: [1, 2]) == nil)
    }

    @Test("Operations without an input give unknown shapes")
    func noInput() throws {
        for operation in [
            Operation.rectifier, .flatten(first: 1, last: -1), .concat(axis: 1), .crop(axis: 2, offsets: []),
        ] {
            #expect(try operation.outputShapes(of: [], outputCount: 1) == [nil])
        }
    }

    @Test("Replacing more axes than an integer counts is an error")
    func axisCount() async {
        await #expect(processExitsWith: .success) {
            let reshape = Operation.reshape(Reshape(dimensions: [1], axis: 1, axisCount: .max))
            #expect(throws: ShapeError.self) { try reshape.shape(of: [1, 2]) }
        }
    }

    @Test("A stride of 0 is an error of a convolution")
    func zeroStride() async {
        await #expect(processExitsWith: .success) {
            let convolution = Operation.convolution(window([3], stride: [0]))
            #expect(throws: ShapeError.self) { try convolution.shape(of: [1, 1, 5]) }
        }
    }

    @Test("A stride of 0 is an error of pooling")
    func zeroPoolingStride() async {
        await #expect(processExitsWith: .success) {
            let pooling = Pooling(method: .max, kernel: [1, 1], stride: [0, 0], pad: [0, 0])
            #expect(throws: ShapeError.self) { try Operation.pooling(pooling).shape(of: [1, 1, 5, 5]) }
        }
    }

    @Test("A negative kernel is an error of a convolution")
    func negativeKernel() async {
        await #expect(processExitsWith: .success) {
            let convolution = Operation.convolution(window([.min]))
            #expect(throws: ShapeError.self) { try convolution.shape(of: [1, 1, 5]) }
        }
    }

    @Test("A negative pad near the smallest integer is an error of a convolution")
    func negativePad() async {
        await #expect(processExitsWith: .success) {
            let convolution = Operation.convolution(window([3], before: [.min], after: [0]))
            #expect(throws: ShapeError.self) { try convolution.shape(of: [1, 1, 5]) }
        }
    }
}
