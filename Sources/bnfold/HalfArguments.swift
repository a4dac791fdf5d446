import ArgumentParser
import BNFoldKit

/// What is stored in half precision: the same for every command that plans.
struct HalfArguments: ParsableArguments {
    @Option(
        name: .customLong("half"), defaultAsFlag: HalfPrecisionOptions.Extent.weights, parsing: .next,
        help: ArgumentHelp(
            "Store weights in half precision (Caffe, ONNX); graph: the whole network (ONNX).", valueName: "extent"))
    var extent: HalfPrecisionOptions.Extent?

    @Option(
        name: .customLong("half-keep"),
        help: ArgumentHelp("A layer whose numbers stay in Float. Repeatable.", valueName: "layer"))
    var keptLayers: [String] = []

    @Option(
        name: .customLong("half-loss"),
        help: ArgumentHelp(
            "Leave tensors in Float of which more than this share of the numbers lose more than 2^-11 of themselves, 0 to 1. Default: no limit.",
            valueName: "share"))
    var largestLoss: Double?

    func validate() throws {
        if extent == nil, !keptLayers.isEmpty || largestLoss != nil {
            throw ValidationError(
                "\(keptLayers.isEmpty ? "--half-loss" : "--half-keep") is an option of --half, which is not given")
        }
        if let largestLoss, !(0...1).contains(largestLoss) {
            throw ValidationError("--half-loss takes a share from 0 to 1, not \(largestLoss)")
        }
    }

    /// The options for the library.
    var options: HalfPrecisionOptions? {
        guard let extent else { return nil }
        var options = HalfPrecisionOptions(extent)
        options.keptLayers = keptLayers
        options.largestLoss = largestLoss
        return options
    }

    /// The same command line with a value for each `--half` that has none: what stands behind it may be a file.
    static func spelledOut(_ arguments: [String]) -> [String] {
        var result: [String] = []
        for (index, argument) in arguments.enumerated() {
            if argument == "--" { return result + arguments[index...] }
            let next = index + 1 < arguments.count ? arguments[index + 1] : ""
            let isAlone = argument == "--half" && HalfPrecisionOptions.Extent(rawValue: next) == nil
            result.append(isAlone ? "--half=\(HalfPrecisionOptions.Extent.weights.rawValue)" : argument)
        }
        return result
    }
}

extension HalfPrecisionOptions.Extent: ExpressibleByArgument {}
