import Folding
import Frontend
import NetGraph

/// A model as it is, or one that prepares its data by itself, where the options ask for that.
///
/// - Parameters:
///   - form: what an affine is that nothing takes.
///   - dataLayer: the network whose layer for data prepares the samples that the network is to run on; `nil` where none does.
/// - Throws: `BNFoldError` for preparations that cannot be part of the network, and for inputs that it does not have.
func preparing(
    _ model: any Model, options: ModelOptions, form: LeftoverForm, frontend: any Frontend, dataLayer: String?
) throws(BNFoldError) -> any Model {
    let preparation = options.preparation
    guard !preparation.isEmpty else { return model }
    try lifting { () throws(ModelError) in try frontend.check(preparation) }
    let place = model.files.network ?? model.files.weights ?? ""
    if options.keepsTraining {
        throw BNFoldError(
            .usage,
            "--keep-training leaves the layers for data, which prepare it; leave it out where the network is to do that"
        )
    }
    if let dataLayer {
        throw BNFoldError(
            .usage,
            "--as-data-layer prepares the samples as the data layer of \(dataLayer) does, but here the network is to do that itself; leave it out, and give samples that are not prepared"
        )
    }
    let transforms =
        try preparation.foldsPreprocessing ? lifting { () throws(ModelError) in try model.dataTransforms() } : nil
    if let transforms, transforms.isEmpty, !preparation.hasNumbers, !preparation.swapsChannels {
        throw BNFoldError(
            .usage,
            "\(place): no layer for data has mean_value or scale, so --fold-preprocessing has nothing to fold; --input-mean and --input-scale tell such numbers"
        )
    }
    let preparations = Preparations(place: place, network: model.network, preparation: preparation)
    let affines = try preparations.affines(transforms ?? [])
    let swapped = try preparation.swapsChannels ? preparations.swappedInputs() : []
    guard !affines.isEmpty || !swapped.isEmpty else { return model }
    do throws(ChannelSwap.Refusal) {
        return try PreparedModel(
            model, affines: affines, swapped: swapped, form: form, isInPlace: frontend.hasLayersInPlace)
    } catch {
        throw BNFoldError(
            .malformed,
            "\(place): the channels of the data reach layer '\(error.layer.inMessages)' (\(error.type.inMessages)), which cannot take them in another order: \(error.reason); leave out --swap-channels, and swap them by yourself"
        )
    }
}

/// What the inputs of one network need.
private struct Preparations {
    /// What messages call the network.
    var place: String
    var network: Network
    var preparation: InputPreparation

    private var inputs: [NetworkInput] { NetworkInput.all(of: network) }

    func affines(_ transforms: [DataTransform]) throws(BNFoldError) -> [PreparedModel.InputAffine] {
        let means = try byInput(preparation.means, "--input-mean")
        let scales = try byInput(preparation.scales, "--input-scale")
        var affines: [PreparedModel.InputAffine] = []
        for input in inputs.map(\.name) {
            let transform = transforms.first { $0.value == input }
            if let obstacle = transform?.obstacle, means[input] == nil {
                throw BNFoldError(
                    .malformed,
                    "\(place): \(obstacle), a mean of its own for each pixel, which no layer of the network can take; --input-mean tells one for each channel instead, or prepare the data by yourself"
                )
            }
            guard means[input] != nil || scales[input] != nil || transform != nil else { continue }
            let mean = means[input] ?? (transform?.means).flatMap { $0.isEmpty ? nil : $0 } ?? [0]
            let scale = scales[input] ?? [transform?.scale ?? 1]
            let (meanName, scaleName) = (
                means[input] == nil ? "mean_value" : "--input-mean", scales[input] == nil ? "scale" : "--input-scale"
            )
            try check(mean, meanName, of: input)
            try check(scale, scaleName, of: input)
            if scale.contains(0) {
                throw BNFoldError(
                    .usage, "\(place): \(scaleName) is 0 for the input '\(input)', which leaves nothing of it")
            }
            affines.append(
                PreparedModel.InputAffine(
                    input: input, mean: mean, scale: scale,
                    replacedFields: transform == nil ? [] : ["mean_value", "mean_file", "scale"]))
        }
        return affines
    }

    /// The inputs that take images of three channels.
    func swappedInputs() throws(BNFoldError) -> [String] {
        let images = inputs.filter { $0.shape.map { $0.rank > 2 && $0.dimensions[1] == 3 } ?? false }
        guard images.isEmpty else { return images.map(\.name) }
        let known = inputs.map { "'\($0.name.inMessages)' \($0.shape.map(\.description) ?? "of unknown shape")" }
        throw BNFoldError(
            .usage,
            "--swap-channels is for images of three channels, but the inputs of \(place) are \(known.joined(separator: ", ")); --input-shape tells a shape that is not known"
        )
    }

    /// The numbers of an option by the names of inputs; the empty name stands for the only one.
    private func byInput(
        _ numbers: [String: [Double]], _ option: String
    ) throws(BNFoldError) -> [String: [Double]] {
        let inputs = inputs.map(\.name)
        var result: [String: [Double]] = [:]
        for (name, values) in numbers.sorted(by: { $0.key < $1.key }) {
            let known = inputs.map { "'\($0.inMessages)'" }.joined(separator: ", ")
            if name.isEmpty, inputs.count != 1 {
                throw BNFoldError(
                    .usage,
                    "\(option) names no input, but \(place) has \(known.isEmpty ? "none" : known); write \(option) NAME=NUMBERS"
                )
            }
            let input = name.isEmpty ? inputs[0] : name
            guard inputs.contains(input) else {
                throw BNFoldError(.usage, "\(option) names '\(input)', but the inputs of \(place) are \(known)")
            }
            guard result.updateValue(values, forKey: input) == nil else {
                throw BNFoldError(.usage, "\(option) gives '\(input)' twice")
            }
        }
        return result
    }

    /// There is one number, or one for each channel.
    private func check(_ numbers: [Double], _ name: String, of input: String) throws(BNFoldError) {
        let shape = inputs.first { $0.name == input }?.shape
        if let shape, shape.rank < 2 {
            throw BNFoldError(
                .malformed,
                "\(place): the input '\(input)' has shape \(shape), without an axis of channels, so nothing can be done to them"
            )
        }
        guard numbers.count > 1 else { return }
        guard let channels = shape?.dimensions[1] else {
            throw BNFoldError(
                .usage,
                "\(place): \(name) has \(numbers.count) numbers, but the channels of the input '\(input)' are not known; give its shape: --input-shape \(input)=1,C,H,W"
            )
        }
        guard numbers.count == channels else {
            throw BNFoldError(
                .malformed,
                "\(place): \(name) has \(numbers.count) numbers, but the input '\(input)' has \(channels) channels; one number, or one for each, is expected"
            )
        }
    }
}
