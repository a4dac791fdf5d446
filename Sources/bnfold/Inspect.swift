import ArgumentParser
import BNFoldKit
import Files

struct Inspect: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Tell what would be folded and how healthy the statistics are, without writing anything.",
        discussion: "Without INPUT the plan is made from the network alone.")

    @Argument(help: "Trained weights, or one file with all of the model.")
    var input: String?

    @OptionGroup(title: Heading.planning) var planning: PlanningArguments

    @OptionGroup(title: Heading.planning) var equalizing: EqualizationArguments

    @OptionGroup(title: Heading.measuring) var observing: ObservingArguments

    @OptionGroup(title: Heading.caffe) var caffe: CaffeArguments

    @OptionGroup(title: Heading.keras) var keras: KerasArguments

    @OptionGroup(title: Heading.onnx) var onnx: ONNXArguments

    @OptionGroup(title: Heading.output) var results: InspectionArguments

    @OptionGroup(title: Heading.output) var console: ConsoleOptions

    func validate() throws {
        guard input != nil || caffe.prototxt != nil || keras.architecture != nil else {
            throw ValidationError("give weights, or a network with --prototxt or --architecture, or both")
        }
        let (json, dot, force) = (results.json, results.dot, results.force)
        if json, dot == "-" { throw ValidationError("--json and --dot - both write to standard output") }
        try equalizing.validate(with: planning)
        if force, dot == nil || dot == "-", observing.plot == nil, equalizing.equalizationPlot == nil {
            throw ValidationError("--force is for the files of --dot, --plot and --equalization-plot")
        }
        if let option = observing.givenWithoutInput {
            throw ValidationError("\(option) is for the samples of --input, which is not given")
        }
        try console.validate()
    }

    func run() throws {
        try OwnOption.check(
            [.caffe("--prototxt", caffe.prototxt), .keras("--architecture", keras.architecture)], with: input)
        var request = InspectRequest(input: input, network: try keras.network(orPrototxt: caffe.prototxt))
        request.model = try planning.reading.modelOptions()
        caffe.apply(to: &request.model)
        try planning.preparing.apply(to: &request.model)
        onnx.apply(to: &request.model)
        request.planning = planning.planning
        request.equalizationPlotPath = equalizing.equalizationPlot
        let isDrawn = results.dot == "-"
        request.drawingPath = isDrawn ? nil : results.dot
        request.plotPath = observing.plot
        request.overwritesDrawing = results.force
        let bar = ProgressBar(isQuiet: console.quiet, patience: VerifyArguments.patience)
        request.observing = observing.options()
        request.observing?.progress = { bar.show($0) }
        try Console.run(stoppableBy: request.cancellation) { () throws(BNFoldError) in
            ProcessEnd.announce()
            defer { bar.clear() }
            let inspection = try inspect(request)
            bar.clear()
            if isDrawn {
                try Console.print(Array(inspection.drawing.dot().utf8))
            } else {
                try console.show(inspection.report, json: results.json)
            }
        }
    }
}

/// Where an inspection goes.
struct InspectionArguments: ParsableArguments {
    @Flag(help: "Print the outcome as JSON.")
    var json = false

    @Option(
        help: ArgumentHelp(
            "Draw the plan for Graphviz ('-': to standard output, in place of the report).", valueName: "file"))
    var dot: String?

    @Flag(help: "Overwrite the files of --dot, --plot and --equalization-plot.")
    var force = false
}

/// Samples to hold stored statistics against.
struct ObservingArguments: ParsableArguments {
    @Option(
        name: .customLong("input"),
        help: ArgumentHelp(
            "Samples to hold the stored statistics against: an HDF5 dataset, .npy, .npz, a list of files, images or LMDB. Repeatable.",
            valueName: "name=file[:array]"))
    var inputs: [SampleArgument] = []

    @Option(
        help: ArgumentHelp(
            "Prepare samples as the data layer of this prototxt does in phase TEST (Caffe); without --input its source is read.",
            valueName: "prototxt"))
    var asDataLayer: String?

    @Option(help: ArgumentHelp("How many samples to use, from the first on. Default: all.", valueName: "number"))
    var samples: Int?

    @Option(
        help: ArgumentHelp(
            "The most memory that a pass may take, as 4G or 512M. Default: three quarters of what there is.",
            valueName: "size"))
    var memoryLimit: MemoryLimit?

    @Option(help: ArgumentHelp("Write a plot of stored against observed statistics as SVG.", valueName: "file"))
    var plot: String?

    func validate() throws {
        if let samples, samples < 1 { throw ValidationError("--samples takes a number from 1 on, not \(samples)") }
    }

    /// The first option that means nothing without samples; `nil` for none.
    var givenWithoutInput: String? {
        guard inputs.isEmpty, asDataLayer == nil else { return nil }
        return samples != nil ? "--samples" : memoryLimit != nil ? "--memory-limit" : plot != nil ? "--plot" : nil
    }

    /// `nil` without samples.
    func options() -> MeasuringOptions? {
        guard !inputs.isEmpty || asDataLayer != nil else { return nil }
        var options = MeasuringOptions()
        options.inputs = inputs.map(\.input)
        options.dataLayerNetwork = asDataLayer
        options.samples = samples
        options.memoryLimit = memoryLimit?.bytes
        return options
    }
}
