import Files
import Folding
import Frontend
import HDF5

/// Caffe and its forks: weights as HDF5 or `.caffemodel`, and a network as prototxt.
public struct CaffeFrontend: Frontend {
    public init() {}

    public var name: String { "Caffe" }

    public var vocabulary: Vocabulary {
        var words = Vocabulary(
            framework: name, value: "blob", values: "blobs", networkFile: "prototxt",
            affineTypes: ["BatchNorm", "BN", "Scale", "Bias"], affineLayers: "BatchNorm, Scale or Bias",
            normalization: "BatchNorm", normalizations: "BatchNorms",
            batchStatisticsSetting: "use_global_stats: false")
        words.tensors = "blobs"
        words.takesBlueFirst = true
        words.input = "bottom"
        words.inputs = "bottoms"
        words.outputs = "tops"
        words.batchStatisticsRemedy = "; --assume-global-stats treats it as true"
        words.missingStatisticsRemedy =
            "; compute them with the tools of the fork that trained it (bn_mode: INFERENCE)"
        return words
    }

    public func remark(on half: HalfPrecisionOptions, in format: OutputFormat?) throws(ModelError) -> ReadingRemark? {
        guard half.extent == .weights else {
            throw ModelError(
                .usage,
                "--half graph is for models of ONNX: a prototxt tells no formats, and Caffe computes in Float whatever the file holds; --half alone stores the weights in half precision"
            )
        }
        guard let format, WeightContainer(format) == .binary else { return nil }
        return ReadingRemark(
            kind: .init(rawValue: "half-precision"), severity: .note, layers: [],
            message:
                "a .caffemodel with weights in half precision is read by NVCaffe alone; every Caffe reads them from HDF5: give OUTPUT a name that ends in .h5"
        )
    }

    public func leftoverForm(for options: PlanningOptions) -> LeftoverForm {
        options.leftover == .scale ? .scale : .scaleOrBias
    }

    public func conversion(for options: PlanningOptions) -> (target: LeftoverConversion.Target, type: String)? {
        switch options.leftover {
        case .depthwise: (.depthwise, "Convolution")
        case .batchNorm: (.batchNorm(epsilon: Double(Float(1e-5))), "BatchNorm")
        case .scale, .biasScale, nil: nil
        }
    }

    public var endings: FileEndings {
        FileEndings(
            weights: [".caffemodel", ".caffemodel.h5", ".caffemodel.hdf5"], perhapsWeights: [".h5", ".hdf5"],
            trainingState: [".solverstate", ".solverstate.h5", ".solverstate.hdf5"],
            summary: ".caffemodel, .h5 or .hdf5")
    }

    public var hasLayersInPlace: Bool { true }

    public var standardOptions: any FrontendOptions { CaffeNetOptions() }

    /// Weights of either kind, or text with layers.
    public func recognizes(_ path: String) -> Bool {
        guard (try? FileBytes.isReadableFile(path)) ?? false else { return false }
        if FileNames.isPrototxt(path) { return true }
        return (try? WeightFiles.open(path)) != nil
    }

    public func samples(ofDataLayerIn path: String, needsSource: Bool) throws(ModelError) -> LayerSamples {
        try DataLayer(prototxt: path, needsSource: needsSource).samples
    }

    public func session() -> any ModelSession { CaffeSession() }

    public func network(named: String?, weights: String?) throws(ModelError) -> String? {
        if let named { return named }
        guard let weights else {
            throw ModelError(.usage, "neither weights nor --prototxt are given; give at least one of them")
        }
        guard try readingFile({ () throws(FileError) in try FileBytes.status(of: weights) }) != nil else {
            throw ModelError(.unreadable, "\(weights): there is no such file; is the path right?")
        }
        do throws(ModelError) {
            return try NetworkLocator(weights: weights).prototxt()
        } catch {
            // Of a damaged file it is beside the point that there is no network.
            guard error.kind == .unreadable else { throw error }
            _ = try WeightFiles.open(weights)
            throw error
        }
    }

    public func networkPlace(besideWeights path: String, madeFrom input: String?) -> String? {
        FileNames.prototxt(besideWeights: path)
    }

