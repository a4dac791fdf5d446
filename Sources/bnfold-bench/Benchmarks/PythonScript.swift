/// The fold as a script with h5py and numpy does it, where this machine has them.
struct PythonScript {
    /// The versions, as `Python 3.11.2, h5py 3.8.0, numpy 1.24.2`.
    let versions: String
    private let script: String

    /// Looks for Python and its packages, and lays the script down.
    ///
    /// - Returns: `nil` when one of them is missing.
    init?(workspace: Workspace, runner: ProcessRunner) throws(BenchmarkError) {
        let question =
            "import sys, h5py, numpy; "
            + "print(f'Python {sys.version.split()[0]}, h5py {h5py.__version__}, numpy {numpy.__version__}')"
        guard let answer = try runner.output(of: ["python3", "-c", question]) else { return nil }
        versions = answer.firstLine
        script = workspace.path("fold_h5py.py")
        try TextFile.write(String(decoding: PackageResources.fold_h5py_py, as: UTF8.self), to: script)
    }

    /// The script as a contender that folds a model.
    func contender(folding model: ModelFiles, to output: String, in workspace: Workspace) throws(BenchmarkError)
        -> Contender
    {
        let folds = workspace.path("\(model.net.name)-folds.json")
        try TextFile.write(try JSONDocument.text(model.net.folds), to: folds)
        return Contender(
            name: "h5py + numpy", command: ["python3", script, model.weights, folds, output], outputs: [output])
    }
}

extension String {
    /// The first line, without its end.
    var firstLine: String { split(whereSeparator: \.isNewline).first.map(String.init) ?? "" }
}
