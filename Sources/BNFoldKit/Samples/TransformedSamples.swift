import Frontend

/// Samples as a layer for data hands them to the network: cut, with the mean subtracted, multiplied; in single precision, as there.
struct TransformedSamples: SampleArray {
    private let array: any SampleArray
    private let transform: SampleTransform
    /// Channels, height and width before and after.
    private let given: [Int]
    private let taken: [Int]

    var name: String? { array.name }
    var place: String { array.place }
    var shape: [Int] { [array.shape[0]] + taken }
    var fillValue: Double? { array.fillValue }
    var note: String? {
        "\(place): its samples are transformed as by \(transform.place)\(transform.isIdentity ? ", which leaves them as they are" : "")"
    }

    /// - Throws: where samples are no images, or do not fit the layer's parameters.
    init(_ array: any SampleArray, transform: SampleTransform) throws(BNFoldError) {
        self.array = array
        self.transform = transform
        let given = Array(array.shape.dropFirst())
        func error(_ text: String) -> BNFoldError {
            BNFoldError(.malformed, "\(array.place): \(text) (\(transform.place))")
        }
        guard transform.isIdentity || given.count == 3 else {
            throw error(
                "has samples of \(given.count) axes, expected (channels, height, width) for the transformation of a layer for data"
            )
        }
        if let crop = transform.cropSize, crop > given[1] || crop > given[2] {
            throw error("has samples of \(given[1])x\(given[2]), but crop_size is \(crop)")
        }
        if transform.means.count > 1, transform.means.count != given[0] {
            throw error(
                "has samples of \(given[0]) channels, but mean_value is given \(transform.means.count) times, expected one, or one for each channel"
            )
        }
        if let mean = transform.meanImage, mean.shape != given {
            throw error(
                "has samples of \(SampleFiles.text(given)), but the mean of \(mean.path) has \(SampleFiles.text(mean.shape)); the mean belongs to samples before they are cut"
            )
        }
        self.given = given
        let crop = transform.cropSize
        taken = transform.isIdentity ? given : [given[0], crop ?? given[1], crop ?? given[2]]
    }

    func read(samples: Range<Int>) throws(BNFoldError) -> [Double] {
        let numbers = try array.read(samples: samples)
        guard !transform.isIdentity else { return numbers }
        let size = given.reduce(1, *)
        let (top, left) = ((given[1] - taken[1]) / 2, (given[2] - taken[2]) / 2)
        var result: [Double] = []
        result.reserveCapacity(samples.count * taken.reduce(1, *))
        for start in stride(from: 0, to: numbers.count, by: max(size, 1)) {
            for channel in 0..<taken[0] {
                let mean: Float =
                    transform.means.isEmpty ? 0 : transform.means[transform.means.count == 1 ? 0 : channel]
                for row in 0..<taken[1] {
                    let first = (channel * given[1] + row + top) * given[2] + left
                    for place in first..<first + taken[2] {
                        let subtracted = transform.meanImage?.values[place] ?? mean
                        result.append(Double((Float(numbers[start + place]) - subtracted) * transform.scale))
                    }
                }
            }
        }
        return result
    }
}

/// What a layer for data tells of the samples, added to those that the user names.
///
/// - Parameter path: the network with the layer; `nil` where the user names none.
/// - Returns: the user's samples with the layer's transformation; those that the layer names where the user names none.
func samples(
    _ inputs: [SampleInput], asDataLayerOf path: String?, of frontend: any Frontend
) throws(BNFoldError) -> [SampleInput] {
    guard let path else { return inputs }
    let needsSource = inputs.isEmpty
    let layer = try lifting { () throws(ModelError) in
        try frontend.samples(ofDataLayerIn: path, needsSource: needsSource)
    }
    guard !needsSource else {
        var sample = SampleInput(input: layer.input, path: layer.path, array: nil)
        sample.folder = layer.folder
        sample.transform = layer.transform
        return [sample]
    }
    return inputs.map { sample in
        guard sample.input == nil || layer.input == nil || sample.input == layer.input else { return sample }
        var sample = sample
        sample.transform = layer.transform
        return sample
    }
}
