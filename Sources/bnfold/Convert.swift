import ArgumentParser
import BNFoldKit
import Files

struct Convert: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "convert",
        abstract: "Write weights in another container, without folding.",
        discussion: """
            The content of INPUT tells its container; OUTPUT becomes a .caffemodel if it is named so, and HDF5 if it is named .h5 or .hdf5. \
            Names with '/' cannot stand in HDF5: with --prototxt they are changed, in weights and prototxt alike. \
            A model of Keras becomes a .keras archive, .weights.h5 with its JSON beside it, or whole HDF5, as OUTPUT is named, for the same Keras. \
            A model of ONNX becomes one file, or with --external-data two.
            """)

    @Argument(help: "Trained weights.")
    var input: String

    @Argument(help: "The weights to write.")
    var output: String

    @OptionGroup(title: Heading.caffe) var caffe: CaffeConversionArguments

    @OptionGroup(title: Heading.keras) var keras: KerasConversionArguments

    @OptionGroup(title: Heading.onnx) var onnx: ONNXConversionArguments

    @Option(help: ArgumentHelp("gzip level of the output's datasets, 0 to 9.", valueName: "level"))
    var compress: Int = 0

    @Flag(help: "Overwrite OUTPUT and its network.")
    var force = false

    @Flag(name: .shortAndLong, help: "Print nothing but errors.")
    var quiet = false

    func validate() throws {
        guard (0...9).contains(compress) else {
            throw ValidationError("--compress takes a level from 0 to 9, not \(compress)")
        }
    }

    func run() throws {
        try OwnOption.check(
            [
                .caffe("--prototxt", caffe.prototxt), .caffe("--output-prototxt", caffe.outputPrototxt),
                .keras("--architecture", keras.architecture),
                .keras("--output-architecture", keras.outputArchitecture),
            ], with: input)
        var request = ConvertRequest(input: input, output: output)
        request.network = caffe.prototxt ?? keras.architecture
        request.outputNetwork = caffe.outputPrototxt ?? keras.outputArchitecture
        request.compression = compress
        request.externalData = onnx.externalData
        request.existing = force ? .replace : .refuse
        request.notice = { Console.note("bnfold: \($0)") }
        try Console.run(stoppableBy: request.cancellation) { () throws(BNFoldError) in
            let report = try convert(request)
            guard !quiet else { return }
            var lines = [
                "wrote \(output): \(report.layers) layers, \(ReportText.size(report.outputBytes)) (before: \(ReportText.size(report.inputBytes)))"
            ]
            if let network = report.network {
                lines.append(
                    "wrote \(network)"
                        + (report.renamedLayers > 0 || caffe.outputPrototxt != nil
                            ? ": \(report.renamedLayers) layers have new names" : ""))
            }
            try Console.print(Array(lines.map { $0.printable + "\n" }.joined().utf8))
        }
    }
}
