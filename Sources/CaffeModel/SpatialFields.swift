/// Kernel, stride, padding and dilation of a convolution, one entry for each spatial axis.
///
/// Each is given once for all axes, once for each axis, or as `_h` and `_w`; forks pad each side by itself (`pad_l`, `pad_r`, `pad_t`, `pad_b`).
struct SpatialFields {
    var kernel: [Int]
    var stride: [Int]
    var padBefore: [Int]
    var padAfter: [Int]
    var dilation: [Int]

    init(_ fields: FieldReader, layer: LayerDefinition, spatialAxes: Int) throws(CaffeModelError) {
        guard let kernel = try Self.values("kernel_size", "kernel", fields, layer, spatialAxes, minimum: 1) else {
            throw layer.error("has no 'kernel_size'")
        }
        self.kernel = kernel
        let ones = [Int](repeating: 1, count: spatialAxes)
        let zeros = [Int](repeating: 0, count: spatialAxes)
        stride = try Self.values("stride", "stride", fields, layer, spatialAxes, minimum: 1) ?? ones
        dilation = try Self.values("dilation", nil, fields, layer, spatialAxes, minimum: 1) ?? ones
        padBefore = try Self.values("pad", "pad", fields, layer, spatialAxes, minimum: 0) ?? zeros
        padAfter = padBefore
        if spatialAxes == 2 {
            padBefore[0] = try fields.integer("pad_t", atLeast: 0) ?? padBefore[0]
            padBefore[1] = try fields.integer("pad_l", atLeast: 0) ?? padBefore[1]
            padAfter[0] = try fields.integer("pad_b", atLeast: 0) ?? padAfter[0]
            padAfter[1] = try fields.integer("pad_r", atLeast: 0) ?? padAfter[1]
        }
    }

    /// - Parameters:
    ///   - name: the field for all axes, for example `kernel_size`.
    ///   - stem: the stem of the fields for height and width; `nil` when there are none.
    private static func values(
        _ name: String, _ stem: String?, _ fields: FieldReader, _ layer: LayerDefinition, _ axes: Int, minimum: Int
    ) throws(CaffeModelError) -> [Int]? {
        if let stem {
            let height = try fields.integer("\(stem)_h", atLeast: minimum)
            let width = try fields.integer("\(stem)_w", atLeast: minimum)
            if height != nil || width != nil {
                guard axes == 2 else {
                    throw layer.error("'\(stem)_h' and '\(stem)_w' go with two spatial axes, but it has \(axes)")
                }
                let missing = try fields.integers(name, atLeast: minimum).first ?? minimum
                return [height ?? missing, width ?? missing]
            }
        }
        let values = try fields.integers(name, atLeast: minimum)
        switch values.count {
        case 0: return nil
        case 1: return [Int](repeating: values[0], count: axes)
        case axes: return values
        default:
            throw layer.error(
                "'\(name)' is given \(values.count) times, but must be given once or for each of the \(axes) spatial axes"
            )
        }
    }
}
