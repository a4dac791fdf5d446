import Files
import Foundation
import HDF5
import NetGraph
import Zip

@testable import KerasModel

/// Files of Keras that tests make, with numbers that tell where they belong.
enum WeightFixture {
    /// A tensor that counts up from a number.
    struct Tensor {
        var name: String
        var shape: [Int]
        var type: HDF5ElementType = .float32
        var first: Int = 0
    }

    /// A layer with weights, in the order in which the file lists it.
    typealias Layer = (name: String, tensors: [Tensor])

    // MARK: HDF5

    /// A file with a group for each layer, as Keras 2 writes it.
    ///
    /// - Parameters:
    ///   - config: for a whole model.
    ///   - form: of `layer_names` and `weight_names`.
    static func legacy(
        _ layers: [Layer], config: String? = nil, form: HDF5StringForm? = nil,
        edit: (inout HDF5Outline) -> Void = { _ in }
    ) throws -> [UInt8] {
        var outline = HDF5Outline()
        let base = config == nil ? [] : ["model_weights"]
        if let config {
            outline.root.attributes = [
                HDF5Attribute(name: "keras_version", text: Array("2.15.0".utf8), isUTF8: true),
                HDF5Attribute(name: "model_config", text: Array(config.utf8), isUTF8: false),
                HDF5Attribute(name: "training_config", text: Array("{}".utf8), isUTF8: false),
            ]
        }
        within(base, of: &outline.root) { root in
            root.attributes += KerasNames.attributes("layer_names", layers.map(\.name), form: form)
            root.attributes.append(HDF5Attribute(name: "backend", text: Array("tensorflow".utf8), isUTF8: false))
            for layer in layers {
                within(layer.name.split(separator: "/").map(String.init), of: &root) { group in
                    group.attributes += KerasNames.attributes("weight_names", layer.tensors.map(\.name), form: form)
                    for tensor in layer.tensors { add(tensor, to: &group) }
                }
            }
        }
        edit(&outline)
        return try bytes(outline, layers.flatMap(\.tensors))
    }

    /// A tree of groups, as Keras 3 writes it.
    ///
    /// - Parameter tensors: names are paths: `layers/conv2d/vars/0`.
    static func tree(_ tensors: [Tensor], edit: (inout HDF5Outline) -> Void = { _ in }) throws -> [UInt8] {
        var outline = HDF5Outline()
        outline.root.withGroup("layers") { _ in }
        outline.root.withGroup("vars") {
            $0.attributes = [HDF5Attribute(name: "name", text: Array("model".utf8), isUTF8: true)]
        }
        for tensor in tensors { add(tensor, to: &outline.root) }
        edit(&outline)
        return try bytes(outline, tensors)
    }

