import ArgumentParser
import BNFoldKit
import Files

struct Calibrate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measure the statistics of BatchNorms on samples and write them in place of the stored ones.",
        discussion: """
            Everything else stays byte by byte: OUTPUT has the container of INPUT, and beside it goes the network where that has a file of its own. \
            All appear whole or not at all.
            """)

    @Argument(help: "Trained weights, or one file with all of the model.")
    var input: String

    @Argument(help: "The weights or model with new statistics.")
    var output: String

    @OptionGroup(title: Heading.measuring) var measuring: MeasuringArguments

    @OptionGroup(title: Heading.reading) var reading: ReadingArguments

    @OptionGroup(title: Heading.caffe) var caffe: CaffeArguments

    @OptionGroup(title: Heading.keras) var keras: KerasArguments

    @OptionGroup(title: Heading.onnx) var onnx: ONNXArguments

    @OptionGroup(title: Heading.caffe) var caffeOutput: CaffeOutputArguments

    @OptionGroup(title: Heading.keras) var kerasOutput: KerasOutputArguments

    @OptionGroup(title: Heading.output) var results: ResultArguments

    @Flag(name: .shortAndLong, help: ArgumentHelp("Print nothing but errors."))
    var quiet = false

    func run() throws {
        try OwnOption.check(caffe, caffeOutput, keras, kerasOutput, with: input)
        var request = CalibrateRequest(input: input, output: output)
        request.network = try keras.network(orPrototxt: caffe.prototxt)
        request.outputNetwork = caffeOutput.outputPrototxt ?? kerasOutput.outputArchitecture
        request.model = try reading.modelOptions()
        caffe.apply(to: &request.model)
        onnx.apply(to: &request.model)
        request.measuring = measuring.options()
        request.existing = results.force ? .replace : .refuse
        request.reportPath = results.report == "-" ? nil : results.report
        request.notice = { Console.note("bnfold: \($0)") }
        let bar = ProgressBar(isQuiet: quiet, patience: VerifyArguments.patience)
        request.measuring.progress = { bar.show($0) }
        try Console.run(stoppableBy: request.cancellation) { () throws(BNFoldError) in
            defer { bar.clear() }
            let report = try calibrate(request)
            bar.clear()
            if results.report == "-" {
                try Console.print(try report.json())
            } else if !quiet {
                try Console.print(Array(report.text().utf8))
            }
        }
    }
}

/// How statistics are measured.
struct MeasuringArguments: ParsableArguments {
    @Option(
        name: .customLong("input"),
        help: ArgumentHelp(
            "Samples: an HDF5 dataset, .npy, .npz, a list of files, images or LMDB, the first axis counting them. Repeatable.",
            valueName: "name=file[:array]"))
    var inputs: [SampleArgument] = []

    @Option(
        help: ArgumentHelp(
            "Prepare samples as the data layer of this prototxt does in phase TEST (Caffe); without --input its source is read.",
            valueName: "prototxt"))
    var asDataLayer: String?

    @Option(
        help: ArgumentHelp(
            "batches: one pass, in which each layer normalises by its batch, averaged over batches, as in training. population: over all samples at once, layer after layer, in several passes. Default: batches.",
            valueName: "method"))
    var method: CalibrateRequest.Method?

    @Option(
        help: ArgumentHelp(
            "The samples of a batch. Default: those of the training's data layer, else 32.", valueName: "number"))
    var batch: Int?

    @Option(help: ArgumentHelp("How many samples to use, from the first on. Default: all.", valueName: "number"))
    var samples: Int?

    @Option(
        parsing: .upToNextOption, help: ArgumentHelp("The layers to measure. Default: all.", valueName: "name"))
    var layers: [String] = []

    @Flag(help: "Measure only layers without statistics: those of SegNet and ENet, and those with a factor of 0.")
    var missingOnly = false

    @Option(
        help: ArgumentHelp(
            "The most memory that a pass may take, as 4G or 512M. Default: three quarters of what there is.",
            valueName: "size"))
    var memoryLimit: MemoryLimit?

    func validate() throws {
        if let batch, batch < 1 { throw ValidationError("--batch takes a number from 1 on, not \(batch)") }
        if let samples, samples < 1 { throw ValidationError("--samples takes a number from 1 on, not \(samples)") }
    }

    func options() -> MeasuringOptions {
        var options = MeasuringOptions()
        options.inputs = inputs.map(\.input)
        options.dataLayerNetwork = asDataLayer
        options.method = method ?? options.method
        options.batchSize = batch
        options.samples = samples
        options.layers = layers.isEmpty ? nil : layers
        options.missingOnly = missingOnly
        options.memoryLimit = memoryLimit?.bytes
        return options
    }
}

extension CalibrateRequest.Method: ExpressibleByArgument {}
