import ArgumentParser
import BNFoldKit

struct Inspect: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Tell what would be folded and how healthy the statistics are, without writing anything.",
        discussion: "Without INPUT the plan is made from the prototxt alone.")

    @Argument(help: "Trained weights (.caffemodel.h5 or .caffemodel).")
    var input: String?

    @OptionGroup var network: NetworkOptions

    @OptionGroup var planning: PlanningOptions

    @Flag(help: "Print the outcome as JSON.")
    var json = false

    @Option(
        help: ArgumentHelp(
            "Draw the plan for Graphviz ('-': to standard output, in place of the report).", valueName: "file"))
    var dot: String?

    @Flag(help: "Overwrite the file of --dot.")
    var force = false

    @OptionGroup var console: ConsoleOptions

    func validate() throws {
        guard input != nil || network.prototxt != nil else {
            throw ValidationError("give weights, or a network with --prototxt, or both")
        }
        if json, dot == "-" { throw ValidationError("--json and --dot - both write to standard output") }
        if force, dot == nil || dot == "-" { throw ValidationError("--force is for the file of --dot") }
        try console.validate()
    }

    func run() throws {
        var request = InspectRequest(input: input, prototxt: network.prototxt)
        request.caffe = try network.caffeOptions()
        request.allowsUntrained = network.allowUntrained
        request.reach = planning.reach
        request.writesBiasAsScale = planning.biasAsScale
        request.drawingPath = dot == "-" ? nil : dot
        request.overwritesDrawing = force
        try Console.run(stoppableBy: Cancellation()) { () throws(BNFoldError) in
            let inspection = try inspect(request)
            if dot == "-" {
                try Console.print(Array(inspection.drawing.dot().utf8))
            } else {
                try console.show(inspection.report, json: json)
            }
        }
    }
}
