import ArgumentParser
import BNFoldKit
import Files

struct Fold: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fold",
        abstract: "Fold a network and write it for deployment.",
        discussion: """
            Writes OUTPUT, and beside it the network where that has a file of its own (a prototxt). All appear whole or not at all, and nothing \
            that exists is overwritten without --force.
            """)

    @Argument(help: "Trained weights, or one file with all of the model.")
    var input: String

    @Argument(help: "The folded weights or model to write; its name tells the format.")
    var output: String

    @OptionGroup(title: Heading.planning) var planning: PlanningArguments

    @OptionGroup(title: Heading.planning) var equalizing: EqualizationArguments

    @OptionGroup(title: Heading.writing) var writing: WritingArguments

    @OptionGroup(title: Heading.measuring) var calibrating: FoldCalibrationArguments

    @OptionGroup(title: Heading.caffe) var caffe: CaffeArguments

    @OptionGroup(title: Heading.keras) var keras: KerasArguments

    @OptionGroup(title: Heading.onnx) var onnx: ONNXArguments

    @OptionGroup(title: Heading.caffe) var caffeOutput: CaffeOutputArguments

    @OptionGroup(title: Heading.keras) var kerasOutput: KerasOutputArguments

    @OptionGroup(title: Heading.verification) var verifying: VerifyFlag

    @OptionGroup(title: Heading.verification) var verification: VerifyArguments

    @OptionGroup(title: Heading.output) var results: ResultArguments

    @OptionGroup(title: Heading.output) var console: ConsoleOptions

    func validate() throws {
        try writing.validate()
        try equalizing.validate(with: planning)
        if !verifying.verify, let option = verification.given,
            option != "--as-data-layer" || calibrating.inputs.isEmpty
        {
            throw ValidationError("\(option) is an option of --verify, which is not given")
        }
        if let option = calibrating.givenWithoutSamples {
            throw ValidationError("\(option) is for the samples of --calibrate, which is not given")
        }
        try console.validate()
    }

    func run() throws {
        try OwnOption.check(caffe, caffeOutput, keras, kerasOutput, with: input)
        var request = FoldRequest(input: input, output: output)
        request.network = try keras.network(orPrototxt: caffe.prototxt)
        request.outputNetwork = caffeOutput.outputPrototxt ?? kerasOutput.outputArchitecture
        request.model = try planning.reading.modelOptions()
        request.model.keepsTraining = writing.keepTraining
        caffe.apply(to: &request.model)
        try planning.preparing.apply(to: &request.model)
        onnx.apply(to: &request.model)
        request.planning = planning.planning
        request.equalizationPlotPath = equalizing.equalizationPlot
        request.compression = writing.compress
        request.existing = results.force ? .replace : .refuse
        request.verification = verifying.verify ? verification.options() : nil
        request.reportPath = results.report == "-" ? nil : results.report
        request.notice = { Console.note("bnfold: \($0)") }
        let bar = ProgressBar(isQuiet: console.quiet, patience: VerifyArguments.patience)
        request.calibration = calibrating.options()
        request.calibration?.progress = { bar.show($0) }
        request.calibration?.dataLayerNetwork = verification.asDataLayer
        request.verification?.progress = { bar.show($0) }
        try Console.run(stoppableBy: request.cancellation) { () throws(BNFoldError) in
            defer { bar.clear() }
            ProcessEnd.announce()
            let outcome = try fold(request)
            bar.clear()
            try console.show(outcome, json: results.report == "-")
        }
    }
}

/// Where an outcome goes.
struct ResultArguments: ParsableArguments {
    @Option(help: ArgumentHelp("Write the whole outcome as JSON ('-': to standard output).", valueName: "file"))
    var report: String?

    @Flag(help: "Overwrite OUTPUT, its network, and the other files that are asked for.")
    var force = false
}

/// Whether a fold is verified.
struct VerifyFlag: ParsableArguments {
    @Flag(help: "Run both networks and compare them, as 'bnfold verify' does, before the output is put in place.")
    var verify = false
}
