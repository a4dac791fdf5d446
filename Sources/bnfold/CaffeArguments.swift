import ArgumentParser
import BNFoldKit

/// What only nets of Caffe have: the same for every command.
struct CaffeArguments: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The network. Default: the prototxt beside INPUT of the same name, else the only network in its folder.",
            valueName: "file"))
    var prototxt: String?

    @Option(help: ArgumentHelp("The level of Caffe's NetState. The phase is TEST.", valueName: "number"))
    var level: Int = 0

    @Option(help: ArgumentHelp("A stage of Caffe's NetState. Repeatable.", valueName: "name"))
    var stage: [String] = []

    @Option(
        help: ArgumentHelp(
            "How BatchNorms that do not tell their dialect store their blobs.",
            valueName: "dialect"))
    var batchNormDialect: BatchNormDialect?

    @Flag(help: "Leave out BatchNorms and Scales of the weights that the network lacks, instead of refusing them.")
    var ignoreSurplus = false

    @Flag(help: "Write layers of forks as those of BVLC Caffe that compute the same: depthwise convolutions, ReLU6.")
    var standardTypes = false

    /// Adds what is told here to the options for the library.
    func apply(to options: inout ModelOptions) {
        options.caffe.state = NetState(level: level, stages: stage)
        options.caffe.batchNormDialect = batchNormDialect
        options.caffe.ignoresSurplus = ignoreSurplus
        options.caffe.usesStandardTypes = standardTypes
    }
}

/// Where the network of a Caffe net goes.
struct CaffeOutputArguments: ParsableArguments {
    @Option(help: ArgumentHelp("The prototxt to write. Default: OUTPUT's name with '.prototxt'.", valueName: "file"))
    var outputPrototxt: String?
}

/// The network of the folded twin of a Caffe net.
struct CaffeTwinArguments: ParsableArguments {
    @Option(
        help: ArgumentHelp("The folded network. Default: the prototxt beside FOLDED.", valueName: "file"))
    var foldedPrototxt: String?
}

/// The network of weights that are written in another container.
struct CaffeConversionArguments: ParsableArguments {
    @Option(help: ArgumentHelp("The network: tells the types of layers, and gets their new names.", valueName: "file"))
    var prototxt: String?

    @Option(
        help: ArgumentHelp(
            "The prototxt with the new names. Default: OUTPUT's name with '.prototxt'.", valueName: "file"))
    var outputPrototxt: String?

    @Option(
        help: ArgumentHelp(
            "Write batch normalisations as BVLC Caffe (BatchNorm and Scale), NVCaffe (scale_bias) or SegNet's Caffe (BN) has them; also in the prototxt.",
            valueName: "fork"))
    var dialect: TargetDialect?

    @Flag(help: "With --dialect: take 'use_global_stats: false' as true, and write it so.")
    var assumeGlobalStats = false

    @Option(
        help: ArgumentHelp(
            "With --dialect: how BatchNorms of INPUT that do not tell their dialect store their blobs.",
            valueName: "dialect"))
    var batchNormDialect: BatchNormDialect?
}

extension BatchNormDialect: ExpressibleByArgument {}
extension TargetDialect: ExpressibleByArgument {}
