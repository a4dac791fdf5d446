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
            With --dialect the batch normalisations of a Caffe net get the form that another fork reads; its outputs stay the same. \
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

    @Option(
        help: ArgumentHelp(
            "Write a report as JSON, to a file or to the standard output ('-').", valueName: "file"))
    var report: String?

    @Flag(help: "Overwrite OUTPUT and its network.")
    var force = false

    @Flag(name: .shortAndLong, help: "Print nothing but errors.")
    var quiet = false

    func validate() throws {
        guard (0...9).contains(compress) else {
            throw ValidationError("--compress takes a level from 0 to 9, not \(compress)")
        }
        if caffe.assumeGlobalStats, caffe.dialect == nil {
            throw ValidationError(
                "--assume-global-stats tells how BatchNorms are read, which only --dialect does here; add it, or leave the option out"
            )
        }
        if caffe.batchNormDialect != nil, caffe.dialect == nil {
            throw ValidationError(
                "--batch-norm-dialect tells how BatchNorms are read, which only --dialect does here; add it, or leave the option out"
            )
        }
    }

    func run() throws {
        try OwnOption.check(
            [
                .caffe("--prototxt", caffe.prototxt), .caffe("--output-prototxt", caffe.outputPrototxt),
                .caffe("--dialect", caffe.dialect?.rawValue),
                .keras("--architecture", keras.architecture),
                .keras("--output-architecture", keras.outputArchitecture),
            ], with: input)
        var request = ConvertRequest(input: input, output: output)
        request.network = caffe.prototxt ?? keras.architecture
        request.outputNetwork = caffe.outputPrototxt ?? keras.outputArchitecture
        request.compression = compress
        request.externalData = onnx.externalData
        request.dialect = caffe.dialect?.rawValue
        request.caffe.assumesGlobalStatistics = caffe.assumeGlobalStats
        request.caffe.batchNormDialect = caffe.batchNormDialect
        request.reportPath = report == "-" ? nil : report
        request.existing = force ? .replace : .refuse
        request.notice = { Console.note("bnfold: \($0)") }
        try Console.run(stoppableBy: request.cancellation) { () throws(BNFoldError) in
            let outcome = try convert(request)
            if report == "-" { return try Console.print(try outcome.json()) }
            guard !quiet else { return }
            try Console.print(Array(text(of: outcome).map { $0.printable + "\n" }.joined().utf8))
        }
    }

    private func text(of report: ConvertReport) -> [String] {
        var lines = [
            "wrote \(output): \(report.layers) layers, \(ReportText.size(report.outputBytes)) (before: \(ReportText.size(report.inputBytes)))"
        ]
        if let network = report.network {
            lines.append(
                "wrote \(network)"
                    + (report.renamedLayers > 0 || caffe.outputPrototxt != nil
                        ? ": \(report.renamedLayers) layers have new names" : ""))
        }
        return changes(report) + lines
    }

    private func changes(_ report: ConvertReport) -> [String] {
        guard report.dialect != nil else { return [] }
        let changed = report.changes.filter { $0.change != nil }
        var lines = changed.map { "'\($0.layer ?? "")': \($0.change ?? "")" }
        if changed.isEmpty { lines.append("no batch normalisation had to change") }
        for change in report.changes where !change.droppedFields.isEmpty {
            let place = change.layer.map { "'\($0)'" } ?? "the network"
            lines.append("\(place): without \(change.droppedFields.joined(separator: ", "))")
        }
        return lines
    }
}
