import Frontend

/// The layers of a weights file that a net has in no phase and no stage, and whether that is a mistake.
struct SurplusLayers {
    /// In the order of the file.
    private(set) var layers: [SurplusWeights] = []
    /// Why they cannot just be left out; `nil` where they can.
    private(set) var contradiction: String?

    init() {}

    init(of file: any WeightFile, lackedBy definition: NetDefinition) throws(ModelError) {
        let defined = Set(definition.layers.map(\.name))
        var told: Set<String> = []
        for name in try file.layerNames() where !defined.contains(name) {
            let type = try file.type(ofLayer: name)
            if type != nil { told.insert(name) }
            layers.append(SurplusWeights(name: name, type: type, shapes: try Self.shapes(of: name, in: file)))
        }
        guard !layers.isEmpty else { return }
        var lengths: Set<Int> = []
        for layer in definition.layers where layer.type == "BatchNorm" || layer.type == "BN" {
            if let shape = try file.blobs(ofLayer: layer.name)?[0]?.shape { lengths.insert(shape.reduce(1, *)) }
        }
        layers = UntypedLayers(layers, lengthsOfNet: lengths).typed()
        let lost = layers.filter(\.isNormalization)
        let isToldByFile = lost.contains { told.contains($0.name) }
        guard isToldByFile || isMerged(definition, lost) else { return }
        contradiction = Self.sentence(lost, weights: file.path, definition: definition)
    }

    /// What Caffe would leave alone is no error here either: a group whose datasets are no blobs has no shapes.
    private static func shapes(of name: String, in file: any WeightFile) throws(ModelError) -> [[Int]] {
        let blobs: [Int: StoredBlob]
        do throws(ModelError) {
            blobs = try file.blobs(ofLayer: name) ?? [:]
        } catch {
            guard error.kind == .malformed else { throw error }
            return []
        }
        let shapes = blobs.sorted { $0.key < $1.key }.map(\.value.shape)
        return file.mayHaveLegacyShapes ? LegacyShape.modern(shapes, type: try file.type(ofLayer: name) ?? "") : shapes
    }

    /// Whether normalisations that only their blobs tell are lacking because they were merged into layers of the net, and not because a whole
    /// part of the net, layers with weights included, was cut away.
    private func isMerged(_ definition: NetDefinition, _ lost: [SurplusWeights]) -> Bool {
        guard !lost.isEmpty else { return false }
        // A net without any normalisation of its own, weights with some: nothing else explains it as well.
        guard definition.layers.contains(where: Self.isNormalization) else { return true }
        let named = lost.filter { UntypedLayers.namesNormalization($0.name) }
        if lost.count == layers.count, !named.isEmpty { return true }
        return named.contains { layer in
            definition.layers.contains { Self.isLinear($0) && Self.belongs(layer, to: $0.name) }
        }
    }

    private static func isNormalization(_ layer: LayerDefinition) -> Bool {
        ["BatchNorm", "BN"].contains(layer.type) || layer.type == "Scale" && layer.bottoms.count == 1
    }

    private static func isLinear(_ layer: LayerDefinition) -> Bool {
        layer.type.contains("onvolution") || layer.type == "InnerProduct"
    }

    /// `conv1_bn`, `bn_conv1` and `conv1/scale` belong to `conv1`, and so does a normalisation `bn1`.
    private static func belongs(_ layer: SurplusWeights, to linear: String) -> Bool {
        if linear.count > 1, let place = layer.name.firstRange(of: linear) {
            // 'conv10_bn' does not belong to 'conv1'.
            let isWhole = layer.name[place.upperBound...].first.map { !$0.isNumber } ?? true
            let rest = layer.name[..<place.lowerBound] + layer.name[place.upperBound...]
            return isWhole && UntypedLayers.namesNormalization(String(rest))
        }
        guard layer.type != "Scale" else { return false }
        let number = trailingNumber(layer.name)
        return !number.isEmpty && number == trailingNumber(linear)
    }

    private static func trailingNumber(_ name: String) -> Substring {
        name[(name.lastIndex { !$0.isNumber }.map(name.index(after:)) ?? name.startIndex)...]
    }

    private static func sentence(_ lost: [SurplusWeights], weights: String, definition: NetDefinition) -> String {
        let what = lost.count == 1 ? "a layer" : "\(lost.count) layers"
        let hasOthers = definition.layers.contains(where: isNormalization)
        return
            "\(weights): holds the numbers of \(what) that \(definition.path) lacks in every phase: \(SurplusWeights.list(lost, limit: 40)); without them the net computes something else; this prototxt looks merged already\(hasOthers ? ", in part" : ""): give the one that the weights were trained with, or add --ignore-surplus where they belong to a part of the net that is not wanted"
    }
}

/// Layers whose types the file does not tell: HDF5 has none, and V1 only the numbers of some fork.
///
/// Normalisations and Scales are told by the shapes of their blobs, by their names and by one another.
private struct UntypedLayers {
    private let layers: [SurplusWeights]
    /// The lengths of the normalisations that are known without doubt.
    private let lengths: Set<Int>

    init(_ layers: [SurplusWeights], lengthsOfNet: Set<Int>) {
        self.layers = layers
        lengths = lengthsOfNet.union(
            layers.compactMap { layer in
                let isKnown = layer.type.map { $0.contains("BatchNorm") } ?? (Self.normalization(layer.shapes) != nil)
                return isKnown ? layer.shapes.first?.reduce(1, *) : nil
            })
    }

    func typed() -> [SurplusWeights] {
        layers.map { layer in
            var result = layer
            result.type = layer.type ?? Self.normalization(layer.shapes) ?? scale(layer)
            return result
        }
    }

    static func namesNormalization(_ name: String) -> Bool {
        let name = name.lowercased()
        return ["bn", "norm", "scale", "gamma"].contains(where: name.contains)
    }

    /// Three to five vectors of one length, one of them perhaps of a single number, are a normalisation.
    private static func normalization(_ shapes: [[Int]]) -> String? {
        guard let length = shapes.first?.reduce(1, *), Set(shapes.map(\.count)).count == 1,
            shapes.allSatisfy({ $0.count == 1 || hasFourAxes($0) })
        else { return nil }
        switch shapes.map({ $0.reduce(1, *) }) {
        case [length, length, 1], [length, length, 1, length], [length, length, 1, length, length],
            [length, length, length, length, 1]:
            return "BatchNorm"
        case [length, length, length, length]: return hasFourAxes(shapes[0]) ? "BatchNorm" : "BN"
        case [length, length]: return hasFourAxes(shapes[0]) ? "BN" : nil
        default: return nil
        }
    }

    /// A vector as some forks store it: (1, C, 1, 1).
    private static func hasFourAxes(_ shape: [Int]) -> Bool {
        shape.count == 4 && shape[0] == 1 && shape[2] == 1 && shape[3] == 1
    }

    /// Two equal vectors, or one, are a Scale where the name says so or a normalisation has the same length. One may as well be the slopes of
    /// a PReLU, or a Bias.
    private func scale(_ layer: SurplusWeights) -> String? {
        guard 1...2 ~= layer.shapes.count, layer.shapes.allSatisfy({ $0.count <= 1 }),
            layer.shapes.first == layer.shapes.last
        else { return nil }
        let name = layer.name.lowercased()
        if layer.shapes.count == 1, name.contains("relu") || name.contains("bias") { return nil }
        let isBesideNormalization = layer.shapes[0].first.map(lengths.contains) ?? false
        return isBesideNormalization || Self.namesNormalization(name) ? "Scale" : nil
    }
}