    public func format(ofOutput path: String) throws(ModelError) -> OutputFormat {
        if let container = WeightContainer(forWriting: path) { return container.format }
        if try readingFile({ () throws(FileError) in try FileBytes.isNoFile(path) }) {
            return WeightContainer.hdf5.format
        }
        let name = FileBytes.name(of: path)
        guard !FileNames.isPrototxt(path) else {
            throw ModelError(
                .usage,
                "\(path): is the name of a prototxt, but OUTPUT is the weights; give a name that ends in \(WeightContainer.knownEndings), and the prototxt's with --output-prototxt"
            )
        }
        let ending = name.lastIndex(of: ".").map { String(name[$0...]) }
        throw ModelError(
            .usage,
            "\(path): \(ending.map { "its ending '\($0)' does not tell what to write" } ?? "has no ending that tells what to write"); give a name that ends in \(WeightContainer.knownEndings)"
        )
    }

    public func checkNetworkPlace(_ path: String) throws(ModelError) {
        guard WeightContainer(forWriting: path) != nil else { return }
        throw ModelError(
            .usage,
            "\(path): is the name of weights, but --output-prototxt is the network; give a name that ends in .prototxt")
    }

    public func reasonForNoWeights(in path: String) -> String? {
        WeightFiles.isOtherHDF5(path) ? "an HDF5 file without a group '/data' holds no weights of Caffe" : nil
    }

    public func difference(_ first: ModelFiles, _ second: ModelFiles) throws(ModelError) -> WeightDifference {
        try WeightDifference(comparing: first.weights ?? "", with: second.weights ?? "")
    }

    public func conversion(of files: ModelFiles) throws(ModelError) -> any WeightConversion {
        guard let weights = files.weights else {
            throw ModelError(.internalFault, "there are no weights to convert")
        }
        return try CaffeWeightConversion(weights: weights, prototxt: files.network)
    }

    public func conversion(
        of files: ModelFiles, toDialect dialect: String, options: ModelOptions
    ) throws(ModelError) -> any WeightConversion {
        guard let target = TargetDialect(rawValue: dialect) else {
            let known = TargetDialect.allCases.map(\.rawValue).joined(separator: ", ")
            throw ModelError(.usage, "--dialect takes one of \(known), not '\(dialect)'")
        }
        guard let weights = files.weights,
            let prototxt = try network(named: files.network, weights: weights)
        else {
            throw ModelError(.internalFault, "there are no weights to convert")
        }
        return try DialectConversion(
            weights: weights, prototxt: prototxt, to: target, options: CaffeOptions(options))
    }
}

extension WeightContainer {
    /// HDF5 cannot hold every name, and holds half precision as Float; a `.caffemodel` is edited in place.
    public var format: OutputFormat { OutputFormat(name: self == .hdf5 ? "hdf5" : "binary") }

    public init(_ format: OutputFormat) { self = format == WeightContainer.binary.format ? .binary : .hdf5 }
}

/// Reads one net after the other; their prototxts are parsed once.
public struct CaffeSession: ModelSession {
    private var definitions = NetDefinitionCache()

    public init() {}

    public mutating func open(_ files: ModelFiles, options: ModelOptions) throws(ModelError) -> any Model {
        let strange = options.keys(besides: CaffeNetOptions.self).map { key in
            "--" + key.reduce(into: "") { $0 += $1.isUppercase ? "-" + $1.lowercased() : String($1) }
        }
        guard strange.isEmpty else {
            throw ModelError(
                .usage,
                "\(strange.joined(separator: ", ")) \(strange.count == 1 ? "is an option" : "are options") for models of other frameworks; leave \(strange.count == 1 ? "it" : "them") out for nets of Caffe"
            )
        }
        guard let network = files.network else {
            throw ModelError(.internalFault, "a net of Caffe is read without its prototxt")
        }
        return CaffePair(
            try CaffeConversion(
                definition: try definitions.definition(path: network), weights: files.weights,
                options: CaffeOptions(options)),
            files: files, options: options)
    }
}
