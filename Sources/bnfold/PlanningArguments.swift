import ArgumentParser
import BNFoldKit

/// How a network is read, whatever its framework: the same for every command.
struct ReadingArguments: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The shape of an input that the network does not tell. Repeatable.", valueName: "name=n,c,h,w"))
    var inputShape: [InputShape] = []

    @Flag(
        help:
            "Treat 'use_global_stats: false' in TEST as true, and the training mode of Keras and ONNX as evaluation."
    )
    var assumeGlobalStats = false

    @Flag(
        help:
            "Leave 'use_global_stats: false' of a training net. It is deployed with the stored statistics otherwise."
    )
    var keepBatchStatistics = false

    @Flag(help: "Fold BatchNorms with a moving-average factor of 0 as Caffe runs them: mean 0, variance 0.")
    var allowUntrained = false

    func validate() throws {
        if assumeGlobalStats, keepBatchStatistics {
            throw ValidationError("--assume-global-stats and --keep-batch-statistics exclude each other")
        }
    }

    /// The options for the library.
    ///
    /// - Throws: for a shape that is given twice.
    func modelOptions() throws -> ModelOptions {
        var options = ModelOptions()
        options.assumesStoredStatistics = assumeGlobalStats
        options.keepsBatchStatistics = keepBatchStatistics
        for shape in inputShape {
            guard options.inputShapes.updateValue(shape.dimensions, forKey: shape.name) == nil else {
                throw ValidationError("--input-shape gives '\(shape.name)' twice")
            }
        }
        return options
    }
}

/// What is folded: the same for every command that plans.
struct PlanningArguments: ParsableArguments {
    @OptionGroup var reading: ReadingArguments

    @OptionGroup var preparing: PreparationArguments

    @Flag(help: "Fold only back, into layers before, through all that lies between.")
    var noForward = false

    @Flag(help: "Fold only into the layer directly before, as other tools do.")
    var onlyAdjacent = false

    @Flag(help: "Merge BatchNorm and Scale that read one another into one layer, and change no other layer.")
    var mergeOnly = false

    @Flag(
        help:
            "Leave a shift that nothing takes as a Scale with factors of 1, for runtimes without a Bias layer (OpenCV)."
    )
    var biasAsScale = false

    @Option(
        help: ArgumentHelp(
            "What becomes of what nothing takes, for runtimes that lack a layer: depthwise is a 1x1 Convolution with a group for each channel.",
            valueName: "form"))
    var leftover: LeftoverChoice?

    @Flag(
        help: "Take channels out of the network that hold one number whatever the input is: their weights are all 0.")
    var removeConstantChannels = false

    @Flag(
        help:
            "Make the ranges of channels equal across layers, exactly, for weights of 8 bits (cross-layer equalization)."
    )
    var equalize = false

    @OptionGroup var half: HalfArguments

    /// The options for the library.
    var planning: PlanningOptions {
        var options = PlanningOptions()
        options.allowsUntrained = reading.allowUntrained
        options.reach = mergeOnly ? .none : onlyAdjacent ? .adjacent : noForward ? .backward : .wholeGraph
        options.leftover = biasAsScale ? .scale : leftover
        options.removesConstantChannels = removeConstantChannels
        options.equalizes = equalize
        options.half = half.options
        return options
    }

    func validate() throws {
        if biasAsScale, let leftover, leftover != .scale {
            throw ValidationError("--bias-as-scale is --leftover scale, and excludes --leftover \(leftover.rawValue)")
        }
        if mergeOnly, removeConstantChannels {
            throw ValidationError(
                "--merge-only excludes --remove-constant-channels: it leaves all layers but normalisations as they are")
        }
        if mergeOnly, equalize {
            throw ValidationError(
                "--merge-only excludes --equalize: it changes no layer with weights, and --equalize does")
        }
        if mergeOnly, noForward || onlyAdjacent {
            throw ValidationError(
                "--merge-only excludes \(onlyAdjacent ? "--only-adjacent" : "--no-forward"): nothing is folded into other layers"
            )
        }
    }
}

extension LeftoverChoice: ExpressibleByArgument {}

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
