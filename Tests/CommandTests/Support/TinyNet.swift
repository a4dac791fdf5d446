import Foundation

/// A convolution, a BatchNorm and a Scale: the smallest net that shows everything.
struct TinyNet {
    var prototxt = """
        name: "tiny"
        layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 2 dim: 3 dim: 3 } } }
        layer { name: "conv" type: "Convolution" bottom: "data" top: "conv" convolution_param { num_output: 2 kernel_size: 1 } }
        layer { name: "bn" type: "BatchNorm" bottom: "conv" top: "conv" }
        layer { name: "scale" type: "Scale" bottom: "conv" top: "conv" scale_param { bias_term: true } }

        """
    var weights: WeightFile = {
        var weights = WeightFile()
        weights.add("conv", 0, [2, 2, 1, 1], [1, 2, 3, 4])
        weights.add("conv", 1, [2], [0.5, -0.5])
        weights.add("bn", 0, [2], [2, -2])
        weights.add("bn", 1, [2], [2, 8])
        weights.add("bn", 2, [1], [2])
        weights.add("scale", 0, [2], [1, 2])
        weights.add("scale", 1, [2], [0, 1])
        return weights
    }()

    /// Writes `net.prototxt` and `net.h5`.
    func write(to folder: TemporaryFolder) throws {
        try folder.write(prototxt, to: "net.prototxt")
        try weights.write(to: folder.path("net.h5"))
    }

    /// Folders with nothing but a tiny net in them.
    static func folder(_ change: (inout TinyNet) throws -> Void = { _ in }) throws -> TemporaryFolder {
        var net = TinyNet()
        try change(&net)
        let folder = try TemporaryFolder()
        try net.write(to: folder)
        return folder
    }
}
