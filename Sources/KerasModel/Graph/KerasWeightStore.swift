import NetGraph

/// The numbers of a Keras network: those of its file, and those that its JSON tells.
struct KerasWeightStore: WeightStore {
    let source: any KerasWeightSource
    let tensors: [ParameterID: KerasTensor]
    let constants: [ParameterID: [Double]]

    func read<Element: WeightElement>(
        _ parameter: ParameterID, from start: Int, into buffer: UnsafeMutableBufferPointer<Element>
    ) throws(WeightError) {
        if let numbers = constants[parameter] {
            guard start >= 0, start + buffer.count <= numbers.count else {
                throw WeightError(kind: .malformed, message: "a constant of the model has no such elements")
            }
            for index in buffer.indices { buffer[index] = Element(numbers[start + index]) }
            return
        }
        guard let tensor = tensors[parameter] else {
            throw WeightError(kind: .malformed, message: "a parameter of the model lies in no file")
        }
        try source.read(tensor, from: start, into: buffer)
    }

    func location(of parameter: ParameterID) -> String? { tensors[parameter].map { source.location(of: $0) } }
}
