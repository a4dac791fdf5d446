import ArgumentParser
import BNFoldKit

struct Verify: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Run a network and its folded twin on the same samples and compare all that they compute.",
        discussion: """
            Exits with 0 when the networks agree, with 2 when a value or a fold is beyond what rounding allows. Needs no framework.
            """)

    @Argument(help: "The original weights, or one file with all of the model.")
    var original: String

    @Argument(help: "The folded ones.")
    var folded: String

    @OptionGroup(title: Heading.verification) var verification: VerifyArguments

    @Option(
        help: ArgumentHelp(
            "Run the folded network with weights as int8 would have them, and tell how far that is off, without a verdict.",
            valueName: "scheme"))
    var simulate: QuantizationScheme?

    @OptionGroup(title: Heading.reading) var reading: ReadingArguments

    @OptionGroup(title: Heading.reading) var preparing: PreparationArguments

    @OptionGroup(title: Heading.caffe) var caffe: CaffeArguments

    @OptionGroup(title: Heading.keras) var keras: KerasArguments

    @OptionGroup(title: Heading.onnx) var onnx: ONNXArguments

    @OptionGroup(title: Heading.caffe) var caffeTwin: CaffeTwinArguments

    @OptionGroup(title: Heading.keras) var kerasTwin: KerasTwinArguments

    @OptionGroup(title: Heading.output) var results: VerdictArguments

    @OptionGroup(title: Heading.output) var console: ConsoleOptions

    func validate() throws {
        try verification.validate()
        if simulate != nil, verification.tolerance != nil {
            throw ValidationError(
                "--simulate tells differences without a verdict, so --tolerance means nothing to it; --require-agreement and --require-accuracy judge classes"
            )
        }
        try console.validate()
    }

    func run() throws {
        try OwnOption.check(
            [.caffe("--prototxt", caffe.prototxt), .keras("--architecture", keras.architecture)], with: original)
        try OwnOption.check(
            [
                .caffe("--folded-prototxt", caffeTwin.foldedPrototxt),
                .keras("--folded-architecture", kerasTwin.foldedArchitecture),
            ], with: folded)
        var request = VerifyRequest(original: original, folded: folded)
        request.network = try keras.network(orPrototxt: caffe.prototxt)
        request.foldedNetwork = caffeTwin.foldedPrototxt ?? kerasTwin.foldedArchitecture
        request.model = try reading.modelOptions()
        caffe.apply(to: &request.model)
        try preparing.apply(to: &request.model)
        onnx.apply(to: &request.model)
        request.options = verification.options()
        request.options.simulation = simulate
        request.reportPath = results.report == "-" ? nil : results.report
        request.overwrites = results.force
        let bar = ProgressBar(isQuiet: console.quiet, patience: VerifyArguments.patience)
        request.options.progress = { bar.show($0) }
        let isWithin = try Console.run(stoppableBy: request.cancellation) { () throws(BNFoldError) in
            defer { bar.clear() }
            let outcome = try verify(request)
            bar.clear()
            try console.show(outcome, json: results.report == "-")
            return outcome.isWithin
        }
        if !isWithin { throw ExitCode(2) }
    }
}

/// Where a verdict goes.
struct VerdictArguments: ParsableArguments {
    @Option(help: ArgumentHelp("Write the whole outcome as JSON ('-': to standard output).", valueName: "file"))
    var report: String?

    @Flag(help: "Overwrite the report and the plot.")
    var force = false
}

/// How two networks are compared: the same for `verify` and `fold --verify`.
struct VerifyArguments: ParsableArguments {
    @Option(
        name: .customLong("input"),
        help: ArgumentHelp(
            "Samples: an HDF5 dataset, .npy, .npz, a list of files, images or LMDB, the first axis counting them; seeded noise without it. Repeatable.",
            valueName: "name=file[:array]"))
    var inputs: [SampleArgument] = []

    @Option(
        help: ArgumentHelp(
            "Prepare samples as the data layer of this prototxt does in phase TEST (Caffe); without --input its source is read.",
            valueName: "prototxt"))
    var asDataLayer: String?

    @Option(
        help: ArgumentHelp("How many samples to run. Default: all that are given, 4 of noise.", valueName: "number"))
    var samples: Int?

    @Option(
        help: ArgumentHelp(
            "The right class of each sample, by output or by what Accuracy layers call the labels: tells how often each network is right. Repeatable.",
            valueName: "name=file[:array]"))
    var labels: [SampleArgument] = []

