import BNFoldKit

/// Folding against copying the file, and against a script that does the same.
struct FoldBenchmark {
    let programs: Programs
    let workspace: Workspace
    let rounds: Int

    /// The largest difference between two right results, relative to the largest magnitude of a tensor: the script rounds the factor and the
    /// product to single precision, bnfold the product alone, each by at most 2^-24.
    private static let tolerance = 0x1p-22

    /// Folds HDF5 to HDF5.
    func hdf5(_ model: ModelFiles, named name: String, subject: String) throws(BenchmarkError) -> Comparison {
        let bnfold = fold(model.weights, to: "folded.caffemodel.h5")
        var contenders = [bnfold] + copies(of: model.weights, to: "copy.caffemodel.h5")
        let script = try programs.python?.contender(
            folding: model, to: workspace.path("scripted.caffemodel.h5"), in: workspace)
        if let script { contenders.append(script) }
        let figures = try Contest(contenders: contenders, input: model.weights).run(
            rounds: rounds, runner: programs.runner, workspace: workspace
        ) { () throws(BenchmarkError) in
            if let script { try requireAgreement(bnfold.outputs[0], script.outputs[0]) }
        }
        return Comparison(
            name, subject: subject, inputBytes: model.byteCount, contenders: figures,
            remarks: [
                script == nil
                    ? "without h5py + numpy: python3 does not have them here"
                    : "bnfold and h5py + numpy agree within rounding"
            ])
    }

    /// Folds `.caffemodel` to `.caffemodel`.
    func caffemodel(_ model: ModelFiles, named name: String, subject: String) throws(BenchmarkError) -> Comparison {
        let input = try model.convertedToCaffemodel(in: workspace)
        let contenders = [fold(input, to: "folded.caffemodel")] + copies(of: input, to: "copy.caffemodel")
        let figures = try Contest(contenders: contenders, input: input).run(
            rounds: rounds, runner: programs.runner, workspace: workspace)
        return Comparison(name, subject: subject, inputBytes: try TextFile.size(of: input), contenders: figures)
    }

    // MARK: Contenders

    func fold(_ input: String, to output: String, options: [String] = []) -> Contender {
        // bnfold names its prototxt after the weights.
        let stem = output.split(separator: ".").first.map(String.init) ?? output
        return Contender(
            name: "bnfold fold",
            command: [programs.bnfold, "fold", input, workspace.path(output), "--quiet"] + options,
            outputs: [workspace.path(output), workspace.path("\(stem).prototxt")])
    }

    /// A copy, and where the program can do that, a copy that is brought to the disk, as bnfold's output is.
    func copies(of input: String, to output: String) -> [Contender] {
        let output = workspace.path(output)
        var contenders = [Contender(name: "cp", command: ["cp", input, output], outputs: [output])]
        #if os(Linux)
            contenders.append(
                Contender(
                    name: "dd, synced",
                    command: ["dd", "if=\(input)", "of=\(output)", "bs=1M", "conv=fsync", "status=none"],
                    outputs: [output]))
        #endif
        return contenders
    }

    private func requireAgreement(_ folded: String, _ scripted: String) throws(BenchmarkError) {
        let report: DiffReport
        do throws(BNFoldError) {
            report = try DiffReport(folded, scripted, tolerance: Self.tolerance)
        } catch {
            throw BenchmarkError("the outputs cannot be compared: \(error)")
        }
        guard report.isSame else {
            throw BenchmarkError("bnfold and the script do not agree:\n\(report.text())")
        }
    }
}
