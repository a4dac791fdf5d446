import Files
import Frontend
import HDF5
import NetGraph
import Zip

/// An open file of Keras: its container, the JSON that it holds, and its weights, which stay in the file until they are read.
public final class KerasFile: KerasContainer {
    public let path: String
    public let kind: KerasContainerKind
    /// The JSON of the model; `nil` for weights alone.
    public let configText: [UInt8]?
    /// Where the JSON stands, for messages: `model.h5: 'model_config'`.
    public let configPlace: String
    /// `2.15.0`; `nil` where the file does not tell.
    public let version: String?

    /// The weights.
    let hdf5: HDF5File
    /// Of an archive, in their order.
    let members: [ZipMember]

    static let configMember = "config.json"
    static let weightsMember = "model.weights.h5"
    static let metadataMember = "metadata.json"

    /// What kind a file is, by its content; `nil` for one that is none of Keras, and for one that cannot be read.
    ///
    /// - Throws: for an error of the disk.
    static func kind(of path: String) throws(ModelError) -> KerasContainerKind? {
        let head = try lookingAt { () throws(ModelError) in
            try readingFile { () throws(FileError) in try FileBytes.head(of: path, count: 8) }
        }
        guard let head else { return nil }
        if ZipReader.recognizes(head) {
            let archive = try lookingAt { () throws(ModelError) in
                try reading { () throws(ZipError) in try ZipReader(FileRegion(try OpenFile(path: path))) }
            }
            // An archive that cannot be listed is a damaged one: no other family has archives, and opening it tells what is wrong.
            guard let archive else { return .archive }
            let names = archive.entries.map { String(decoding: $0.name, as: UTF8.self) }
            return names.contains(configMember) || names.contains(weightsMember) ? .archive : nil
        }
        let file = try looking { () throws(HDF5Error) in
            try HDF5File.looksLikeHDF5(atPath: path) ? try HDF5File(lookingAtPath: path) : nil
        }
        guard let file = file ?? nil else { return nil }
        return try kind(of: file)
    }

    /// What a look at an HDF5 file finds; `nil` for what it has not, or does not tell.
    private static func looking<Result>(_ step: () throws(HDF5Error) -> Result) throws(ModelError) -> Result? {
        try lookingAt { () throws(ModelError) in
            do throws(HDF5Error) {
                return try step()
            } catch {
                throw ModelError(error)
            }
        }
    }

    /// Opens a file.
    ///
    /// All bytes of an archive are compared with their checksums. Weights that are compressed in it are unpacked to a file without a name.
    ///
    /// - Parameter isOwn: whether this run has written it, so that weights that are not compressed need not be compared.
    /// - Throws: `ModelError` for a file that cannot be read, is damaged, or is none of Keras.
    public init(readingPath path: String, isOwn: Bool = false) throws(ModelError) {
        self.path = path
        let head = try readingFile { () throws(FileError) in
            try FileBytes.requireReadable(path)
            return try FileBytes.head(of: path, count: 8)
        }
        if ZipReader.recognizes(head) {
            kind = .archive
            configPlace = "\(path): '\(Self.configMember)'"
            members = try Self.reading { () throws(ZipError) in
                try ZipReader(FileRegion(try OpenFile(path: path)), advice: Self.advice).members()
            }
            try Self.check(members, of: path)
            configText = try Self.content(of: Self.configMember, in: members, of: path)
            let metadata = try Self.content(of: Self.metadataMember, in: members, of: path)
            version = Self.version(inMetadata: metadata)
            hdf5 = try Self.weights(in: members, of: path, isOwn: isOwn)
            return
        }
        members = []
        do throws(HDF5Error) {
            hdf5 = try HDF5File(readingPath: path)
        } catch {
            throw ModelError(error)
        }
        configPlace = "\(path): 'model_config'"
        guard let kind = try Self.kind(of: hdf5) else {
            throw ModelError(
                .malformed,
                "\(path): is HDF5, but no file of Keras: expected the attribute 'model_config' or 'layer_names', or the group 'layers'"
            )
        }
        self.kind = kind
        configText = kind == .wholeHDF5 ? try Self.text("model_config", of: hdf5) : nil
        let group = (try? hdf5.objectKind(at: "/model_weights")) == .group ? "/model_weights" : "/"
        let outer = try Self.text("keras_version", of: hdf5)
        let inner = try Self.text("keras_version", of: hdf5, at: group)
        version = (outer ?? inner).map { String(decoding: $0, as: UTF8.self) }
    }

    public func weights(for config: KerasModelConfig) throws(ModelError) -> any KerasWeightSource {
        try KerasFileWeights(of: self, for: config)
    }

    public func write(
        _ plan: KerasWeightPlan, keeping source: any KerasWeightSource, store: AnyWeightStore, to path: String,
        settings: WriteSettings
    ) throws(ModelError) {
        guard let source = source as? KerasFileWeights, source.file === self else {
            throw ModelError(.internalFault, "\(self.path): the weights to keep are of another file")
        }
        try source.write(plan, weights: store, to: path, checkpoint: settings.checkpoint)
    }

    // MARK: HDF5

