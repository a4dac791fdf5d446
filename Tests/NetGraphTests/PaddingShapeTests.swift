import NetGraph
import Testing

@Suite("Shapes with padding of each side, and over any number of axes")
struct PaddingShapeTests {
    private func pool(
        _ kernel: [Int], _ stride: [Int], pad: [Int]? = nil, after: [Int]? = nil, covers: Bool = false,
        roundsUp: Bool = true
    ) -> Operation {
        .pooling(
            Pooling(
                method: .max, kernel: kernel, stride: stride, pad: pad ?? kernel.map { _ in 0 }, padAfter: after,
                padsToCover: covers, roundsUp: roundsUp))
    }

    @Test("Pooling takes each side's own padding")
    func sides() throws {
        #expect(try pool([3, 3], [2, 2], after: [1, 1]).shape(of: [1, 8, 16, 15]) == [1, 8, 8, 8])
        #expect(try pool([3, 3], [2, 2], pad: [1, 0], after: [0, 1]).shape(of: [1, 8, 16, 16]) == [1, 8, 8, 8])
        #expect(
            try pool([2, 2], [2, 2], pad: [1, 0], after: [0, 0], roundsUp: false).shape(of: [1, 8, 4, 5])
                == [1, 8, 2, 2])
    }

    @Test("A last window that starts in the padding behind goes; more than one is an error, as in Caffe")
    func lastWindow() throws {
        #expect(try pool([2], [2], pad: [0], after: [2]).shape(of: [1, 1, 4]) == [1, 1, 2])
        #expect(throws: ShapeError.self) { try pool([1], [2], pad: [0], after: [2]).shape(of: [1, 1, 4]) }
    }

    @Test("Pooling works over one axis, three and four")
    func axes() throws {
        #expect(try pool([3], [2]).shape(of: [1, 4, 8]) == [1, 4, 4])
        #expect(try pool([1, 2, 2], [1, 2, 2]).shape(of: [1, 4, 8, 16, 15]) == [1, 4, 8, 8, 8])
        #expect(try pool([2, 2, 2, 2], [2, 2, 2, 1]).shape(of: [1, 4, 4, 4, 6, 3]) == [1, 4, 2, 2, 3, 2])
    }

    @Test("Pooling over another number of axes than its input has keeps the channels")
    func otherAxes() throws {
        #expect(try pool([2, 2], [2, 2]).shape(of: [1, 4, 8, 16, 16]) == [1, 4, nil, nil, nil])
    }

    @Test("Padding that covers the input makes a window for each stride", arguments: 1...9, [1, 2, 3])
    func covering(length: Int, stride: Int) throws {
        let expected = (length + stride - 1) / stride
        #expect(try pool([3], [stride], covers: true).shape(of: [1, 1, length]) == [1, 1, expected])
        var convolution = window(outputs: 2, [3], stride: [stride])
        convolution.padsToCover = true
        #expect(try Operation.convolution(convolution).shape(of: [1, 1, length]) == [1, 2, expected])
        // The same padding, given pixel by pixel, makes as many.
        let (before, after) = convolution.padding(of: [length])
        let explicit = window(outputs: 2, [3], stride: [stride], before: before, after: after)
        #expect(try Operation.convolution(explicit).shape(of: [1, 1, length]) == [1, 2, expected])
    }

    @Test("The odd pixel of padding that covers the input is behind")
    func odd() {
        var convolution = window([3, 4], stride: [2, 1])
        convolution.padsToCover = true
        #expect(convolution.padding(of: [8, 8]) == ([0, 1], [1, 2]))
    }

    @Test("A number of axes that is only assumed gives way to a known one", arguments: [false, true])
    func assumedRank(isSwapped: Bool) throws {
        func shape(_ operation: Operation) throws -> [Int?]? {
            let shapes: [[Int?]] = [[nil, 4, nil, nil], [1, 4, 3, 5, 6]]
            return try operation.shape(of: shapes[isSwapped ? 1 : 0], shapes[isSwapped ? 0 : 1])
        }
        #expect(
            try shape(.eltwise(Eltwise(combination: .sum, coefficients: [1, 1]))) == [1, 4, 3, 5, 6])
        #expect(try shape(.concat(axis: 1)) == [1, 8, 3, 5, 6])
    }

    @Test("A number of axes that is known contradicts another one")
    func knownRank() {
        #expect(throws: ShapeError.self) { try Operation.concat(axis: 1).shape(of: [nil, 4, nil, nil], [nil, 4]) }
        #expect(throws: ShapeError.self) {
            try Operation.concat(axis: 1).shape(of: [1, 4, 2, 2], [1, 4, 2, 2, 2])
        }
    }

    @Test("A pixel shuffle moves channels into pixels")
    func pixelShuffle() throws {
        #expect(try Operation.pixelShuffle(factor: 2).shape(of: [1, 12, 3, nil]) == [1, 3, 6, nil])
        #expect(throws: ShapeError.self) { try Operation.pixelShuffle(factor: 2).shape(of: [1, 6, 3, 3]) }
    }
}
