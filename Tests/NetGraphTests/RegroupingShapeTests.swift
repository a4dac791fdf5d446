import NetGraph
import Testing

@Suite("Shapes of inner products")
struct InnerProductShapeTests {
    private func product(axis: Int) -> Operation {
        .innerProduct(InnerProduct(weight: ParameterID(0), bias: nil, outputCount: 10, axis: axis))
    }

    @Test(
        "Everything from the axis on becomes one axis",
        arguments: [(1, [2, 10]), (2, [2, 3, 10]), (-1, [2, 3, 4, 10])])
    func axis(axis: Int, expected: [Int]) throws {
        #expect(try product(axis: axis).shape(of: [2, 3, 4, 5]) == expected)
    }

    @Test("An unknown batch stays unknown")
    func unknownBatch() throws {
        #expect(try product(axis: 1).shape(of: [nil, 3, nil]) == [nil, 10])
    }

    @Test("Of an unknown input the number of outputs is known when the axis is 1")
    func unknownInput() throws {
        #expect(try product(axis: 1).shape(of: nil) == [nil, 10])
        #expect(try product(axis: -1).shape(of: nil) == nil)
    }

    @Test("An axis that the input does not have is an error", arguments: [4, -5])
    func missingAxis(axis: Int) {
        #expect(throws: ShapeError.self) { try product(axis: axis).shape(of: [2, 3, 4, 5]) }
    }
}

@Suite("Shapes of reshaped and flattened values")
struct ReshapeShapeTests {
    private func reshape(_ dimensions: [Int], axis: Int = 0, axisCount: Int = -1) -> Operation {
        .reshape(Reshape(dimensions: dimensions, axis: axis, axisCount: axisCount))
    }

    @Test("0 copies a length, -1 takes what remains")
    func copyAndInfer() throws {
        #expect(try reshape([0, -1]).shape(of: [2, 3, 4, 5]) == [2, 60])
        #expect(try reshape([0, 2, -1, 0]).shape(of: [2, 6, 4, 5]) == [2, 2, 12, 5])
    }

    @Test("Only the named axes are replaced")
    func someAxes() throws {
        #expect(try reshape([-1], axis: 1, axisCount: 2).shape(of: [2, 3, 4, 5]) == [2, 12, 5])
    }

    @Test("0 copies from the place counted from the first replaced axis")
    func copyBehindStart() throws {
        #expect(try reshape([0, -1], axis: 1).shape(of: [2, 3, 4, 5]) == [2, 3, 20])
    }

    @Test("A negative axis inserts behind the axis it names")
    func insert() throws {
        #expect(try reshape([1], axis: -1, axisCount: 0).shape(of: [2, 3]) == [2, 3, 1])
        #expect(try reshape([1], axis: -2, axisCount: 0).shape(of: [2, 3]) == [2, 1, 3])
    }

    @Test("An unknown length makes -1 unknown")
    func unknown() throws {
        #expect(try reshape([0, -1]).shape(of: [2, 3, nil, 5]) == [2, nil])
        #expect(try reshape([0, -1]).shape(of: nil) == nil)
    }

    @Test("An unknown length outside the replaced axes does no harm")
    func unknownOutside() throws {
        #expect(try reshape([-1], axis: 1).shape(of: [nil, 3, 4]) == [nil, 12])
    }

    @Test("A length that -1 cannot take is an error")
    func noDivision() {
        #expect(throws: ShapeError.self) { try reshape([7, -1]).shape(of: [2, 3]) }
    }

    @Test("Another number of elements is an error, as in Caffe")
    func otherCount() {
        #expect(throws: ShapeError.self) { try reshape([5]).shape(of: [2, 3]) }
    }

    @Test("A second -1 is an error, as in Caffe")
    func twoInferred() {
        #expect(throws: ShapeError.self) { try reshape([-1, -1]).shape(of: [2, 3]) }
    }

    @Test("Copying an axis that is not there is an error")
    func copyMissing() {
        #expect(throws: ShapeError.self) { try reshape([6, 1, 0]).shape(of: [2, 3]) }
    }

    @Test("An axis or a number of axes that do not exist are an error")
    func missingAxes() {
        #expect(throws: ShapeError.self) { try reshape([1], axis: 3).shape(of: [2, 3]) }
        #expect(throws: ShapeError.self) { try reshape([1], axis: 1, axisCount: 2).shape(of: [2, 3]) }
    }

    @Test("A length below -1 is an error")
    func negativeLength() {
        #expect(throws: ShapeError.self) { try reshape([-2]).shape(of: [2, 3]) }
    }

    @Test("Flatten merges a range of axes")
    func flatten() throws {
        #expect(try Operation.flatten(first: 1, last: -1).shape(of: [2, 3, 4, 5]) == [2, 60])
        #expect(try Operation.flatten(first: 1, last: 2).shape(of: [2, 3, 4, 5]) == [2, 12, 5])
        #expect(try Operation.flatten(first: 2, last: 2).shape(of: [2, 3, 4]) == [2, 3, 4])
    }

    @Test("Flattening an unknown axis gives an unknown axis")
    func flattenUnknown() throws {
        #expect(try Operation.flatten(first: 1, last: -1).shape(of: [nil, 3, nil]) == [nil, nil])
        #expect(try Operation.flatten(first: 1, last: -1).shape(of: [nil, 3, 4]) == [nil, 12])
    }

    @Test("Flattening backwards or beyond the axes is an error")
    func flattenError() {
        #expect(throws: ShapeError.self) { try Operation.flatten(first: 2, last: 1).shape(of: [2, 3, 4]) }
        #expect(throws: ShapeError.self) { try Operation.flatten(first: 1, last: 3).shape(of: [2, 3, 4]) }
    }

    @Test("Permute takes the axes in its order, and the others behind them")
    func permute() throws {
        #expect(try Operation.permute(order: [0, 2, 3, 1]).shape(of: [1, 3, 4, 5]) == [1, 4, 5, 3])
        #expect(try Operation.permute(order: [0, 2]).shape(of: [1, 3, 4]) == [1, 4, 3])
    }
}
