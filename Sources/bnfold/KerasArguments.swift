import ArgumentParser
import BNFoldKit

/// What only models of Keras have: the same for every command.
struct KerasArguments: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The JSON of the model, as model.to_json() writes it, for weights that lie apart. Default: the one beside INPUT of the same name.",
            valueName: "file"))
    var architecture: String?

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

/// The JSON of weights that are compared or written in another container.
struct KerasConversionArguments: ParsableArguments {
    @Option(
        help: ArgumentHelp("The JSON of weights that lie apart. Default: the one beside them.", valueName: "file"))
    var architecture: String?

    @Option(
        help: ArgumentHelp(
            "The JSON to write beside the weights: OUTPUT named .h5 holds weights alone then. Default for .weights.h5: its name with '.json'.",
            valueName: "file"))
    var outputArchitecture: String?
}

/// The JSON of two files of weights.
struct KerasDifferenceArguments: ParsableArguments {
    @Option(help: ArgumentHelp("The JSON of FIRST. Default: the one beside it.", valueName: "file"))
    var architecture: String?

    @Option(help: ArgumentHelp("The JSON of SECOND. Default: the one beside it.", valueName: "file"))
    var otherArchitecture: String?
}

/// The JSON of the folded twin of a model.
struct KerasTwinArguments: ParsableArguments {
    @Option(help: ArgumentHelp("The folded JSON. Default: the one beside FOLDED.", valueName: "file"))
    var foldedArchitecture: String?
}

/// Options that name a file as one framework does, and that mean nothing to the files of others.
struct OwnOption {
    var name: String
    /// The name of its framework.
    var owner: String
    var isGiven: Bool

    static func caffe(_ name: String, _ value: String?) -> OwnOption {
        OwnOption(name: name, owner: "Caffe", isGiven: value != nil)
    }

    static func keras(_ name: String, _ value: String?) -> OwnOption {
        OwnOption(name: name, owner: "Keras", isGiven: value != nil)
    }

    /// The files of a model that is read and of one that is written.
    static func check(
        _ caffe: CaffeArguments, _ caffeOutput: CaffeOutputArguments, _ keras: KerasArguments,
        _ kerasOutput: KerasOutputArguments, with input: String
    ) throws {
        try check(
            [
                .caffe("--prototxt", caffe.prototxt), .caffe("--output-prototxt", caffeOutput.outputPrototxt),
                .keras("--architecture", keras.architecture),
                .keras("--output-architecture", kerasOutput.outputArchitecture),
            ], with: input)
    }

    /// - Throws: for an option that was given with a file of another framework.
    static func check(_ options: [OwnOption], with input: String?) throws {
        guard let input, options.contains(where: \.isGiven) else { return }
        let foreign = try Console.run(stoppableBy: Cancellation()) { () throws(BNFoldError) in
            let found = try framework(of: input)
            // What is wrong with a file that nobody knows comes first.
            guard let option = options.first(where: { $0.isGiven && $0.owner != found }),
                try belongsToFramework(input)
            else { return (option: OwnOption, framework: String)?.none }
            return (option, found)
        }
        guard let (option, found) = foreign else { return }
        throw ValidationError(
            "\(option.name) is an option for files of \(option.owner), and \(input) is one of \(found); leave it out")
    }
}
