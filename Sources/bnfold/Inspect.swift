import ArgumentParser
import BNFoldKit

struct Inspect: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Tell what would be folded and how healthy the statistics are, without writing anything.",
        discussion: "Without INPUT the plan is made from the network alone.")

    @Argument(help: "Trained weights, or one file with all of the model.")
    var input: String?

    @OptionGroup(title: Heading.planning) var planning: PlanningArguments

    @OptionGroup(title: Heading.caffe) var caffe: CaffeArguments

    @OptionGroup(title: Heading.keras) var keras: KerasArguments

    @OptionGroup(title: Heading.output) var results: InspectionArguments

    @OptionGroup(title: Heading.output) var console: ConsoleOptions

    func validate() throws {
        guard input != nil || caffe.prototxt != nil || keras.architecture != nil else {
            throw ValidationError("give weights, or a network with --prototxt or --architecture, or both")
        }
        let (json, dot, force) = (results.json, results.dot, results.force)
        if json, dot == "-" { throw ValidationError("--json and --dot - both write to standard output") }
        if force, dot == nil || dot == "-" { throw ValidationError("--force is for the file of --dot") }
        try console.validate()
    }

    func run() throws {
        var request = InspectRequest(input: input, network: try keras.network(orPrototxt: caffe.prototxt))
        request.model = try planning.reading.modelOptions()
        caffe.apply(to: &request.model)
        keras.apply(to: &request.model)
        request.planning = planning.planning
        let isDrawn = results.dot == "-"
        request.drawingPath = isDrawn ? nil : results.dot
        request.overwritesDrawing = results.force
        try Console.run(stoppableBy: Cancellation()) { () throws(BNFoldError) in
            let inspection = try inspect(request)
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

    @Flag(help: "Overwrite the file of --dot.")
    var force = false
}
