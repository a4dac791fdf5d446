import ArgumentParser
import BNFoldKit

/// How statistics are measured on the way to folding: the options of `calibrate` under longer names, since `fold` has samples for its verification, too.
struct FoldCalibrationArguments: ParsableArguments {
    @Option(
        name: .customLong("calibrate"),
        help: ArgumentHelp(
            "Measure the statistics on these samples first, as 'bnfold calibrate' does, and fold those. Repeatable.",
            valueName: "name=file[:array]"))
    var inputs: [SampleArgument] = []

    @Option(help: ArgumentHelp("batches or population. Default: batches.", valueName: "method"))
    var calibrateMethod: CalibrateRequest.Method?

    @Option(
        help: ArgumentHelp(
            "The samples of a batch. Default: those of the training's data layer, else 32.", valueName: "number"))
    var calibrateBatch: Int?

    @Option(help: ArgumentHelp("How many samples to measure on. Default: all.", valueName: "number"))
    var calibrateSamples: Int?

    @Option(
        parsing: .upToNextOption, help: ArgumentHelp("The layers to measure. Default: all.", valueName: "name"))
    var calibrateLayers: [String] = []

    @Flag(help: "Measure only layers without statistics.")
    var calibrateMissingOnly = false

    func validate() throws {
        for (option, number) in [("--calibrate-batch", calibrateBatch), ("--calibrate-samples", calibrateSamples)] {
            if let number, number < 1 { throw ValidationError("\(option) takes a number from 1 on, not \(number)") }
        }
    }

    /// The first option that means nothing without samples; `nil` for none.
    var givenWithoutSamples: String? {
        guard inputs.isEmpty else { return nil }
        if calibrateMethod != nil { return "--calibrate-method" }
        if calibrateBatch != nil { return "--calibrate-batch" }
        if calibrateSamples != nil { return "--calibrate-samples" }
        if !calibrateLayers.isEmpty { return "--calibrate-layers" }
        return calibrateMissingOnly ? "--calibrate-missing-only" : nil
    }

    /// `nil` without samples.
    func options() -> MeasuringOptions? {
        guard !inputs.isEmpty else { return nil }
        var options = MeasuringOptions()
        options.inputs = inputs.map(\.input)
        options.method = calibrateMethod ?? options.method
        options.batchSize = calibrateBatch
        options.samples = calibrateSamples
        options.layers = calibrateLayers.isEmpty ? nil : calibrateLayers
        options.missingOnly = calibrateMissingOnly
        options.layersOption = "--calibrate-layers"
        options.inputOption = "--calibrate"
        return options
    }
}
