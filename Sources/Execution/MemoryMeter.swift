import NetGraph

/// What a run would take, added up in a rehearsal: everything happens but that memory is taken and numbers are computed.
///
///     let meter = MemoryMeter()
///     var pass = try interpreter.rehearse(["data": [100000, 3, 224, 224]], on: meter)
///     while try pass.next() != nil {}
///     print(meter.peakBytes)
///
/// What only numbers tell, such as how many boxes a DetectionOutput finds, counts as nothing; nor does what is computed from it.
public final class MemoryMeter {
    public private(set) var bytes = 0
    public private(set) var peakBytes = 0
    /// The layer that ran when the most was taken.
    public private(set) var peakLayer: String?
    /// The layer that runs.
    var layer: String?

    public init() {}

    /// Takes memory; what is beyond all numbers counts as the largest one.
    public func take(_ count: Int) {
        let (sum, overflows) = bytes.addingReportingOverflow(count)
        bytes = overflows ? .max : sum
        guard bytes > peakBytes else { return }
        peakBytes = bytes
        peakLayer = layer
    }

    public func giveBack(_ count: Int) { bytes = max(bytes - count, 0) }
}

/// A value that goes into a pass, or comes out of it: its numbers, or in a rehearsal its shape alone.
public struct PassValue<Element: ExecutionElement>: Sendable {
    public let shape: [Int]
    /// `nil` in a rehearsal.
    public let tensor: Tensor<Element>?
    /// How many numbers it has; lengths beyond all memory count as the largest number.
    public let count: Int

    public init(_ tensor: Tensor<Element>) {
        shape = tensor.shape
        count = tensor.elements.count
        self.tensor = tensor
    }

    /// A value of a rehearsal. Lengths must not be negative.
    public init(shape: [Int]) {
        self.shape = shape
        count = TensorShape.elementCount(shape) ?? .max
        tensor = nil
    }

    public var byteCount: Int {
        let (bytes, overflows) = count.multipliedReportingOverflow(by: MemoryLayout<Element>.stride)
        return overflows ? .max : bytes
    }
}
