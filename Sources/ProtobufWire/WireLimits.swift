/// Bounds that keep a hostile or damaged file from costing more memory or stack than a real one.
public enum WireLimits {
    /// The largest message that protobuf reads or writes: its lengths and cached sizes are signed 32-bit numbers.
    public static let messageByteCount = Int(Int32.max)

    /// How deeply groups may nest in groups; also the recursion limit of protobuf's own parsers.
    public static let groupDepth = 100

    /// The longest value that `WireMessage.bytes` and `WireMessage.string` return: names and paths, never tensors.
    public static let valueByteCount = 1 << 20

    /// How many runs of unlike fields one message may have: about 100 MiB of index.
    ///
    /// Consecutive fields of one number, type and size are one run, so a tensor stored as millions of unpacked
    /// floats needs one. Real messages have some thousands at most.
    static let runCount = 1 << 22
}
