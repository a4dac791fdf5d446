import Files
import Frontend

/// A model with new statistics, as files that exist only while it is folded. They wait beside the output and never get a name of their own.
struct CalibratedCopy {
    let files: ModelFiles
    let report: CalibrateReport
    private let outputs: StagedOutputs
    private let names: [(staged: String, original: String)]

    /// Measures a model's statistics on samples and writes it, with the new ones, beside where its folded twin will be.
    ///
    /// - Parameter output: where the folded twin goes.
    init(
        of input: ModelFiles, output: String, model options: ModelOptions, measuring: MeasuringOptions,
        cancellation: Cancellation, reader: inout ModelReader, frontend: any Frontend
    ) throws(BNFoldError) {
        let model = try reader.open(input, of: frontend, options: options)
        // Its ending tells the container.
        let weights = output + ".calibrated" + Self.ending(input.weights ?? "")
        let place = ModelFiles(
            weights: weights, network: frontend.networkPlace(besideWeights: weights, madeFrom: input.weights ?? ""))
        let outputs = try openOutputs(place.paths, existing: .replace)
        self.outputs = outputs
        do throws(BNFoldError) {
            try liftingFiles { () throws(FileError) in try outputs.begin() }
            let recalibration = Recalibration(
                model: model, place: input.network ?? input.weights ?? "", vocabulary: frontend.vocabulary,
                options: measuring, cancellation: cancellation)
            let (report, network) = try recalibration.measure()
            try recalibration.write(
                network, to: place, format: model.containerFormat, compression: 0, outputs: outputs)
            self.report = report
        } catch {
            outputs.discard()
            throw error
        }
        files = ModelFiles(weights: outputs.staged(weights), network: place.network.map(outputs.staged))
        names = zip([files.weights, files.network], [input.weights, input.network]).compactMap { staged, original in
            staged.flatMap { staged in original.map { (staged, $0) } }
        }
    }

    /// The last ending of a path's name, with its dot.
    private static func ending(_ path: String) -> String {
        let name = FileBytes.name(of: path)
        return name.lastIndex(of: ".").map { String(name[$0...]) } ?? ""
    }

    func remove() { outputs.discard() }

    /// An error about the copy as one about the model that it was made from.
    func naming(_ error: BNFoldError) -> BNFoldError {
        var error = error
        for name in names { error.message = error.message.replacing(name.staged, with: name.original) }
        return error
    }
}
