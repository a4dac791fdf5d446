import ArgumentParser
import BNFoldKit

struct Inspect: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Tell what would be folded and how healthy the statistics are, without writing anything.",
        discussion: "Without INPUT the plan is made from the prototxt alone.")

    @Argument(help: "Trained weights (.caffemodel.h5 or .caffemodel).")
    var input: String?

    @OptionGroup var network: NetworkOptions

    @Flag(help: "Print the outcome as JSON.")
    var json = false

    @OptionGroup var console: ConsoleOptions

    func validate() throws {
        guard input != nil || network.prototxt != nil else {
            throw ValidationError("give weights, or a network with --prototxt, or both")
        }
        try console.validate()
    }

    func run() throws {
        var request = InspectRequest(input: input, prototxt: network.prototxt)
        request.caffe = try network.caffeOptions()
        request.allowsUntrained = network.allowUntrained
        try Console.run(stoppableBy: nil) { () throws(BNFoldError) in
            try console.show(try inspect(request), json: json)
        }
    }
}
