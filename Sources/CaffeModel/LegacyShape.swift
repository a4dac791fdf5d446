/// Shapes of blobs from the time when every blob had four axes (num, channels, height, width), filled with ones from the left.
enum LegacyShape {
    /// The shapes that the blobs of one layer have in today's format: (1, 1, 1, N) is a vector, (1, 1, O, K) the weight of an InnerProduct.
    ///
    /// A convolution from one channel to one has a weight of the form (1, 1, kh, kw) too; its bias has one number, that of an InnerProduct O.
    static func modern(_ shapes: [[Int]]) -> [[Int]] {
        shapes.enumerated().map { index, shape in
            guard shape.count == 4, shape[0] == 1, shape[1] == 1 else { return shape }
            let isVector = shape[2] == 1
            if index > 0 || shapes.count == 1 { return isVector ? [shape[3]] : shape }
            let biasCount = shapes[1].reduce(1, *)
            return biasCount == shape[2] && (biasCount > 1 || isVector) ? [shape[2], shape[3]] : shape
        }
    }
}
