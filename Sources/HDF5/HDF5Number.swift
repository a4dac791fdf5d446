/// A number in memory that elements of a dataset can be read into and written from: `Float` or `Double`.
///
/// Do not conform other types to it. Every stored type is converted to the one asked for, rounding at most once.
public protocol HDF5Number: BinaryFloatingPoint, BitwiseCopyable, Sendable {}

extension Float: HDF5Number {}
extension Double: HDF5Number {}