    private static func kind(of file: HDF5File) throws(ModelError) -> KerasContainerKind? {
        func attributes(of path: String) throws(ModelError) -> [String] {
            try looking { () throws(HDF5Error) in try file.attributeNames(of: path) } ?? []
        }
        func children(of path: String) throws(ModelError) -> [HDF5Child] {
            try looking { () throws(HDF5Error) in try file.children(ofGroup: path) } ?? []
        }
        let outer = try attributes(of: "/")
        if outer.contains("model_config") { return .wholeHDF5 }
        if outer.contains("layer_names") || outer.contains("layer_names0") { return .legacyWeights }
        let inner = try attributes(of: "/model_weights")
        if inner.contains("layer_names") || inner.contains("layer_names0") { return .legacyWeights }
        let groups = try children(of: "/").filter { $0.kind == .group }
        if groups.contains(where: { $0.name == "layers" || $0.name == "vars" }) { return .payload }
        // A subclassed model: groups of the names of its attributes.
        for group in groups {
            let vars = try looking { () throws(HDF5Error) in try file.objectKind(at: group.path + "/vars") }
            if let vars, vars != nil { return .payload }
        }
        return nil
    }

    /// The text of an attribute; `nil` when there is none.
    private static func text(_ name: String, of file: HDF5File, at path: String = "/") throws(ModelError) -> [UInt8]? {
        do throws(HDF5Error) {
            guard let attribute = try file.attribute(name, of: path) else { return nil }
            guard case .strings(let strings, _) = attribute.content, strings.count == 1 else {
                throw HDF5Error(attribute: name, of: path, in: file, "expected one string")
            }
            return strings[0]
        } catch {
            throw ModelError(error)
        }
    }

    // MARK: Archives

    private static let advice = ZipAdvice(
        anew: "save the model again", otherMethod: "save the model again, or pack it with 'zip -0'",
        uncompressed: "pack it again without compression, with 'zip -0'")

    private static func reading<Result>(_ step: () throws(ZipError) -> Result) throws(ModelError) -> Result {
        do throws(ZipError) {
            return try step()
        } catch {
            let kind: ModelError.Kind =
                switch error.kind {
                case .unreadable: .unreadable
                case .ioFailed: .inputOutput
                case .malformed: .malformed
                }
            throw ModelError(kind, "\(error)")
        }
    }

    /// Refuses archives that keep more than one file of weights, or keep them in another form.
    private static func check(_ members: [ZipMember], of path: String) throws(ModelError) {
        let names = members.filter { !$0.isFolder }.map(\.name)
        guard names.contains(configMember) else {
            throw ModelError(
                .malformed,
                "\(path): is a ZIP archive, but no model of Keras: it has no '\(configMember)'")
        }
        if names.contains(weightsMember), let other = names.first(where: { $0.hasPrefix("assets/") }) {
            throw ModelError(
                .malformed,
                "\(path): keeps '\(other)' beside its weights, which only the layer that wrote it understands; a model with assets cannot be folded"
            )
        }
        guard names.contains(weightsMember) else {
            let other = names.first { $0.hasPrefix("model") && $0 != weightsMember }
            throw ModelError(
                .malformed,
                "\(path): has no '\(weightsMember)'"
                    + (other.map {
                        ", but '\($0)': weights in several files, or of another format, are not read; save the model again with model.save(\"x.keras\")"
                    } ?? ", so it holds no weights"))
        }
    }

    private static func content(
        of name: String, in members: [ZipMember], of path: String
    ) throws(ModelError) -> [UInt8]? {
        guard let member = members.first(where: { $0.name == name }) else { return nil }
        return try reading { () throws(ZipError) in try member.content.bytes() }
    }

    /// `{"keras_version": "3.15.1", ...}`; looked for as text, since it is for nothing but messages and the dialect.
    private static func version(inMetadata bytes: [UInt8]?) -> String? {
        guard let bytes else { return nil }
        let text = String(decoding: bytes, as: UTF8.self)
        guard let key = text.firstRange(of: "\"keras_version\"") else { return nil }
        let value = text[key.upperBound...].drop { $0 == ":" || $0.isWhitespace }
        guard value.first == "\"" else { return nil }
        return String(value.dropFirst().prefix { $0 != "\"" })
    }

    private static func weights(
        in members: [ZipMember], of path: String, isOwn: Bool
    ) throws(ModelError) -> HDF5File {
        guard let member = members.first(where: { $0.name == weightsMember }) else {
            throw ModelError(.malformed, "\(path): has no '\(weightsMember)'")
        }
        let name = "\(path), in '\(weightsMember)'"
        if let stored = member.content as? StoredMember {
            if !isOwn { try reading { () throws(ZipError) in try stored.verify() } }
            let range = stored.data.range
            do throws(HDF5Error) {
                return try HDF5File(
                    readingPath: path, part: UInt64(range.lowerBound)..<UInt64(range.upperBound), named: name)
            } catch {
                // What is not plain is for the library, which reads whole files only.
                if error.kind != .unsupported { throw ModelError(error) }
            }
        }
        let copy = try TemporaryFile()
        defer { copy.remove() }
        try reading { () throws(ZipError) in
            try member.content.forEachBlock { bytes throws(ZipError) in
                do throws(SystemError) {
                    try copy.append(bytes)
                } catch {
                    throw member.content.origin.ioFailed("cannot be unpacked to '\(copy.path)': \(error)")
                }
            }
        }
        do throws(HDF5Error) {
            return try HDF5File(readingPath: copy.path, part: nil, named: name)
        } catch {
            throw ModelError(error)
        }
    }
}

extension HDF5Error {
    init(attribute: String, of path: String, in file: HDF5File, _ expected: String) {
        self.init(
            .damaged, file: file.path, object: path, "has an attribute '\(attribute)' of another kind, \(expected)")
    }
}
