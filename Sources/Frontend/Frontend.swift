import Folding

/// A family of model files, such as those of one framework: knows its files when it sees them, and reads and writes them.
///
/// `docs/architecture.md` tells how one is added.
public protocol Frontend: Sendable {
    /// The framework's name, for messages.
    var name: String { get }

    /// The words that its users know things by.
    var vocabulary: Vocabulary { get }

    /// What its files' names end in.
    var endings: FileEndings { get }

    /// Options that it alone knows, as they are when nobody says anything.
    var standardOptions: any FrontendOptions { get }

    /// Whether a comparison tells what a last softmax, sigmoid or tanh reads beside what it gives, which hardly changes once it is saturated.
    var comparesScores: Bool { get }

    /// Whether a layer may write over what it reads, under one name.
    var hasLayersInPlace: Bool { get }

    /// Whether data can be prepared by a layer that the files do not have.
    ///
    /// - Throws: `ModelError` of the kind `usage` for what means nothing in this framework.
    func check(_ preparation: InputPreparation) throws(ModelError)

    /// Whether a file is one of this family's, by its content. A file that cannot be read is none.
    ///
    /// - Throws: for an error of the disk.
    func recognizes(_ path: String) throws(ModelError) -> Bool

    /// What is worth telling of numbers that are written in half precision.
    ///
    /// - Parameter format: what is written; `nil` where nothing is.
    /// - Throws: `ModelError` of the kind `usage` where the framework does not read such numbers.
    func remark(on half: HalfPrecisionOptions, in format: OutputFormat?) throws(ModelError) -> ReadingRemark?

    /// What an affine becomes that nothing takes.
    ///
    /// - Throws: `ModelError` of the kind `usage` for an option that means nothing in this framework.
    func leftoverForm(for options: PlanningOptions) throws(ModelError) -> LeftoverForm

    /// What affines that nothing takes are written as where that is another layer than `leftoverForm` says, and what the framework calls it.
    func conversion(for options: PlanningOptions) -> (target: LeftoverConversion.Target, type: String)?

    /// What a network's own layer for data reads, and what it does with it when the network is tested.
    ///
    /// - Parameter needsSource: whether the layer has to name what it reads.
    /// - Throws: `ModelError` for a network without such a layer, and where the framework has none.
    func samples(ofDataLayerIn path: String, needsSource: Bool) throws(ModelError) -> LayerSamples

    /// Begins to read models, one or many.
    func session() -> any ModelSession

    // MARK: Places

    /// The file of the network that belongs to weights: the one that is named, or else the one that is found beside them. `nil` where weights
    /// and network lie in one file.
    ///
    /// - Throws: `ModelError` that lists the candidates when there is not exactly one.
    func network(named: String?, weights: String?) throws(ModelError) -> String?

    /// Where the network goes that is written together with weights; `nil` where both lie in one file.
    ///
    /// - Parameters:
    ///   - path: of the weights that are written.
    ///   - input: the weights that are read, which may tell.
    func networkPlace(besideWeights path: String, madeFrom input: String?) -> String?

    /// The format that the name of an output asks for.
    ///
    /// - Throws: `ModelError` of the kind `usage` for a name that asks for none. What exists and is no file is refused elsewhere.
    func format(ofOutput path: String) throws(ModelError) -> OutputFormat

    /// Makes sure that a place for the network is not named as weights are.
    func checkNetworkPlace(_ path: String) throws(ModelError)

    /// Why a file whose name may mean weights holds none; `nil` where it may hold some, or cannot be read.
    func reasonForNoWeights(in path: String) -> String?

    // MARK: Weights alone

    /// How the weights of two models differ.
    func difference(_ first: ModelFiles, _ second: ModelFiles) throws(ModelError) -> WeightDifference

    /// Weights that are to be written in another format.
    func conversion(of files: ModelFiles) throws(ModelError) -> any WeightConversion

    /// Weights that are to be written in the dialect of another program of the same framework.
    ///
    /// - Throws: `ModelError` for a framework without dialects, and for layers that have no equal form in the dialect.
    func conversion(
        of files: ModelFiles, toDialect dialect: String, options: ModelOptions
    ) throws(ModelError) -> any WeightConversion

