import Frontend
import NetGraph
import ProtobufWire

extension WeightDifference {
    /// How the initializers of two models differ, by name.
    init(ofModels first: String, _ second: String) throws(ModelError) {
        self.init()
        let one = try onWire { () throws(WireError) in try ONNXFile(path: first) }
        let other = try onWire { () throws(WireError) in try ONNXFile(path: second) }
        for tensor in one.initializers {
            guard let place = other.initializerPlaces[tensor.name] else {
                onlyInFirst.append(tensor.name)
                continue
            }
            let twin = other.initializers[place]
            var difference = TensorDifference(
                layer: tensor.name, index: 0, firstShape: tensor.dimensions, secondShape: twin.dimensions)
            if tensor.dimensions == twin.dimensions {
                difference.numbers = try Self.numbers(tensor, of: one, twin, of: other)
            }
            tensors.append(difference)
        }
        onlyInSecond = other.initializers.map(\.name).filter { one.initializerPlaces[$0] == nil }
    }

    /// `nil` for tensors of text, and of types whose numbers are not read.
    private static func numbers(
        _ first: ONNXTensor, of one: ONNXFile, _ second: ONNXTensor, of other: ONNXFile
    ) throws(ModelError) -> NumberDifference? {
        guard let type = first.type.parameterType, second.type.parameterType != nil else { return nil }
        return try NumberDifference(
            elementCount: first.elementCount, elementType: type,
            first: { (start, buffer) throws(ModelError) in
                try onWire { () throws(WireError) in try one.read(first, from: start, into: buffer) }
            },
            second: { (start, buffer) throws(ModelError) in
                try onWire { () throws(WireError) in try other.read(second, from: start, into: buffer) }
            })
    }
}