    @Option(
        help: ArgumentHelp(
            "The least share of samples that the folded network has to be right about, from 0 to 1; fewer end with 2.",
            valueName: "share"))
    var requireAccuracy: Double?

    @Option(
        help: ArgumentHelp(
            "The least share of samples to which both networks have to give the same class; fewer end with 2.",
            valueName: "share"))
    var requireAgreement: Double?

    @Option(help: ArgumentHelp("The seed of the noise. Default: 1.", valueName: "number"))
    var seed: UInt64?

    @Option(
        help: ArgumentHelp(
            "The largest difference of a value, relative to its largest magnitude. Default: 1e-5 in double, 5e-5 in single precision.",
            valueName: "number"))
    var tolerance: Double?

    @Option(help: ArgumentHelp("The arithmetic of the run: single or double. Default: double.", valueName: "format"))
    var precision: VerifyRequest.Precision?

    @Option(
        help: ArgumentHelp(
            "The most memory that the run may take, as 4G or 512M; more is refused before it begins. Default: three quarters of what there is.",
            valueName: "size"))
    var memoryLimit: MemoryLimit?

    @Option(help: ArgumentHelp("Write a plot of the errors as SVG.", valueName: "file"))
    var plot: String?

    /// Work that takes longer shows how far it is.
    static let patience = Duration.seconds(2)

    func validate() throws {
        if let samples, samples < 1 { throw ValidationError("--samples takes a number from 1 on, not \(samples)") }
        if let tolerance, !(tolerance >= 0 && tolerance.isFinite) {
            throw ValidationError("--tolerance takes a number from 0 on, not \(tolerance)")
        }
        for (option, share) in [("--require-accuracy", requireAccuracy), ("--require-agreement", requireAgreement)] {
            if let share, !(0...1).contains(share) {
                throw ValidationError("\(option) takes a share from 0 to 1, not \(share)")
            }
        }
        if requireAccuracy != nil, labels.isEmpty {
            throw ValidationError("--require-accuracy needs to know what is right: give --labels")
        }
        if !labels.isEmpty, inputs.isEmpty {
            throw ValidationError("--labels belong to samples: give those with --input")
        }
    }

    /// The first option that the user gave; `nil` for none.
    var given: String? {
        if !inputs.isEmpty { return "--input" }
        if !labels.isEmpty { return "--labels" }
        if requireAccuracy != nil { return "--require-accuracy" }
        if requireAgreement != nil { return "--require-agreement" }
        if samples != nil { return "--samples" }
        if seed != nil { return "--seed" }
        if tolerance != nil { return "--tolerance" }
        if precision != nil { return "--precision" }
        if memoryLimit != nil { return "--memory-limit" }
        if plot != nil { return "--plot" }
        return asDataLayer == nil ? nil : "--as-data-layer"
    }

    func options() -> VerifyOptions {
        var options = VerifyOptions()
        options.inputs = inputs.map(\.input)
        options.labels = labels.map(\.input)
        options.requiredAccuracy = requireAccuracy
        options.requiredAgreement = requireAgreement
        options.dataLayerNetwork = asDataLayer
        options.samples = samples
        options.seed = seed ?? options.seed
        options.tolerance = tolerance
        options.precision = precision ?? options.precision
        options.memoryLimit = memoryLimit?.bytes
        options.plotPath = plot
        return options
    }
}

extension VerifyRequest.Precision: ExpressibleByArgument {}

extension QuantizationScheme: ExpressibleByArgument {}

/// `data=images.h5:/data`, `data=x.npy`, `x.npz`
struct SampleArgument: ExpressibleByArgument {
    var input: SampleInput

    init?(argument: String) {
        var rest = argument[...]
        var name: String?
        // In a path that begins like one, a '=' belongs to a name of it.
        if let equals = rest.firstIndex(of: "="), rest.first != "/", rest.first != "." {
            name = String(rest[..<equals])
            rest = rest[rest.index(after: equals)...]
        }
        var array: String?
        if let colon = rest.lastIndex(of: ":"), colon != rest.startIndex {
            array = String(rest[rest.index(after: colon)...])
            rest = rest[..<colon]
        }
        guard !rest.isEmpty, name != "", array != "" else { return nil }
        input = SampleInput(input: name, path: String(rest), array: array)
    }
}
