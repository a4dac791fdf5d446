/// A table of vectors: each element of the input, a whole number, becomes the vector of that row.
public struct Embed: Hashable, Sendable {
    /// (rows, outputs)
    public var weight: ParameterID
    public var bias: ParameterID?
    public var rowCount: Int
    public var outputCount: Int
    /// In which order the axes of the outputs lie: the vectors are the last axis of a framework that has its channels there, and so the second one here.
    public var order: ElementOrder

    public init(
        weight: ParameterID, bias: ParameterID?, rowCount: Int, outputCount: Int, order: ElementOrder = .channelsFirst
    ) {
        self.weight = weight
        self.bias = bias
        self.rowCount = rowCount
        self.outputCount = outputCount
        self.order = order
    }

    /// Where the elements of its table lie, whose rows count as inputs; `nil` when their number does not divide into rows and vectors.
    public func weightLayout(elementCount: Int) -> WeightLayout? {
        guard rowCount > 0, outputCount > 0, TensorShape.elementCount([rowCount, outputCount]) == elementCount else {
            return nil
        }
        return WeightLayout(
            roles: [.groups, .inputs, .kernel, .outputs], groups: 1, outputs: outputCount, inputs: rowCount, kernel: 1)
    }
}

/// A recurrent layer over an input of shape (time, sequences, ...).
///
/// The second input, of shape (time, sequences), is 0 where a sequence begins, else 1; a third one, of shape (sequences, ...),
/// is the same at all times. The state before the first step is 0.
public struct Recurrent: Hashable, Sendable {
    public enum Cell: Hashable, Sendable {
        /// Gates in the order input, forget, output, candidate.
        case lstm
        /// h = tanh(W h + W x + b), output tanh(W h + b).
        case plain
    }

    public var cell: Cell
    /// Units.
    public var outputCount: Int
    /// In the order of the framework (Caffe's `recurrent_layer.cpp`): input weight and bias, weight of the third input where there is one,
    /// state weight, and for a plain cell the output's weight and bias.
    public var parameters: [ParameterID]
    public var hasStaticInput: Bool

    public init(cell: Cell, outputCount: Int, parameters: [ParameterID], hasStaticInput: Bool = false) {
        self.cell = cell
        self.outputCount = outputCount
        self.parameters = parameters
        self.hasStaticInput = hasStaticInput
    }
}

/// Outputs that are the same number throughout, whatever the input.
public struct Fill: Hashable, Sendable {
    /// One for each output.
    public var shapes: [[Int]]
    public var values: [Double]

    public init(shapes: [[Int]], values: [Double]) {
        self.shapes = shapes
        self.values = values
    }
}
