import Files
import Frontend
import HDF5
import JSON
import NetGraph
import Zip

/// A model of Keras on its way into another container of the same Keras: whole HDF5, a `.keras` archive, or weights with their JSON apart.
///
/// Weights keep their bytes, the JSON its own but for what a container needs around it; the state of training is left out.
struct KerasConversion: WeightConversion {
    /// What is written.
    enum Target: String {
        /// HDF5 with the JSON in it.
        case wholeHDF5 = "hdf5"
        case archive = "keras"
        /// `.weights.h5`, with the JSON apart.
        case payload = "weights"
        /// HDF5 as `save_weights` of Keras 2 writes it, with the JSON apart.
        case legacyWeights = "legacy"

        /// - Parameter hasNetwork: whether the user names a place for the JSON.
        init(name: String, hasNetwork: Bool) {
            self =
                name.hasSuffix(".keras")
                ? .archive : name.hasSuffix(".weights.h5") ? .payload : hasNetwork ? .legacyWeights : .wholeHDF5
        }

        var format: OutputFormat { OutputFormat(name: rawValue) }
        var hasOwnConfig: Bool { self == .wholeHDF5 || self == .archive }
    }

    private let model: KerasStoredModel

    init(of model: KerasStoredModel) { self.model = model }

    var layerCount: Int { model.leaves.count }
    var unwrittenRemark: String? { nil }

    func renames(in format: OutputFormat) -> [(from: String, to: String)] { [] }

    func alwaysWritesNetwork(in format: OutputFormat) -> Bool { true }

    func networkFile(in format: OutputFormat) throws(ModelError) -> [UInt8]? {
        let target = try target(of: format)
        return target.hasOwnConfig ? nil : try configText(for: target)
    }

    func write(to path: String, settings: WriteSettings) throws(ModelError) {
        guard settings.compression == 0 else {
            throw ModelError(
                .usage, "--compress is an option for nets of Caffe; files of Keras are written as Keras writes them")
        }
        let target = try target(of: settings.format)
        let version = model.version ?? String(model.config.dialect.rawValue)
        let text = try configText(for: target)
        let outline: WeightOutline
        switch target {
        case .archive, .payload: outline = try WeightOutline(nesting: model)
        case .wholeHDF5: outline = try WeightOutline(listing: model, configText: text, version: version)
        case .legacyWeights: outline = try WeightOutline(listing: model, configText: nil, version: version)
        }
        let layout: HDF5Layout
        do throws(HDF5Error) {
            layout = try HDF5Layout(outline.outline, path: path)
        } catch {
            throw ModelError(error)
        }
        let numbers = NumberWriter(
            sources: outline.sources, weights: KerasWeightStore(source: model.weights, tensors: [:], constants: [:]),
            checkpoint: settings.checkpoint)
        let file = try readingFile { () throws(FileError) in try SequentialFile(creatingPath: path) }
        guard target == .archive else {
            try numbers.write(layout) { bytes throws(FileError) in try file.append(bytes) }
            return try readingFile { () throws(FileError) in try file.finish() }
        }
        var archive = ZipWriter(to: file)
        let metadata = JSONValue.object([JSONValue.Member(key: "keras_version", value: .string(version))]).text
        do throws(FileError) {
            try archive.write(Array(metadata.utf8), as: KerasFile.metadataMember)
            try archive.write(text, as: KerasFile.configMember)
            try archive.begin(KerasFile.weightsMember, byteCount: layout.byteCount)
        } catch {
            throw ModelError(error)
        }
        try numbers.write(layout) { bytes throws(FileError) in try archive.append(bytes) }
        do throws(FileError) {
            try archive.end()
            try archive.finish()
        } catch {
            throw ModelError(error)
        }
    }

    func check(_ path: String, data: String?, format: OutputFormat) throws(ModelError) {
        let target = try target(of: format)
        do throws(ModelError) {
            let file = try KerasFile(readingPath: path)
            let text: [UInt8]
            if let own = file.configText { text = own } else { text = try configText(for: target) }
            let config = try KerasModelConfig(parsing: text, file: "the new JSON", version: model.version)
            let written = try KerasFileWeights(of: file, for: config)
            try check(written)
        } catch {
            guard error.kind == .malformed else { throw error }
            throw ModelError(.internalFault, "the written model does not load: \(error)")
        }
    }

