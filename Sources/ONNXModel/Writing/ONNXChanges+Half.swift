import Frontend
import NetGraph

// Tensors in half precision, of layers that compute in another format.
//
//     Before:  W (FLOAT) - Conv
//     After:   W_half (FLOAT16) - Cast - W - Conv
//
// Whoever runs the model computes the Cast once, when it is loaded.

extension ONNXChanges {
    /// Whether a layer has a tensor that was not in half precision before.
    func isHalved(_ layer: Layer) -> Bool { layer.operation.parameters.contains(where: isHalved) }

    func isHalved(_ parameter: ParameterID) -> Bool { folded.halved?[parameter] != nil }

    /// Puts a Cast behind each new tensor in half precision.
    mutating func castHalves() throws(ModelError) {
        for index in tensors.indices {
            guard let type = folded.halved?[tensors[index].parameter] else { continue }
            guard file.opset >= 6 else {
                throw ModelError(
                    .usage,
                    "\(file.path): is of opset \(file.opset), in which a Cast to Float is told in another way; --half needs opset 6 or newer: leave it out, or convert the model with onnx.version_converter"
                )
            }
            let name = tensors[index].name
            tensors[index].name = unused("\(name)_half")
            firstNodes[0, default: []].append(
                NewNode(
                    type: "Cast", name: "\(name)_cast", inputs: [tensors[index].name], output: name, scope: 0,
                    integers: ["to": ONNXElementType(type).rawValue]))
        }
    }
}
