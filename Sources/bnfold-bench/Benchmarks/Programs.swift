#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The programs that are run, found once.
struct Programs {
    let runner: ProcessRunner
    /// The bnfold of the same build.
    let bnfold: String
    /// As it tells it.
    let bnfoldVersion: String
    let python: PythonScript?
    let hasH5dump: Bool

    /// - Throws: when there is no bnfold beside this program.
    init(workspace: Workspace) throws(BenchmarkError) {
        runner = ProcessRunner(workspace: workspace)
        let folder = try Self.ownPath().split(separator: "/", omittingEmptySubsequences: false).dropLast()
        bnfold = (folder + ["bnfold"]).joined(separator: "/")
        guard let version = try runner.output(of: [bnfold, "--version"]) else {
            throw BenchmarkError(
                "\(bnfold): there is no program that runs; build it first, with 'swift build -c release --product bnfold'"
            )
        }
        bnfoldVersion = version.firstLine
        python = try PythonScript(workspace: workspace, runner: runner)
        hasH5dump = try runner.output(of: ["h5dump", "--version"]) != nil
    }

    /// The path of this program, without links.
    private static func ownPath() throws(BenchmarkError) -> String {
        #if canImport(Darwin)
            var length: UInt32 = 0
            _NSGetExecutablePath(nil, &length)
            var name = [CChar](repeating: 0, count: Int(length))
            let isKnown = _NSGetExecutablePath(&name, &length) == 0
            let link = isKnown ? name.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? "" } : ""
        #else
            let link = "/proc/self/exe"
        #endif
        guard let path = realpath(link, nil) else {
            throw BenchmarkError("\(link): the path of this program cannot be found: \(SystemMessage.last)")
        }
        defer { free(path) }
        return String(cString: path)
    }
}
