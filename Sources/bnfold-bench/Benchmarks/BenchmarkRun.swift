import ArgumentParser

/// What is measured, in this order.
enum Benchmark: String, CaseIterable, ExpressibleByArgument {
    case start
    case mobileNetV2 = "mobilenet-v2"
    case resNet50 = "resnet50"
    case vgg16
    case vgg16Caffemodel = "vgg16-caffemodel"
    case large
    case growth
    case verify
}

/// Measures, and makes the models that it needs on the way.
struct BenchmarkRun {
    private let workspace: Workspace
    private let folding: FoldBenchmark
    /// Tells what goes on.
    private let note: (String) -> Void
    private var models: [String: ModelFiles] = [:]
    private(set) var report: BenchmarkReport

    init(workspace: Workspace, rounds: Int, note: @escaping (String) -> Void) throws(BenchmarkError) {
        let programs = try Programs(workspace: workspace)
        self.workspace = workspace
        self.note = note
        folding = FoldBenchmark(programs: programs, workspace: workspace, rounds: rounds)
        report = BenchmarkReport(machine: Machine(programs), rounds: rounds)
    }

    /// Adds the figures of one benchmark to the report.
    mutating func measure(_ benchmark: Benchmark) throws(BenchmarkError) {
        switch benchmark {
        case .start: try measureStart()
        case .mobileNetV2: try measure(.mobileNetV2(), benchmark, subject: "MobileNet v2, HDF5")
        case .resNet50: try measure(.resNet50(), benchmark, subject: "ResNet-50, HDF5")
        case .vgg16: try measure(.vgg16(), benchmark, subject: "VGG-16 with BatchNorm, HDF5")
        case .large: try measure(.wide(), benchmark, subject: "30 wide convolutions, HDF5")
        case .vgg16Caffemodel:
            let model = try files(of: .vgg16())
            note("measuring \(benchmark.rawValue)")
            report.comparisons.append(
                try folding.caffemodel(
                    model, named: benchmark.rawValue, subject: "VGG-16 with BatchNorm, .caffemodel"))
        case .growth:
            note("measuring nets of many layers")
            report.growth = try GrowthBenchmark(folding: folding).rows()
        case .verify: try measureForwardPasses()
        }
    }

    private mutating func measure(
        _ net: TrainNet, _ benchmark: Benchmark, subject: String
    ) throws(BenchmarkError) {
        let model = try files(of: net)
        note("measuring \(benchmark.rawValue)")
        report.comparisons.append(try folding.hdf5(model, named: benchmark.rawValue, subject: subject))
    }

    private mutating func measureStart() throws(BenchmarkError) {
        note("measuring the start of processes")
        let benchmark = StartBenchmark(folding: folding)
        report.comparisons.append(try benchmark.version())
        if let tiny = try benchmark.tiny() {
            report.comparisons.append(tiny)
        } else {
            note("no 'fixtures' here: without the fold of a tiny net; run it in bnfold's own folder to have that, too")
        }
    }

    /// ResNet-50 as it was trained and folded: `bnfold verify` runs both.
    private mutating func measureForwardPasses() throws(BenchmarkError) {
        let model = try files(of: .resNet50())
        note("measuring forward passes")
        let fold = folding.fold(model.weights, to: "resnet50-folded.caffemodel.h5")
        _ = try folding.programs.runner.times(of: fold.command)
        defer { workspace.remove(fold.outputs) }
        let benchmark = ForwardPassBenchmark(rounds: report.rounds)
        report.forwardPasses = [
            try benchmark.result(prototxt: model.prototxt, weights: model.weights, named: "ResNet-50 as trained"),
            try benchmark.result(prototxt: fold.outputs[1], weights: fold.outputs[0], named: "ResNet-50 folded"),
        ]
    }

    /// The files of a net, made when it is needed for the first time.
    private mutating func files(of net: TrainNet) throws(BenchmarkError) -> ModelFiles {
        if let known = models[net.name] { return known }
        note("making \(net.name), \(net.byteCount >> 20) MiB")
        let made = try ModelFiles(making: net, in: workspace)
        models[net.name] = made
        return made
    }
}
