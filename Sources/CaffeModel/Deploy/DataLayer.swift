import Files
import Frontend
import Prototxt

/// The layer of a training net that reads data: what it reads, and what it does with each sample in phase TEST.
///
/// Of the layers that read data, the first that takes part in phase TEST counts, else the first at all.
struct DataLayer {
    let samples: LayerSamples

    private static let types = ["Data", "ImageData", "HDF5Data"]
    /// Fields of `transform_param` that change nothing in phase TEST, or are told by others; `mirror` is for training.
    private static let knownFields: Set<String> = [
        "scale", "mirror", "crop_size", "mean_file", "mean_value", "force_color", "force_gray",
    ]

    /// - Parameter needsSource: whether the layer has to name what it reads.
    init(prototxt path: String, needsSource: Bool) throws(ModelError) {
        let net = try NetDefinition(path: path)
        let readers = net.layers.filter { Self.types.contains($0.type) }
        let state = NetState()
        var tested: LayerDefinition?
        for layer in readers where tested == nil {
            if try state.includes(layer.reader) { tested = layer }
        }
        guard let layer = tested ?? readers.first else {
            let others = net.layers.filter { $0.bottoms.isEmpty && !$0.tops.isEmpty }.map {
                "'\($0.name)' (\($0.type))"
            }
            throw ModelError(
                .malformed,
                "\(path): has no layer that reads data, expected one of type \(Self.types.joined(separator: ", "))\(others.isEmpty ? "" : "; it begins with \(others.joined(separator: ", "))"); give the training net with --as-data-layer"
            )
        }
        guard let top = layer.tops.first else { throw layer.error("has no top") }
        let line = net.document.position(at: layer.field.range.lowerBound).line
        let place =
            "\(path):\(line): layer '\(layer.name)' (\(layer.type)\(tested != nil ? "" : ", of phase TRAIN; there is none of phase TEST"))"
        let finder = DataFinder(folder: FileBytes.folder(of: path))
        var folder: String?
        var color = SampleTransform.Color.asStored
        let parameters: FieldReader
        switch layer.type {
        case "HDF5Data":
            parameters = try layer.reader.submessage("hdf5_data_param")
            guard !layer.reader.has("transform_param") else {
                throw layer.error("has transform_param, which Caffe refuses in a layer of this type")
            }
        case "ImageData":
            parameters = try layer.reader.submessage("image_data_param")
            color = try parameters.bool("is_color") ?? true ? .color : .gray
            folder = try parameters.string("root_folder").flatMap { $0.isEmpty ? nil : $0 }
            for name in ["new_height", "new_width"] where try parameters.integer(name) ?? 0 != 0 {
                throw layer.error(
                    "resizes its images (\(name)), which is not done here: resize them first, and leave new_height and new_width away"
                )
            }
        default:
            parameters = try layer.reader.submessage("data_param")
            let backend = try parameters.enumeration("backend", ["LEVELDB", "LMDB"]) ?? "LEVELDB"
            guard backend == "LMDB" || !needsSource else {
                throw layer.error(
                    "reads a database of LevelDB, which is not read here; make one of LMDB (convert_imageset --backend=lmdb), or give the samples with --input"
                )
            }
        }
        var transform = SampleTransform(place: place)
        transform.color = color
        try Self.read(layer, finder, into: &transform)
        var source = ""
        if needsSource {
            guard let named = try parameters.string("source") else {
                throw layer.error("names no source; give the samples with --input")
            }
            guard let found = try finder.find(named) else {
                throw layer.error(
                    "reads '\(named)', which is not there, neither from the working directory nor from the prototxt's folder; give the samples with --input"
                )
            }
            source = found
        }
        samples = LayerSamples(
            input: layer.type == "HDF5Data" ? nil : top, path: source, folder: folder, transform: transform)
    }

    private static func read(
        _ layer: LayerDefinition, _ finder: DataFinder, into transform: inout SampleTransform
    ) throws(ModelError) {
        let fields = try layer.reader.submessage("transform_param")
        if let strange = fields.fieldNames.first(where: { !knownFields.contains($0) }) {
            throw fields.error(
                atField: strange,
                "layer '\(layer.name)' (\(layer.type)): transform_param has '\(strange)', which is not known; prepare the samples by yourself, and leave --as-data-layer away"
            )
        }
        if try fields.bool("force_color") ?? false { transform.color = .color }
        if try fields.bool("force_gray") ?? false {
            guard transform.color != .color || layer.type == "ImageData" else {
                throw fields.error(
                    atField: "force_gray", "layer '\(layer.name)': has force_color and force_gray; Caffe allows one")
            }
            // The images of an ImageData layer are decoded before.
            if layer.type != "ImageData" { transform.color = .gray }
        }
        if let crop = try fields.integer("crop_size", atLeast: 0), crop > 0 { transform.cropSize = crop }
        let meanFile: String?
        (transform.scale, transform.means, meanFile) = try layer.scaleAndMeans()
        guard let file = meanFile else { return }
        guard let path = try finder.find(file) else {
            throw ModelError(
                .unreadable,
                fields.error(
                    atField: "mean_file",
                    "layer '\(layer.name)': the mean '\(file)' is not there, neither from the working directory nor from the prototxt's folder"
                ).message)
        }
        transform.meanImage = try BinaryMean.read(path)
    }
}

/// Looks for what a prototxt names.
private struct DataFinder {
    let folder: String

    /// A path as it stands, seen from the working directory, else from the prototxt's folder.
    func find(_ path: String) throws(ModelError) -> String? {
        guard !path.utf8.contains(0) else { return nil }
        return try readingFile { () throws(FileError) in
            if try FileBytes.status(of: path) != nil { return path }
            guard !path.hasPrefix("/") else { return nil }
            let beside = folder + "/" + path
            return try FileBytes.status(of: beside) == nil ? nil : beside
        }
    }
}
