/// The numbers of a network's parameters, read where they are needed and never all at once.
public protocol WeightStore {
    /// Fills a buffer with consecutive elements of a parameter, in row-major order.
    ///
    /// - Parameters:
    ///   - parameter: the tensor to read.
    ///   - start: the first element; `start + buffer.count` must not exceed the parameter's element count.
    ///   - buffer: receives the elements. Reading float64 into `Float` rounds once, to nearest.
    /// - Throws: `WeightError` when the numbers cannot be read.
    func read<Element: WeightElement>(
        _ parameter: ParameterID, from start: Int, into buffer: UnsafeMutableBufferPointer<Element>
    ) throws(WeightError)

    /// Whether reading a parameter takes more than to read it from a file.
    func isComputed(_ parameter: ParameterID) -> Bool

    /// Where the numbers of a parameter lie, for messages: file and place in it. `nil` when they lie in no file.
    func location(of parameter: ParameterID) -> String?
}

extension WeightStore {
    public func isComputed(_ parameter: ParameterID) -> Bool { false }

    public func location(of parameter: ParameterID) -> String? { nil }

    /// Reads a whole parameter as `Double`. For small tensors: one number per channel.
    public func vector(_ parameter: ParameterID, of network: Network) throws(WeightError) -> [Double] {
        guard let count = network[parameter].elementCount else {
            throw WeightError(kind: .malformed, message: "the shape of \(network[parameter].name) is not known")
        }
        let buffer = UnsafeMutableBufferPointer<Double>.allocate(capacity: count)
        defer { buffer.deallocate() }
        buffer.initialize(repeating: 0)
        try read(parameter, from: 0, into: buffer)
        return Array(buffer)
    }
}

/// Why the numbers of a parameter could not be had.
public struct WeightError: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Kind: Hashable, Sendable {
        /// The file holds something else than it should.
        case malformed
        /// The file could not be opened or read at all.
        case unreadable
        /// Reading or writing failed on the way.
        case inputOutput
        /// A computed number leaves the range of its format.
        case overflow
    }

    public var kind: Kind
    public var message: String

    public init(kind: Kind, message: String) {
        self.kind = kind
        self.message = message
    }

    public var description: String { message }
}
