import ArgumentParser
import BNFoldKit

struct Fold: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Fold a network and write the pair of files for deployment.",
        discussion: """
            Writes OUTPUT and its prototxt. Both appear whole or not at all, and nothing that exists is overwritten without --force.
            """)

    @Argument(help: "Trained weights (.caffemodel.h5 or .caffemodel).")
    var input: String

    @Argument(help: "The folded weights to write: HDF5 if named .h5 or .hdf5, or a .caffemodel.")
    var output: String

    @OptionGroup var network: NetworkOptions

    @Option(help: ArgumentHelp("The prototxt to write. Default: OUTPUT's name with '.prototxt'.", valueName: "file"))
    var outputPrototxt: String?

    @OptionGroup var planning: PlanningOptions

    @OptionGroup var folding: FoldingOptions

    @Option(help: ArgumentHelp("Write the whole outcome as JSON ('-': to standard output).", valueName: "file"))
    var report: String?

    @Flag(help: "Overwrite OUTPUT and its prototxt.")
    var force = false

    @Flag(help: "Run both networks and compare them, as 'bnfold verify' does, before the output is put in place.")
    var verify = false

    @OptionGroup(title: "Options of --verify") var verification: VerifyArguments

    @OptionGroup var console: ConsoleOptions

    func validate() throws {
        try folding.validate()
        if !verify, let option = verification.given {
            throw ValidationError("\(option) is an option of --verify, which is not given")
        }
        try console.validate()
    }

    func run() throws {
        var request = FoldRequest(input: input, output: output)
        request.prototxt = network.prototxt
        request.outputPrototxt = outputPrototxt
        request.caffe = try network.caffeOptions()
        request.caffe.keepsTraining = folding.keepTraining
        request.allowsUntrained = network.allowUntrained
        request.reach = planning.reach
        request.writesBiasAsScale = planning.biasAsScale
        request.compression = folding.compress
        request.existing = force ? .replace : .refuse
        request.verification = verify ? verification.options() : nil
        request.reportPath = report == "-" ? nil : report
        request.notice = { Console.note("bnfold: \($0)") }
        let bar = ProgressBar(isQuiet: console.quiet, patience: VerifyArguments.patience)
        request.verification?.progress = { bar.show($0) }
        try Console.run(stoppableBy: request.cancellation) { () throws(BNFoldError) in
            defer { bar.clear() }
            let outcome = try fold(request)
            bar.clear()
            try console.show(outcome, json: report == "-")
        }
    }
}
