/// The numbers of a network's parameters, from wherever: a `WeightStore` whose type is known only when the program runs.
public struct AnyWeightStore: WeightStore {
    private let base: any WeightStore

    public init(_ base: any WeightStore) { self.base = base }

    public func read<Element: WeightElement>(
        _ parameter: ParameterID, from start: Int, into buffer: UnsafeMutableBufferPointer<Element>
    ) throws(WeightError) {
        try base.read(parameter, from: start, into: buffer)
    }

    public func isComputed(_ parameter: ParameterID) -> Bool { base.isComputed(parameter) }

    public func location(of parameter: ParameterID) -> String? { base.location(of: parameter) }
}
