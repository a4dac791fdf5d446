/// Layers that many test nets need, each on a line of its own.
enum Text {
    /// A blob `data` of the shape 1x2x4x4.
    static let input =
        #"layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 2 dim: 4 dim: 4 } } }"#
        + "\n"

    /// A 1x1 convolution with two outputs.
    static func convolution(_ name: String, from bottom: String, to top: String? = nil, extra: String = "") -> String {
        "layer { name: \"\(name)\" type: \"Convolution\" bottom: \"\(bottom)\" top: \"\(top ?? name)\"\(extra) "
            + "convolution_param { num_output: 2 kernel_size: 1 } }\n"
    }

    /// A layer without parameters, in place.
    static func inPlace(_ type: String, _ name: String, on blob: String, extra: String = "") -> String {
        "layer { name: \"\(name)\" type: \"\(type)\" bottom: \"\(blob)\" top: \"\(blob)\"\(extra) }\n"
    }
}

extension TestNet {
    /// The blobs of `Text.convolution` over two channels.
    static func convolution(_ name: String) -> [String: Blob] {
        [
            name + "/0": Blob(shape: [2, 2, 1, 1], values: [1, 2, 3, 4]),
            name + "/1": Blob(shape: [2], values: [0.5, -0.5]),
        ]
    }

    /// Statistics of two channels: mean 1 and -1, variance 4 and 0.25 (but for eps).
    static func batchNorm(_ name: String) -> [String: Blob] {
        [
            name + "/0": Blob(shape: [2], values: [2, -2]), name + "/1": Blob(shape: [2], values: [8, 0.5]),
            name + "/2": Blob(shape: [1], values: [2]),
        ]
    }
}

/// The message of the error that a step throws; empty when it throws none.
func failure<Result>(_ step: () throws -> Result) -> String {
    do {
        _ = try step()
        return ""
    } catch {
        return "\(error)"
    }
}
