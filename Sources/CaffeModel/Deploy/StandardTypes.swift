import Folding
import Frontend
import NetGraph

/// Layers of forks that BVLC Caffe has under another name, or in another form.
enum StandardTypes {
    /// What forks call a Convolution whose groups are its channels.
    static let convolutions: Set<String> = ["DepthwiseConvolution", "ConvolutionDepthwise"]

    /// ReLU6 as BVLC's Clip.
    static let limits = Activation.clip(minimum: 0, maximum: 6)
}

extension CaffeConversion {
    /// The network with layers of BVLC Caffe in the place of those of forks that compute the same.
    func inStandardTypes(_ folded: FoldedNetwork) -> FoldedNetwork {
        guard options.usesStandardTypes else { return folded }
        var folded = folded
        for position in folded.network.layers.indices
        where folded.network.layers[position].operation == .activation(.relu6) {
            folded.network.layers[position].operation = .activation(StandardTypes.limits)
            folded.network.layers[position].type = "Clip"
        }
        return folded
    }

    /// What becomes of layers of forks, by their types.
    var typeRemarks: [ReadingRemark] {
        guard options.usesStandardTypes else { return [] }
        var types: [String: [String]] = [:]
        for layer in network.layers where layer.operation != .input {
            guard let type = original.definition(of: layer.id)?.type, !LayerTranslator.isOfCaffe(type) else { continue }
            types[type, default: []].append(layer.name)
        }
        return types.sorted { $0.key < $1.key }.compactMap { type, layers in
            let count = layers.count == 1 ? "layer '\(layers[0].inMessages)'" : "\(layers.count) layers"
            let change: String
            var kind = "standard-type"
            if StandardTypes.convolutions.contains(type) {
                change = "written as Convolution with 'group'"
            } else if type == "ReLU6" {
                change = "written as Clip from 0 to 6"
            } else if type == "BN" {
                return nil
            } else {
                change = "left as it is: no layer of BVLC Caffe computes the same"
                kind = "type-of-fork"
            }
            return ReadingRemark(
                kind: .init(rawValue: kind), severity: .note, layers: layers,
                message: "\(count) of type \(type.inMessages): \(change)")
        }
    }
}
