import Foundation
import Testing

/// A trained net of the `fixtures` folder.
struct Fixture: Sendable, CustomTestStringConvertible {
    var name: String
    /// What `--input-shape` has to tell, since the data files are not there.
    var inputShapes: [String]
    var weightsName = "weights.caffemodel.h5"

    var testDescription: String { name }

    var folder: URL { Self.root.appendingPathComponent(name) }
    var prototxt: String { folder.appendingPathComponent("train_val.prototxt").path }
    var testNet: String { folder.appendingPathComponent("test_net.prototxt").path }
    var weights: String { folder.appendingPathComponent(weightsName).path }

    /// The arguments that fold the net into `out.h5` and `out.prototxt`.
    var arguments: [String] { [weights, "out.h5", "--prototxt", prototxt] + shapeArguments }

    var shapeArguments: [String] { inputShapes.flatMap { ["--input-shape", $0] } }

    /// The `fixtures` folder of the package.
    static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("fixtures")

    static let lenet = Fixture(name: "digits-lenet", inputShapes: ["data=1,1,16,16"])
    static let badStatistics = Fixture(name: "digits-badstats", inputShapes: ["data=1,1,16,16"])

    static let branches = Fixture(name: "digits-branches", inputShapes: ["data=1,3,16,16"])
    static let deconvolution = Fixture(name: "digits-deconv", inputShapes: ["data=1,1,16,16"])
    static let preactivation = Fixture(name: "digits-preact", inputShapes: ["data=1,3,16,16"])
    static let resnet = Fixture(name: "digits-resnet", inputShapes: ["data=1,3,16,16"])
    static let squeezeExcitation = Fixture(name: "digits-se", inputShapes: ["data=1,3,16,16"])
    static let siamese = Fixture(name: "digits-siamese", inputShapes: ["data=1,1,16,16", "data_p=1,1,16,16"])

    /// Every net. The names of digits-mobilenet's layers are none that Caffe could write to HDF5.
    static let all = [
        badStatistics,
        branches,
        Fixture(name: "digits-cifarstyle", inputShapes: ["data=1,3,32,32"]),
        Fixture(name: "digits-conv3d", inputShapes: ["data=1,1,4,16,16"]),
        deconvolution,
        Fixture(name: "digits-densenet", inputShapes: ["data=1,1,16,16"]),
        Fixture(name: "digits-inception", inputShapes: ["data=1,3,16,16"]),
        lenet,
        Fixture(name: "digits-mobilenet", inputShapes: ["data=1,3,16,16"], weightsName: "weights.caffemodel"),
        preactivation,
        resnet,
        squeezeExcitation,
        siamese,
    ]
}
