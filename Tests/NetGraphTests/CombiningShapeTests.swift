import NetGraph
import Testing

@Suite("Shapes of operations on several values")
struct CombiningShapeTests {
    private func slice(
        _ input: [Int?], axis: Int = 1, points: [Int] = [], into count: Int
    ) throws -> [[Int?]?] {
        try Operation.slice(axis: axis, points: points)
            .outputShapes(of: [TensorShape(input)], outputCount: count).map { $0?.dimensions }
    }

    @Test("Concat adds the lengths of its axis")
    func concat() throws {
        #expect(try Operation.concat(axis: 1).shape(of: [1, 2, 5], [1, 3, 5]) == [1, 5, 5])
        #expect(try Operation.concat(axis: -1).shape(of: [1, 2, 5], [1, 2, 6]) == [1, 2, 11])
    }

    @Test("Concat of an unknown length is unknown there, and takes other axes from whoever knows them")
    func concatUnknown() throws {
        #expect(try Operation.concat(axis: 1).shape(of: [nil, 2, 5], [4, nil, nil]) == [4, nil, 5])
        #expect(try Operation.concat(axis: 1).shape(of: nil, [1, 3, 5]) == [1, nil, 5])
        #expect(try Operation.concat(axis: 1).shape(of: nil, nil) == nil)
    }

    @Test("Concat of values that differ beside its axis is an error")
    func concatMismatch() {
        #expect(throws: ShapeError.self) { try Operation.concat(axis: 1).shape(of: [1, 2, 5], [1, 3, 6]) }
        #expect(throws: ShapeError.self) { try Operation.concat(axis: 1).shape(of: [1, 2, 5], [1, 3]) }
        #expect(throws: ShapeError.self) { try Operation.concat(axis: 3).shape(of: [1, 2, 5], [1, 3, 5]) }
    }

    @Test("Slice cuts before each of its points")
    func slicePoints() throws {
        #expect(try slice([1, 10, 4], points: [3, 7], into: 3) == [[1, 3, 4], [1, 4, 4], [1, 3, 4]])
    }

    @Test("Slice without points makes equal parts")
    func sliceEqually() throws {
        #expect(try slice([1, 10, 4], axis: -1, into: 2) == [[1, 10, 2], [1, 10, 2]])
    }

    @Test("Of a slice along an unknown axis only the last part is unknown")
    func sliceUnknown() throws {
        #expect(try slice([1, nil], points: [3, 7], into: 3) == [[1, 3], [1, 4], [1, nil]])
        #expect(try slice([1, nil], into: 2) == [[1, nil], [1, nil]])
    }

    @Test(
        "Points that do not rise, reach the end or have the wrong number are errors",
        arguments: [[7, 3], [3, 10], [3], [0, 5]])
    func slicePointErrors(points: [Int]) {
        #expect(throws: ShapeError.self) { try slice([1, 10], points: points, into: 3) }
    }

    @Test("A length that does not divide into the parts is an error")
    func sliceRemainder() {
        #expect(throws: ShapeError.self) { try slice([1, 10], into: 3) }
    }

    @Test("A slice into nothing is an error")
    func sliceIntoNothing() {
        #expect(throws: ShapeError.self) { try slice([1, 10], into: 0) }
    }

    @Test("Crop takes the lengths of its second input from its axis on")
    func crop() throws {
        let crop = Operation.crop(axis: 2, offsets: [])
        #expect(try crop.shape(of: [1, 3, 10, 10], [1, 7, 8, 6]) == [1, 3, 8, 6])
        #expect(try Operation.crop(axis: -1, offsets: []).shape(of: [1, 3, 10, 10], [1, 7, 8, 6]) == [1, 3, 10, 6])
    }

    @Test("Crop to an unknown shape is unknown from its axis on")
    func cropUnknown() throws {
        #expect(try Operation.crop(axis: 2, offsets: []).shape(of: [1, 3, 10, 10], nil) == [1, 3, nil, nil])
        #expect(try Operation.crop(axis: 2, offsets: []).shape(of: nil, [1, 3, 4, 4]) == nil)
    }

    @Test("Crop along an axis that is not there is an error")
    func cropAxis() {
        #expect(throws: ShapeError.self) {
            try Operation.crop(axis: 4, offsets: []).shape(of: [1, 3, 10, 10], [1, 3, 4, 4])
        }
    }

    @Test("Eltwise needs equal inputs, and knows what one of them knows")
    func eltwise() throws {
        let sum = Operation.eltwise(Eltwise(combination: .sum, coefficients: [1, 1]))
        #expect(try sum.shape(of: [nil, 3, 4], [2, nil, 4]) == [2, 3, 4])
        #expect(try sum.shape(of: nil, [2, 3, 4]) == [2, 3, 4])
        #expect(throws: ShapeError.self) { try sum.shape(of: [2, 3, 4], [2, 3, 5]) }
        #expect(throws: ShapeError.self) { try sum.shape(of: [2, 3, 4], [2, 3]) }
    }

    @Test("Split hands its shape to every output")
    func split() throws {
        let shapes = try Operation.split.outputShapes(of: [TensorShape([1, 2])], outputCount: 3)
        #expect(shapes == [TensorShape([1, 2]), TensorShape([1, 2]), TensorShape([1, 2])])
    }

    @Test(
        "Element-wise operations keep the shape",
        arguments: [
            Operation.rectifier, .dropout, .softmax(axis: 1), .power(Power()), .stochastic(type: "Dropout"),
            .scale(Scale(gamma: ParameterID(0), beta: nil)), .bias(Bias(beta: ParameterID(0))),
            .batchNorm(BatchNorm(mean: ParameterID(0), variance: ParameterID(1))),
        ])
    func elementwise(operation: Operation) throws {
        #expect(try operation.shape(of: [2, nil, 4]) == [2, nil, 4])
        #expect(try operation.shape(of: nil) == nil)
    }

    @Test("The outputs of an opaque layer are unknown")
    func opaque() throws {
        let shapes = try Operation.opaque(Opaque(type: "Proposal")).outputShapes(
            of: [TensorShape([1, 2])], outputCount: 2)
        #expect(shapes == [nil, nil])
    }
}

@Suite("Blob shapes")
struct TensorShapeTests {
    @Test("A negative axis counts from the end")
    func canonicalAxis() {
        let shape = TensorShape([1, 2, 3])
        #expect(shape.canonicalAxis(-1) == 2)
        #expect(shape.canonicalAxis(-3) == 0)
        #expect(shape.canonicalAxis(3) == nil)
        #expect(shape.canonicalAxis(-4) == nil)
        #expect(shape.canonicalAxis(.min) == nil)
    }

    @Test("The element count of a range is the product of its lengths")
    func elementCount() {
        let shape = TensorShape([nil, 2, 3, 4])
        #expect(shape.elementCount(in: 1..<4) == 24)
        #expect(shape.elementCount(in: 2..<2) == 1)
        #expect(shape.elementCount(in: 0..<2) == nil)
        #expect(shape.elementCount(in: 2..<5) == nil)
    }

    @Test("An element count that overflows is unknown")
    func overflowingCount() {
        #expect(TensorShape([1 << 32, 1 << 32]).elementCount(in: 0..<2) == nil)
    }

    @Test("A shape is told with x between its lengths and ? for unknown ones")
    func description() {
        #expect("\(TensorShape([nil, 3, 16]))" == "?x3x16")
        #expect("\(TensorShape([]))" == "scalar")
    }

    @Test("All lengths are known or none is told")
    func known() {
        #expect(TensorShape([1, 2]).known == [1, 2])
        #expect(TensorShape([1, nil]).known == nil)
    }
}
