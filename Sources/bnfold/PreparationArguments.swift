import ArgumentParser
import BNFoldKit

/// What prepares the data and is to become part of the network: for every command that plans, and for the original of `verify`.
struct PreparationArguments: ParsableArguments {
    @Flag(
        help:
            "Fold what prepares the data, too: mean_value and scale of a data layer (Caffe), Rescaling and Normalization (Keras)."
    )
    var foldPreprocessing = false

    @Option(
        help: ArgumentHelp(
            "Subtract this from the data inside the network: one number, or one for each channel. Repeatable for several inputs.",
            valueName: "[name=]numbers"))
    var inputMean: [InputNumbers] = []

    @Option(
        help: ArgumentHelp(
            "Multiply the data by this inside the network, after --input-mean. Repeatable for several inputs.",
            valueName: "[name=]numbers"))
    var inputScale: [InputNumbers] = []

    @Flag(help: "Take the three channels of images in reverse order: RGB for a net trained on BGR.")
    var swapChannels = false

    /// Adds what is told here to the options for the library.
    ///
    /// - Throws: for an input that is told twice.
    func apply(to options: inout ModelOptions) throws {
        options.preparation.foldsPreprocessing = foldPreprocessing
        options.preparation.swapsChannels = swapChannels
        options.preparation.means = try InputNumbers.byInput(inputMean, "--input-mean")
        options.preparation.scales = try InputNumbers.byInput(inputScale, "--input-scale")
    }
}

/// `104,117,123` or `data=104,117,123`
struct InputNumbers: ExpressibleByArgument {
    /// Empty for the only input.
    var name: String
    var numbers: [Double]

    init?(argument: String) {
        let equals = argument.lastIndex(of: "=")
        name = equals.map { String(argument[..<$0]) } ?? ""
        let list = equals.map { argument[argument.index(after: $0)...] } ?? argument[...]
        let parts = list.split(separator: ",", omittingEmptySubsequences: false)
        numbers = parts.compactMap { Double($0) }.filter(\.isFinite)
        guard numbers.count == parts.count, equals != argument.startIndex else { return nil }
    }

    static func byInput(_ given: [InputNumbers], _ option: String) throws -> [String: [Double]] {
        var result: [String: [Double]] = [:]
        for one in given {
            guard result.updateValue(one.numbers, forKey: one.name) == nil else {
                throw ValidationError(
                    one.name.isEmpty
                        ? "\(option) is given twice; name the inputs, as in NAME=NUMBERS"
                        : "\(option) gives '\(one.name)' twice")
            }
        }
        return result
    }
}
