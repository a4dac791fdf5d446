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
    /// - Throws: `WeightError` of the kind `malformed` when a weight is not finite, of the kind `overflow` when a finite one leaves the
    ///   range of `Element` by folding.
    public func read<Element: WeightElement>(
        _ parameter: ParameterID, from start: Int, into buffer: UnsafeMutableBufferPointer<Element>
    ) throws(WeightError) {
        let type = folded.network[parameter].elementType
        switch folded.recipes[parameter] {
        case nil:
            try readFinite(parameter, from: start, into: buffer)
        case .vector(let numbers):
            for index in buffer.indices { buffer[index] = Element(numbers[start + index]) }
        case .scaled(_, _, _) where type == .float64 && Element.elementType == .float32:
            // Scaled in the format of the parameter, and rounded to the one that is asked for at the very end.
            let doubles = UnsafeMutableBufferPointer<Double>.allocate(capacity: buffer.count)
            doubles.initialize(repeating: 0)
            defer { doubles.deallocate() }
            try read(parameter, from: start, into: doubles)
            for index in buffer.indices { buffer[index] = Element(doubles[index]) }
            return
        case .scaled(let source, let layout, let factors):
            try readFinite(source, from: start, into: buffer)
            layout.multiply(buffer, from: start, by: factors)
            if let index = Self.firstNotFinite(in: buffer) {
                throw WeightError(
                    kind: .overflow,
                    message:
                        "element \(start + index) of \(folded.network[source].name) leaves the range of its number format"
                )
            }
        }
        if type == .float32, Element.elementType == .float64 {
            // What a file in the parameter's format would hold.
            for index in buffer.indices { buffer[index] = Element(Float(buffer[index])) }
        }
    }

    public func location(of parameter: ParameterID) -> String? { base.location(of: parameter) }

    private func readFinite<Element: WeightElement>(
        _ parameter: ParameterID, from start: Int, into buffer: UnsafeMutableBufferPointer<Element>
    ) throws(WeightError) {
        try base.read(parameter, from: start, into: buffer)
        guard let index = Self.firstNotFinite(in: buffer) else { return }
        let place = base.location(of: parameter).map { "\($0) (\(folded.network[parameter].name))" }
        throw WeightError(
            kind: .malformed,
            message:
                "\(place ?? folded.network[parameter].name) holds \(buffer[index]) at element \(start + index), where a finite number is needed; the training run diverged or the file is damaged: take an earlier snapshot"
        )
    }

    private static func firstNotFinite<Element: WeightElement>(in buffer: UnsafeMutableBufferPointer<Element>) -> Int? {
        Element.areFinite(buffer) ? nil : buffer.firstIndex { !$0.isFinite }
    }
}
