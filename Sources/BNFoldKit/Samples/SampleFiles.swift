import Files
import Frontend
import HDF5

/// Finds the arrays that the user's samples are in, and what input each is for.
struct SampleFiles {
    /// The inputs of the network, in its order.
    var inputs: [NetworkInput]
    /// Whether the framework's networks take the channels of images as blue, green, red.
    var takesBlueFirst = false

    /// The array of each input.
    ///
    /// - Throws: `BNFoldError` for files that cannot be read, arrays that cannot be found, and inputs without samples.
    func arrays(for samples: [SampleInput]) throws(BNFoldError) -> [String: any SampleArray] {
        var found: [String: any SampleArray] = [:]
        for sample in samples {
            if let input = sample.input, !inputs.contains(where: { $0.name == input }) {
                throw BNFoldError(.usage, "--input names '\(input)', but \(inputList)")
            }
            let target = sample.input.map { name in inputs.first { $0.name == name } } ?? inputs.first
            let arrays = try Self.arrays(
                in: sample, reading: ImageReading(for: target ?? nil, isBlueFirst: takesBlueFirst))
            for (input, given) in try assign(arrays, of: sample) {
                var array = given
                if let transform = sample.transform, !array.isLabels {
                    array = try TransformedSamples(array, transform: transform)
                }
                guard found.updateValue(array, forKey: input) == nil else {
                    throw BNFoldError(.usage, "--input gives '\(input)' twice")
                }
            }
        }
        for input in inputs where found[input.name] == nil {
            throw BNFoldError(
                .usage, "--input gives nothing for the input '\(input.name)'; \(inputList), and each needs samples")
        }
        try check(found)
        return found
    }

    /// Which array is for which input.
    private func assign(
        _ arrays: [any SampleArray], of sample: SampleInput
    ) throws(BNFoldError) -> [(String, any SampleArray)] {
        let names = arrays.compactMap(\.name)
        if let input = sample.input {
            if arrays.count == 1 { return [(input, arrays[0])] }
            if let array = arrays.first(where: { $0.name == input }) { return [(input, array)] }
            if let array = Self.only(arrays) { return [(input, array)] }
            throw BNFoldError(
                .usage,
                "\(sample.path): holds \(arrays.count) arrays (\(Self.list(names))), none of them named '\(input)'; name one: --input \(input)=\(sample.path):ARRAY"
            )
        }
        if inputs.count == 1, arrays.count == 1 { return [(inputs[0].name, arrays[0])] }
        let matches = inputs.compactMap { input in arrays.first { $0.name == input.name }.map { (input.name, $0) } }
        guard !matches.isEmpty else {
            if inputs.count == 1, let array = Self.only(arrays) { return [(inputs[0].name, array)] }
            if let ordered = Self.arrays(arrays, inOrderOf: inputs) { return ordered }
            throw BNFoldError(
                .usage,
                "\(sample.path): holds \(names.isEmpty ? "an array without a name" : Self.list(names)), but \(inputList); name the input: --input NAME=\(sample.path)"
            )
        }
        return matches
    }

    /// The one array that holds no labels, where others do.
    private static func only(_ arrays: [any SampleArray]) -> (any SampleArray)? {
        let samples = arrays.filter { !$0.isLabels }
        return samples.count == 1 && samples.count < arrays.count ? samples[0] : nil
    }

    /// The arrays of a file that gives them no names of inputs, but the order of inputs: `arr_0`, `arr_1` as numpy.savez calls them, or `in:0`, `in:1`.
    private static func arrays(
        _ arrays: [any SampleArray], inOrderOf inputs: [NetworkInput]
    ) -> [(String, any SampleArray)]? {
        for prefix in ["in:", "arr_"] {
            let numbered = inputs.indices.map { index in arrays.first { $0.name == "\(prefix)\(index)" } }
            guard !numbered.contains(where: { $0 == nil }) else { continue }
            // More of them than there are inputs are for another network.
            guard !arrays.contains(where: { $0.name == "\(prefix)\(inputs.count)" }) else { return nil }
            return zip(inputs, numbered).compactMap { input, array in array.map { (input.name, $0) } }
        }
        return nil
    }

    /// Every array must have samples of the shape that its input takes, and all as many of them.
    private func check(_ arrays: [String: any SampleArray]) throws(BNFoldError) {
        var first: (any SampleArray)?
        for input in inputs {
            guard let array = arrays[input.name] else { continue }
            guard let count = array.shape.first, count > 0, !array.shape.contains(0) else {
                throw BNFoldError(
                    .malformed,
                    "\(array.place): has shape \(Self.text(array.shape)), but the first axis has to count samples")
            }
            // Of channels first, the number of axes may be an assumption where not all is known.
            let taken = input.knownShape == nil && input.order == .channelsFirst ? [] : input.callersShape.dimensions
            let fits =
                taken.isEmpty
                || taken.count == array.shape.count
                    && zip(taken, array.shape).dropFirst().allSatisfy { $0 == nil || $0 == $1 }
            if !fits {
                let lengths = taken.dropFirst().map { $0.map(String.init) ?? "?" }.joined(separator: "x")
                throw BNFoldError(
                    .malformed,
                    "\(array.place): has samples of shape \(Self.text(Array(array.shape.dropFirst()))), but the input '\(input.name)' takes \(lengths.isEmpty ? "()" : lengths); reshape the array to \(input.axisNames), or give the network another shape with --input-shape"
                )
            }
            if let first, first.shape[0] != count {
                throw BNFoldError(
                    .malformed, "\(array.place): has \(count) samples, but \(first.place) has \(first.shape[0])")
            }
            first = array
        }
    }

    private var inputList: String {
        inputs.count == 1
            ? "the network has one input, '\(inputs[0].name)'"
            : "the network's inputs are \(Self.list(inputs.map(\.name)))"
    }

    private static func list(_ names: [String]) -> String {
        let quoted = names.prefix(8).map { "'\($0)'" }
        return quoted.joined(separator: ", ")
            + (names.count > quoted.count ? " and \(names.count - quoted.count) more" : "")
    }

    /// `1x28x28`
    static func text(_ shape: [Int]) -> String {
        shape.isEmpty ? "()" : shape.map(String.init).joined(separator: "x")
    }

    // MARK: Files

    /// All datasets at the root of an HDF5 file, or the one that is asked for.
    static func hdf5Arrays(in sample: SampleInput) throws(BNFoldError) -> [any SampleArray] {
        let datasets = try liftingHDF5 { () throws(HDF5Error) in
            let file = try HDF5File(readingPath: sample.path)
            var paths: [String] = []
            if let array = sample.array {
                paths = [array]
            } else {
                paths = try file.children(ofGroup: "/").filter { $0.kind == .dataset }.map(\.path)
            }
            return try paths.map { (path) throws(HDF5Error) in
                HDF5Samples(dataset: try file.dataset(at: path), file: file)
            }
        }
        guard !datasets.isEmpty else {
            throw BNFoldError(
                .malformed,
                "\(sample.path): holds no dataset at its root; name one: --input NAME=\(sample.path):/path/of/dataset")
        }
        return datasets
    }
}

/// Runs a step that reads HDF5; its error becomes one of this library.
func liftingHDF5<Result>(_ step: () throws(HDF5Error) -> Result) throws(BNFoldError) -> Result {
    do throws(HDF5Error) {
        return try step()
    } catch {
        throw BNFoldError(ModelError(error))
    }
}
