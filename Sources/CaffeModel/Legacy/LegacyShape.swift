/// Shapes of blobs from the time when every blob had four axes (num, channels, height, width), filled with ones from the left.
enum LegacyShape {
    /// The shapes that the blobs of one layer have in today's format: (1, 1, 1, N) is a vector, (1, 1, O, K) the weight of an InnerProduct.
    ///
    /// - Parameters:
    ///   - shapes: of all blobs of the layer, in order.
    ///   - type: the layer's type; empty where the file has only a number for it.
    static func modern(_ shapes: [[Int]], type: String) -> [[Int]] {
        shapes.enumerated().map { index, shape in
            guard shape.count == 4, shape[0] == 1, shape[1] == 1 else { return shape }
            if index == 0, type.contains("onvolution") { return shape }
            if index == 0, type == "InnerProduct" || type.isEmpty && isInnerProduct(shapes) {
                return [shape[2], shape[3]]
            }
            return shape[2] == 1 ? [shape[3]] : shape
        }
    }

    /// A convolution from one channel to one has a weight of the form (1, 1, kh, kw) too; its bias has one number, that of an InnerProduct O.
    private static func isInnerProduct(_ shapes: [[Int]]) -> Bool {
        guard shapes.count == 2 else { return false }
        let biasCount = shapes[1].reduce(1, *)
        return biasCount == shapes[0][2] && (biasCount > 1 || shapes[0][3] > 1)
    }
}