    /// An archive of a model.
    static func archive(
        config: String, weights: [UInt8], _ method: ZipWriter.Method = .stored, others: [(String, [UInt8])] = []
    ) throws -> [UInt8] {
        try withTemporaryFolder { folder in
            var writer = ZipWriter(to: try SequentialFile(creatingPath: folder + "/a"))
            try writer.write(Array(#"{"keras_version": "3.15.1"}"#.utf8), as: "metadata.json", method)
            try writer.write(Array(config.utf8), as: "config.json", method)
            try writer.write(weights, as: "model.weights.h5", method)
            for (name, bytes) in others { try writer.write(bytes, as: name) }
            try writer.finish()
            return Array(try Data(contentsOf: URL(filePath: folder + "/a")))
        }
    }

    private static func within(
        _ names: [String], of group: inout HDF5Outline.Group, _ edit: (inout HDF5Outline.Group) -> Void
    ) {
        guard let name = names.first else { return edit(&group) }
        group.withGroup(name) { within(Array(names.dropFirst()), of: &$0, edit) }
    }

    private static func add(_ tensor: Tensor, to group: inout HDF5Outline.Group) {
        let names = tensor.name.split(separator: "/").map(String.init)
        within(names.dropLast(), of: &group) { group in
            group.add(.init(shape: tensor.shape, elementType: tensor.type), as: names.last ?? "")
        }
    }

    /// The datasets come in the order in which they were added, but for groups that were there before.
    private static func bytes(_ outline: HDF5Outline, _ tensors: [Tensor]) throws -> [UInt8] {
        let layout = try HDF5Layout(outline, path: "fixture.h5")
        var bytes = layout.head
        for place in layout.datasets {
            bytes += [UInt8](repeating: 0, count: place.offset - bytes.count)
            let tensor = tensors.first { place.path.hasSuffix("/" + $0.name) }
            for index in 0..<(tensor?.shape.reduce(1, *) ?? 0) {
                let number = (tensor?.first ?? 0) + index
                switch tensor?.type {
                case .float32: bytes += little(Float(number).bitPattern)
                case .float64: bytes += little(Double(number).bitPattern)
                default: bytes += little(UInt64(number)).prefix(tensor?.type.byteCount ?? 0)
                }
            }
        }
        return bytes
    }

    private static func little(_ number: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: number.littleEndian) { Array($0) }
    }

    // MARK: Reading

    /// Opens a file with these bytes. It stays readable although the file is removed.
    static func open(_ bytes: [UInt8]) throws -> KerasFile {
        try withTemporaryFolder { folder in
            let path = folder + "/model.h5"
            try Data(bytes).write(to: URL(filePath: path))
            return try KerasFile(readingPath: path)
        }
    }

    static func weights(_ bytes: [UInt8], _ config: String? = nil) throws -> KerasFileWeights {
        let file = try open(bytes)
        let text = config.map { Array($0.utf8) } ?? file.configText ?? []
        return try KerasFileWeights(of: file, for: try KerasModelConfig(parsing: text, file: file.configPlace))
    }

    /// Writes what a plan says and opens it.
    static func written(
        _ weights: KerasFileWeights, config: String, changes: [KerasPath: [KerasNewTensor]] = [:],
        store: some WeightStore = Numbers()
    ) throws -> (weights: KerasFileWeights, bytes: [UInt8]) {
        try withTemporaryFolder { folder in
            let config = try KerasModelConfig(parsing: Array(config.utf8), file: "config")
            try weights.write(
                KerasWeightPlan(config: config, changes: changes), weights: store, to: folder + "/out")
            let file = try KerasFile(readingPath: folder + "/out")
            return (
                try KerasFileWeights(of: file, for: config), Array(try Data(contentsOf: URL(filePath: folder + "/out")))
            )
        }
    }

    static func withTemporaryFolder<Result>(_ body: (_ folder: String) throws -> Result) throws -> Result {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("KerasTests-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        return try body(folder.path)
    }
}

/// Computed numbers: element `n` of a parameter is `n` more than 1000.
struct Numbers: WeightStore {
    /// What the first element is.
    var first: Double = 1000

    func read<Element: WeightElement>(
        _ parameter: ParameterID, from start: Int, into buffer: UnsafeMutableBufferPointer<Element>
    ) throws(WeightError) {
        for index in buffer.indices { buffer[index] = Element(first + Double(start + index)) }
    }
}

extension KerasFileWeights {
    /// The numbers of a layer's tensors.
    func numbers(_ path: String...) throws -> [[Double]] {
        try (tensors[KerasPath(path)] ?? []).map { tensor in
            var numbers = [Double](repeating: 0, count: tensor.shape.reduce(1, *))
            try numbers.withUnsafeMutableBufferPointer { try read(tensor, from: 0, into: $0) }
            return numbers
        }
    }

    func names(_ path: String...) -> [String] { (tensors[KerasPath(path)] ?? []).map(\.name) }
}

/// Texts of models.
enum ConfigFixture {
    /// A Sequential of layers, each given by class, name and fields.
    static func sequential(_ layers: [(className: String, name: String, fields: String)], name: String = "net")
        -> String
    {
        let entries = layers.map { layer in
            #"{"class_name": "\#(layer.className)", "config": {"name": "\#(layer.name)"\#(layer.fields.isEmpty ? "" : ", " + layer.fields)}}"#
        }
        return
            #"{"class_name": "Sequential", "config": {"name": "\#(name)", "layers": [\#(entries.joined(separator: ", "))]}}"#
    }

    static func dense(_ name: String, units: Int, bias: Bool = true) -> (
        className: String, name: String, fields: String
    ) {
        ("Dense", name, #""units": \#(units), "use_bias": \#(bias)"#)
    }

    static func norm(_ name: String, _ fields: String = "") -> (className: String, name: String, fields: String) {
        ("BatchNormalization", name, fields)
    }
}
