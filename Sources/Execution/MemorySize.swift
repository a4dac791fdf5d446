/// An amount of memory as people read it: `37.4 GiB`.
public struct MemorySize: Hashable, Sendable, CustomStringConvertible {
    public var bytes: Int

    public init(_ bytes: Int) { self.bytes = bytes }

    public var description: String {
        // Sums that went beyond all numbers.
        if bytes == .max { return "more than 8 million TiB" }
        var unit = 0
        while unit + 1 < Self.units.count, bytes >= 1 << (10 * (unit + 1)) { unit += 1 }
        guard unit > 0 else { return "\(bytes) bytes" }
        let tenths = Int((Double(bytes) / Double(1 << (10 * unit)) * 10).rounded())
        return (tenths % 10 == 0 || tenths >= 1000 ? "\(tenths / 10)" : "\(tenths / 10).\(tenths % 10)")
            + " \(Self.units[unit])"
    }

    private static let units = ["bytes", "KiB", "MiB", "GiB", "TiB"]
}
