import Frontend

/// Kernel, stride, padding and dilation of a convolution or a pooling, one entry for each spatial axis.
///
/// Each is given once for all axes, once for each axis, or as `_h` and `_w`. Forks give a depth as well (`_d`), pad each side by itself (`pad_l`,
/// `pad_r`, `pad_t`, `pad_b`), or say `pad_type: SAME`.
struct SpatialFields {
    var kernel: [Int]
    var stride: [Int]
    var padBefore: [Int]
    var padAfter: [Int]
    /// Pads as much as ceil(length / stride) windows need.
    var padsToCover = false
    var dilation: [Int]
    /// Why the padding is not known, as part of a sentence.
    var objection: String?

    init(_ fields: FieldReader, layer: LayerDefinition, spatialAxes: Int) throws(ModelError) {
        let endings = Endings(of: fields)
        func values(_ names: Names, minimum: Int, missing: Int?) throws(ModelError) -> [Int] {
            try Self.values(
                names, fields, layer, spatialAxes, minimum: minimum, missing: missing,
                namesAxes: endings.mayNameAxes)
        }
        kernel = try values(.kernel, minimum: 1, missing: nil)
        stride = try values(.stride, minimum: 1, missing: 1)
        // DeepLab's first form calls dilation holes.
        dilation = try values(fields.has("hole") ? .hole : .dilation, minimum: 1, missing: 1)
        padBefore = try values(.pad, minimum: 0, missing: 0)
        padAfter = padBefore
        for (axis, before, after) in [(spatialAxes - 2, "pad_t", "pad_b"), (spatialAxes - 1, "pad_l", "pad_r")]
        where endings.mayNameSides {
            let sides = (try fields.integer(before, atLeast: 0), try fields.integer(after, atLeast: 0))
            guard sides.0 != nil || sides.1 != nil else { continue }
            guard axis >= 0 else {
                throw layer.error("'\(before)' and '\(after)' go with two spatial axes, but it has \(spatialAxes)")
            }
            padBefore[axis] = sides.0 ?? padBefore[axis]
            padAfter[axis] = sides.1 ?? padAfter[axis]
        }
        try readPaddingType(fields)
    }

    /// `pad_type` of Synopsys' fork: 0 for the padding that the fields give, 1 (SAME) for as much as covers the input.
    private mutating func readPaddingType(_ fields: FieldReader) throws(ModelError) {
        let isPadded = (padBefore + padAfter).contains { $0 != 0 }
        switch try fields.word("pad_type") {
        case nil, "0": return
        case "VALID" where !isPadded: return
        case "SAME" where !isPadded, "SAME_UPPER" where !isPadded, "1" where !isPadded:
            // How that fork pads dilated windows, and others than those over two axes, contradicts the size of what comes out.
            guard kernel.count == 2, dilation.allSatisfy({ $0 == 1 }) else {
                objection = "its 'pad_type' is not known for such a window"
                return
            }
            padsToCover = true
        case let type?:
            objection = "its 'pad_type' \(type) \(isPadded ? "contradicts its other padding" : "is not known")"
        }
    }

    /// How many axes the fields themselves tell of; `nil` when they say the same for all axes.
    static func axisCount(_ fields: FieldReader) throws(ModelError) -> Int? {
        var count = 1
        for name in ["kernel_size", "stride", "pad", "dilation"] {
            count = max(count, try fields.integers(name).count)
        }
        if ["kernel_d", "kernel_depth", "stride_d", "pad_d"].contains(where: fields.has) { count = max(count, 3) }
        return count > 1 ? count : nil
    }

    /// What the fields of one kind are called.
    private struct Names {
        /// The field for all axes, for example `kernel_size`.
        let all: String
        /// The fields for single axes, for example `kernel_w`, each with the number of axes behind its own.
        let single: [(name: String, fromEnd: Int)]
        let stem: String

        init(_ all: String, stem: String) {
            self.all = all
            self.stem = stem
            single = [("w", 0), ("h", 1), ("d", 2), ("depth", 2)].map { ("\(stem)_\($0)", $1) }
        }

        static let kernel = Names("kernel_size", stem: "kernel")
        static let stride = Names("stride", stem: "stride")
        static let dilation = Names("dilation", stem: "hole")
        static let hole = Names("hole", stem: "hole")
        static let pad = Names("pad", stem: "pad")
    }

    /// What the last letters of all fields tell: nearly every layer has none of those for single axes and sides, which are many to look for.
    private struct Endings {
        /// Whether there may be fields such as `kernel_w`.
        private(set) var mayNameAxes = false
        /// Whether there may be fields such as `pad_l`.
        private(set) var mayNameSides = false

        init(of fields: FieldReader) {
            for index in fields.message?.fields.indices ?? 0..<0 {
                // The shortest of them are 'pad_w' and the like.
                guard let name = fields.message?.fields[index].name.utf8, name.count >= 5 else { continue }
                switch name.last {
                case UInt8(ascii: "w"), UInt8(ascii: "h"), UInt8(ascii: "d"): mayNameAxes = true
                case UInt8(ascii: "t"), UInt8(ascii: "b"), UInt8(ascii: "l"), UInt8(ascii: "r"):
                    if name.count == 5 { mayNameSides = true }
                default: continue
                }
            }
        }
    }

    /// - Parameters:
    ///   - missing: what holds where no field says anything; `nil` when one has to.
    ///   - namesAxes: whether there may be fields for single axes.
    private static func values(
        _ names: Names, _ fields: FieldReader, _ layer: LayerDefinition, _ axes: Int, minimum: Int, missing: Int?,
        namesAxes: Bool
    ) throws(ModelError) -> [Int] {
        let (name, stem) = (names.all, names.stem)
        let given = try fields.integers(name, atLeast: minimum)
        guard given.count <= 1 || given.count == axes else {
            throw layer.error(
                "'\(name)' is given \(given.count) times, but must be given once or for each of the \(axes) spatial axes"
            )
        }
        var result: [Int?] = (0..<axes).map { given.isEmpty ? missing : given[given.count == 1 ? 0 : $0] }
        for (name, fromEnd) in names.single where namesAxes {
            guard let value = try fields.integer(name, atLeast: minimum) else { continue }
            guard axes > fromEnd else {
                throw layer.error("'\(name)' goes with \(fromEnd + 1) spatial axes, but it has \(axes)")
            }
            result[axes - 1 - fromEnd] = value
        }
        // Without a single axis there is nothing to give.
        if axes == 0, missing == nil, given.isEmpty { throw layer.error("has no '\(name)'") }
        return try result.enumerated().map { axis, value throws(ModelError) in
            guard let value else {
                let others = result.contains { $0 != nil }
                let letter = ["w", "h", "d"].dropFirst(axes - 1 - axis).first
                throw layer.error("has no '\(others ? letter.map { "\(stem)_\($0)" } ?? name : name)'")
            }
            return value
        }
    }
}
