import NetGraph

/// The weights of a folded network: computed from those of the network before, slice by slice, when they are asked for.
public struct FoldedWeights<Base: WeightStore>: WeightStore {
    private let base: Base
    private let folded: FoldedNetwork

    public init(base: Base, folded: FoldedNetwork) {
        self.base = base
        self.folded = folded
    }

    /// Reads a slice. A product is formed in double precision and rounded once, to the parameter's own format.
    ///
    /// - Throws: `WeightError` of the kind `overflow` when a finite weight leaves the range of `Element`, of the kind `malformed` when
    ///   a weight that is to be scaled is not finite.
    public func read<Element: WeightElement>(
        _ parameter: ParameterID, from start: Int, into buffer: UnsafeMutableBufferPointer<Element>
    ) throws(WeightError) {
        switch folded.recipes[parameter] {
        case nil:
            try base.read(parameter, from: start, into: buffer)
        case .vector(let numbers):
            for index in buffer.indices { buffer[index] = Element(numbers[start + index]) }
        case .scaled(let source, let layout, let factors):
            try base.read(source, from: start, into: buffer)
            try checkFinite(buffer, of: source, from: start, isInput: true)
            layout.multiply(buffer, from: start, by: factors)
            try checkFinite(buffer, of: source, from: start, isInput: false)
        }
    }

    private func checkFinite<Element: WeightElement>(
        _ buffer: UnsafeMutableBufferPointer<Element>, of parameter: ParameterID, from start: Int, isInput: Bool
    ) throws(WeightError) {
        guard !Element.areFinite(buffer), let index = buffer.firstIndex(where: { !$0.isFinite }) else { return }
        let name = folded.network[parameter].name
        throw isInput
            ? WeightError(
                kind: .malformed,
                message:
                    "\(name) holds \(buffer[index]) at element \(start + index), where a finite number is needed; the training run diverged or the file is damaged: take an earlier snapshot"
            )
            : WeightError(
                kind: .overflow, message: "element \(start + index) of \(name) leaves the range of its number format")
    }
}