    private func check(_ written: KerasFileWeights) throws(ModelError) {
        for (path, _) in model.leaves {
            let tensors = (model.weights.tensors[path] ?? [], written.tensors[path] ?? [])
            guard tensors.0.map(\.shape) == tensors.1.map(\.shape),
                tensors.0.map(\.elementType) == tensors.1.map(\.elementType)
            else {
                throw ModelError(.internalFault, "the written weights of layer '\(path)' are not those of the input")
            }
            for (mine, theirs) in zip(tensors.0, tensors.1) {
                let areEqual = try Self.agreeAtEnds(mine, of: model.weights, theirs, of: written)
                guard areEqual else {
                    throw ModelError(
                        .internalFault, "the written weights of layer '\(path)' are not those of the input")
                }
            }
        }
    }

    /// How many elements at each end of a tensor are compared.
    private static let checkedElements = 4096

    private static func agreeAtEnds(
        _ first: KerasTensor, of one: KerasFileWeights, _ second: KerasTensor, of other: KerasFileWeights
    ) throws(ModelError) -> Bool {
        let count = first.shape.reduce(1, *)
        let length = min(count, checkedElements)
        for start in count > length ? [0, count - length] : [0] {
            do throws(WeightError) {
                let numbers = try one.numbers(first, start, length).map(\.bitPattern)
                if try numbers != other.numbers(second, start, length).map(\.bitPattern) { return false }
            } catch {
                throw ModelError(error)
            }
        }
        return true
    }

    // MARK: The JSON

    /// What a format asks for, where the model can be written in it.
    private func target(of format: OutputFormat) throws(ModelError) -> Target {
        guard let target = Target(rawValue: format.name) else {
            throw ModelError(.internalFault, "there is no form '\(format.name)' of a model of Keras")
        }
        guard model.config.dialect != .one else {
            throw ModelError(
                .malformed,
                "\(model.configPlace): is a model of Keras 1, whose files are not converted; load it in Keras 2 and save it anew"
            )
        }
        if target == .archive || target == .payload, model.config.dialect == .two, !Self.knowsArchives(model.version) {
            throw ModelError(
                .usage,
                "\(model.file.path): is of Keras \(model.version ?? "2"), which reads no .keras archives and no .weights.h5: they came with 2.13; give OUTPUT a name that ends in .h5"
            )
        }
        if target.hasOwnConfig, model.config.className == nil {
            throw ModelError(
                .malformed,
                "\(model.configPlace): is what get_config() gives, without the class of the model, so that no file can hold it whole; write the JSON with model.to_json()"
            )
        }
        return target
    }

    private static func knowsArchives(_ version: String?) -> Bool {
        let parts = (version ?? "").split(separator: ".").map { Int($0.prefix { $0.isNumber }) ?? 0 }
        return parts.count > 1 && (parts[0], parts[1]) >= (2, 13)
    }

    /// The JSON for a container. Archives, and `model_from_json` of Keras 3, look for the class of the model in a module that has to be told.
    private func configText(for target: Target) throws(ModelError) -> [UInt8] {
        let root = model.config.document.root
        var edits = model.config.editsWithoutTraining
        let needsModule = target == .archive || target != .wholeHDF5 && model.config.dialect == .three
        if needsModule, root["module"] == nil, let className = model.config.className {
            let module: String
            let registered: JSONValue
            switch className {
            case "Sequential": (module, registered) = ("keras", .null)
            case "Functional":
                let package = model.config.dialect == .two ? "engine" : "models"
                (module, registered) = ("keras.src.\(package).functional", .string(className))
            default:
                throw ModelError(
                    .malformed,
                    "\(model.configPlace): is a model of the class '\(className)', which a file of this kind names by a module that is not known; let Keras itself save it in that form"
                )
            }
            edits.append(
                JSONEdit(
                    inserting: "\"module\": \"\(module)\", \"registered_name\": \(registered.text), ",
                    at: root.range.lowerBound + 1))
        }
        do throws(JSONEditConflict) {
            return try model.config.document.applying(edits)
        } catch {
            throw ModelError(.internalFault, "changes of the model's JSON overlap at byte \(error.range.lowerBound)")
        }
    }
}

extension KerasFileWeights {
    fileprivate func numbers(_ tensor: KerasTensor, _ start: Int, _ count: Int) throws(WeightError) -> [Double] {
        let buffer = UnsafeMutableBufferPointer<Double>.allocate(capacity: count)
        defer { buffer.deallocate() }
        buffer.initialize(repeating: 0)
        try read(tensor, from: start, into: buffer)
        return Array(buffer)
    }
}
