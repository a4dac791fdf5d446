import NetGraph

extension ONNXChanges {
    /// Finds the values that have other shapes than before.
    mutating func noteShapes() {
        let values = original.network.values
        for layer in folded.network.layers {
            for output in layer.outputs where values.indices.contains(output.index) {
                let (before, after) = (values[output.index].shape, folded.network[output].shape)
                if before != after { reshaped.insert(folded.network[output].name) }
            }
        }
    }
}

extension Operation {
    /// The groups of a convolution.
    var groups: Int? {
        switch self {
        case .convolution(let convolution), .deconvolution(let convolution): convolution.groups
        default: nil
        }
    }
}
