import Frontend
import NetGraph
import ProtobufWire

/// The numbers of the parameters of a model.
struct ONNXWeightStore: WeightStore {
    let file: ONNXFile
    let constants: [ParameterID: ONNXConstant]

    func read<Element: WeightElement>(
        _ parameter: ParameterID, from start: Int, into buffer: UnsafeMutableBufferPointer<Element>
    ) throws(WeightError) {
        guard let constant = constants[parameter] else {
            throw WeightError(kind: .malformed, message: "\(file.path): a parameter of the model has no numbers")
        }
        do throws(WireError) {
            try constant.read(from: start, into: buffer, of: file)
        } catch {
            throw WeightError(ModelError(error))
        }
    }

    func location(of parameter: ParameterID) -> String? {
        guard let constant = constants[parameter], case .tensor(let tensor) = constant.numbers else { return nil }
        return "\(file.path): tensor '\(tensor.name.inMessages)'"
    }
}
