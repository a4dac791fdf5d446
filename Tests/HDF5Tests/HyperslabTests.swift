import Testing

@testable import HDF5

@Suite("Runs of elements as boxes")
struct HyperslabTests {
    @Test(
        "boxes cover every run of elements in order, with at most 2N - 1 boxes",
        arguments: [[24], [4, 6], [2, 3, 4], [3, 1, 2, 4]])
    func covering(shape: [Int]) {
        for start in 0...24 {
            for end in start...24 {
                let boxes = Hyperslab.covering(start..<end, of: shape)
                #expect(boxes.count <= max(1, 2 * shape.count - 1))
                #expect(boxes.flatMap { Self.elements(of: $0, in: shape) } == Array(start..<end))
            }
        }
    }

    @Test("a whole dataset is one box")
    func whole() {
        #expect(Hyperslab.covering(0..<24, of: [2, 3, 4]) == [Hyperslab(start: [0, 0, 0], count: [2, 3, 4])])
    }

    /// The places that a box selects, in row-major order.
    private static func elements(of box: Hyperslab, in shape: [Int]) -> [Int] {
        let strides = Hyperslab.rowMajorStrides(of: shape)
        var places = [0]
        for axis in shape.indices {
            places = places.flatMap { place in
                (box.start[axis]..<(box.start[axis] + box.count[axis])).map { place + $0 * strides[axis] }
            }
        }
        return places
    }
}
