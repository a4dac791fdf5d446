import ArgumentParser
import BNFoldKit

/// How the network is read: the same for every command.
struct NetworkOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The network. Default: the prototxt beside INPUT of the same name, else the only network in its folder.",
            valueName: "file"))
    var prototxt: String?

    @Option(
        help: ArgumentHelp(
            "The shape of an input that the prototxt does not tell. Repeatable.", valueName: "name=n,c,h,w"))
    var inputShape: [InputShape] = []

    @Option(help: ArgumentHelp("The level of Caffe's NetState. The phase is TEST.", valueName: "number"))
    var level: Int = 0

    @Option(help: ArgumentHelp("A stage of Caffe's NetState. Repeatable.", valueName: "name"))
    var stage: [String] = []

    @Option(
        help: ArgumentHelp(
            "How BatchNorms that do not tell their dialect store their blobs.",
            valueName: "dialect"))
    var batchNormDialect: BatchNormDialect?

    @Flag(help: "Treat 'use_global_stats: false' in TEST as true.")
    var assumeGlobalStats = false

    @Flag(
        help:
            "Leave 'use_global_stats: false' of a training net. It is deployed with the stored statistics otherwise."
    )
    var keepBatchStatistics = false

    @Flag(help: "Leave out BatchNorms and Scales of the weights that the network lacks, instead of refusing them.")
    var ignoreSurplus = false

    @Flag(help: "Fold BatchNorms with a moving-average factor of 0 as Caffe runs them: mean 0, variance 0.")
    var allowUntrained = false

    func validate() throws {
        if assumeGlobalStats, keepBatchStatistics {
            throw ValidationError("--assume-global-stats and --keep-batch-statistics exclude each other")
        }
    }

    /// The options for the library.
    func caffeOptions() throws -> CaffeOptions {
        var options = CaffeOptions()
        options.state = NetState(level: level, stages: stage)
        options.assumesGlobalStatistics = assumeGlobalStats
        options.keepsBatchStatistics = keepBatchStatistics
        options.batchNormDialect = batchNormDialect
        options.ignoresSurplus = ignoreSurplus
        for shape in inputShape {
            guard options.inputShapes.updateValue(shape.dimensions, forKey: shape.name) == nil else {
                throw ValidationError("--input-shape gives '\(shape.name)' twice")
            }
        }
        return options
    }
}

extension BatchNormDialect: ExpressibleByArgument {}

/// `data=1,3,224,224`
struct InputShape: ExpressibleByArgument {
    var name: String
    var dimensions: [Int]

    init?(argument: String) {
        guard let equals = argument.lastIndex(of: "="), equals != argument.startIndex else { return nil }
        let lengths = argument[argument.index(after: equals)...].split(separator: ",", omittingEmptySubsequences: false)
        let numbers = lengths.compactMap { Int($0) }
        guard numbers.count == lengths.count, numbers.allSatisfy({ $0 > 0 && $0 <= Int32.max }), numbers.count <= 32
        else { return nil }
        name = String(argument[..<equals])
        dimensions = numbers
    }
}
