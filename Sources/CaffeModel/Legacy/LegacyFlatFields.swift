/// Where the fields of a V0 layer belong today.
///
/// V0 kept the parameters of all types side by side in one message (`V0LayerParameter`); now each type has its own.
/// Source: `UpgradeV0LayerParameter` of Caffe's `upgrade_proto.cpp`.
enum LegacyFlatFields {
    enum Destination: Equatable {
        /// The layer itself, under the same name.
        case layer
        case parameters(message: String, name: String)
        /// The type has no such parameter: Caffe drops the field.
        case nowhere
    }

    static func destination(of field: String, layerType: String) -> Destination {
        if layerFields.contains(field) || field.hasSuffix("_param") { return .layer }
        if let name = transformFields[field] { return .parameters(message: "transform_param", name: name) }
        guard let message = parameterMessages[layerType] ?? ownMessage(ofType: layerType) else { return .layer }
        guard let (name, types) = typeFields[field] else { return .parameters(message: message, name: field) }
        // A type of a fork: its parameters are taken to be called like those of Caffe's own types.
        guard types.contains(layerType) || !LegacyLayerTypes.isKnown(v0: layerType) else { return .nowhere }
        return .parameters(message: message, name: name)
    }

    /// The message that a type would have by Caffe's habit; nil for a type that no field can be called after.
    private static func ownMessage(ofType type: String) -> String? {
        let isName =
            type.first?.isLetter == true && type.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
        return isName ? type + "_param" : nil
    }

    private static let layerFields: Set<String> = [
        "name", "type", "bottom", "top", "blobs", "blobs_lr", "weight_decay", "param", "blob_share_mode", "loss_weight",
        "include", "exclude",
    ]

    private static let transformFields = [
        "scale": "scale", "meanfile": "mean_file", "cropsize": "crop_size", "mirror": "mirror",
    ]

    private static let parameterMessages = [
        "conv": "convolution_param", "pool": "pooling_param", "innerproduct": "inner_product_param",
        "images": "image_data_param",
    ]

    /// Today's name of a parameter, and the types that have it.
    private static let typeFields: [String: (name: String, types: [String])] = [
        "num_output": ("num_output", ["conv", "innerproduct"]),
        "biasterm": ("bias_term", ["conv", "innerproduct"]),
        "weight_filler": ("weight_filler", ["conv", "innerproduct"]),
        "bias_filler": ("bias_filler", ["conv", "innerproduct"]),
        "pad": ("pad", ["conv", "pool"]),
        "kernelsize": ("kernel_size", ["conv", "pool"]),
        "stride": ("stride", ["conv", "pool"]),
        "group": ("group", ["conv"]),
        "pool": ("pool", ["pool"]),
        "dropout_ratio": ("dropout_ratio", ["dropout"]),
        "local_size": ("local_size", ["lrn"]),
        "alpha": ("alpha", ["lrn"]),
        "beta": ("beta", ["lrn"]),
        "k": ("k", ["lrn"]),
        "concat_dim": ("concat_dim", ["concat"]),
        "source": ("source", ["data", "hdf5_data", "images", "window_data", "infogain_loss"]),
        "batchsize": ("batch_size", ["data", "hdf5_data", "images", "window_data"]),
        "rand_skip": ("rand_skip", ["data", "images"]),
        "shuffle_images": ("shuffle", ["images"]),
        "new_height": ("new_height", ["images"]),
        "new_width": ("new_width", ["images"]),
        "det_fg_threshold": ("fg_threshold", ["window_data"]),
        "det_bg_threshold": ("bg_threshold", ["window_data"]),
        "det_fg_fraction": ("fg_fraction", ["window_data"]),
        "det_context_pad": ("context_pad", ["window_data"]),
        "det_crop_mode": ("crop_mode", ["window_data"]),
    ]
}
