/// Numbers with a shape, in row-major order.
public struct Tensor<Element: WeightElement>: Hashable, Sendable {
    public let shape: [Int]
    public let elements: [Element]

    /// - Returns: `nil` when the shape does not have as many elements, or a negative length.
    public init?(shape: [Int], elements: [Element]) {
        guard shape.allSatisfy({ $0 >= 0 }), TensorShape.elementCount(shape) == elements.count else {
            return nil
        }
        self.shape = shape
        self.elements = elements
    }
}