    /// The format that weights are converted to.
    ///
    /// - Parameters:
    ///   - path: the name of the output.
    ///   - network: where the user wants the network.
    func format(ofConverted path: String, network: String?) throws(ModelError) -> OutputFormat

    /// Where the network of converted weights goes, as far as it is written: `network` where the user names a place.
    func networkPlace(ofConverted path: String, network: String?, madeFrom input: String) -> String?
}

extension Frontend {
    public var comparesScores: Bool { false }

    public var hasLayersInPlace: Bool { false }

    public func conversion(for options: PlanningOptions) -> (target: LeftoverConversion.Target, type: String)? { nil }

    public func check(_ preparation: InputPreparation) throws(ModelError) {}

    public func conversion(
        of files: ModelFiles, toDialect dialect: String, options: ModelOptions
    ) throws(ModelError) -> any WeightConversion {
        throw ModelError(
            .usage,
            "--dialect \(dialect) is an option for files of Caffe, and models of \(name) have no dialects; leave it out"
        )
    }

    public func samples(ofDataLayerIn path: String, needsSource: Bool) throws(ModelError) -> LayerSamples {
        throw ModelError(
            .usage,
            "--as-data-layer names \(path), but models of \(name) have no layers for data; it is for nets of Caffe: prepare the samples as in training, and leave it out"
        )
    }

    public func format(ofConverted path: String, network: String?) throws(ModelError) -> OutputFormat {
        let format = try format(ofOutput: path)
        if let network { try checkNetworkPlace(network) }
        return format
    }

    public func networkPlace(ofConverted path: String, network: String?, madeFrom input: String) -> String? {
        network ?? networkPlace(besideWeights: path, madeFrom: input)
    }
}

/// Reads one model after the other, and keeps what they have in common.
public protocol ModelSession {
    /// - Throws: `ModelError` for files that cannot be read or do not fit together.
    mutating func open(_ files: ModelFiles, options: ModelOptions) throws(ModelError) -> any Model
}

/// What a conversion does to one layer, or to the network itself.
public struct ConversionChange: Hashable, Sendable {
    /// `nil` for the network itself.
    public var layer: String?
    /// What became of the layer; `nil` where it is what it was.
    public var sentence: String?
    /// Fields that the target does not know, which are gone.
    public var droppedFields: [String]

    public init(layer: String?, sentence: String?, droppedFields: [String]) {
        self.layer = layer
        self.sentence = sentence
        self.droppedFields = droppedFields
    }
}

/// Weights on their way into another format, without folding.
public protocol WeightConversion {
    /// The number of layers with parameters.
    var layerCount: Int { get }

    /// What to say of weights that were never written; `nil` where there are none.
    var unwrittenRemark: String? { get }

    /// What else happens to layers beside their names; empty for a format alone.
    var changes: [ConversionChange] { get }

    /// What is worth telling beside that.
    var remarks: [String] { get }

    /// New names of layers, old name first, for a format that cannot hold the old ones.
    func renames(in format: OutputFormat) -> [(from: String, to: String)]

    /// The file of the network with the new names; `nil` when none was given.
    ///
    /// - Throws: when names have to change and there is no network to tell them.
    func networkFile(in format: OutputFormat) throws(ModelError) -> [UInt8]?

    /// Whether the file of the network goes with weights of a format in any case.
    func alwaysWritesNetwork(in format: OutputFormat) -> Bool

    /// Whether the weights lie in two files.
    func hasSideFile(in format: OutputFormat) -> Bool

    /// Writes the weights.
    func write(to path: String, settings: WriteSettings) throws(ModelError)

    /// Reads the written file back: the same layers, shapes and, at both ends of each tensor, numbers.
    ///
    /// - Parameter data: the second file, where there is one.
    func check(_ path: String, data: String?, format: OutputFormat) throws(ModelError)
}

extension WeightConversion {
    public var changes: [ConversionChange] { [] }

    public var remarks: [String] { [] }

    public func alwaysWritesNetwork(in format: OutputFormat) -> Bool { false }

    public func hasSideFile(in format: OutputFormat) -> Bool { false }
}
