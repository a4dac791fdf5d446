import ArgumentParser
import BNFoldKit

/// What only models of Keras have: the same for every command.
struct KerasArguments: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The JSON of the model, as model.to_json() writes it, for weights that lie apart. Default: the one beside INPUT of the same name.",
            valueName: "file"))
    var architecture: String?

    @Flag(help: "Fold Rescaling and Normalization layers too.")
    var foldPreprocessing = false

    /// Adds what is told here to the options for the library.
    func apply(to options: inout ModelOptions) { options.keras.foldsPreprocessing = foldPreprocessing }

    /// The file of the network, which every framework calls by a name of its own.
    ///
    /// - Throws: when it is told twice.
    func network(orPrototxt prototxt: String?) throws -> String? {
        guard let architecture else { return prototxt }
        guard prototxt == nil else {
            throw ValidationError(
                "--prototxt is for nets of Caffe, --architecture for models of Keras; give one of them")
        }
        return architecture
    }
}

/// Where the JSON of a model goes whose weights lie apart.
struct KerasOutputArguments: ParsableArguments {
    @Option(help: ArgumentHelp("The JSON to write. Default: OUTPUT's name with '.json'.", valueName: "file"))
    var outputArchitecture: String?
}

/// The JSON of the folded twin of a model.
struct KerasTwinArguments: ParsableArguments {
    @Option(help: ArgumentHelp("The folded JSON. Default: the one beside FOLDED.", valueName: "file"))
    var foldedArchitecture: String?
}
