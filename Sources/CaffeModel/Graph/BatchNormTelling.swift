import Frontend
import NetGraph

/// Tells how the blobs of a BatchNorm are to be read, from its fields, its blobs and the Scale behind it together.
///
/// Where they contradict each other, the error says which of them lacks what, and what to do.
struct BatchNormTelling {
    private let layer: LayerDefinition
    private let scaleBehind: LayerDefinition?
    private let stored: [Int: StoredBlob]?
    private let named: BatchNormDialect?
    private let registry: ParameterRegistry
    /// The field that says that the layer has gamma and beta of its own, as a reader of the prototxt knows it.
    private let claim: (field: String, dialect: BatchNormDialect)?
    /// The field that says that it has none.
    private let denial: String?
    /// Whether `scale_bias: true` itself is there.
    private let saysScaleBias: Bool

    /// - Parameters:
    ///   - fields: of `batch_norm_param`.
    ///   - scaleBehind: the Scale that reads what the layer writes.
    ///   - stored: the blobs of the layer; `nil` where there are no weights, or none for it.
    ///   - named: the dialect that the user named.
    init(
        _ fields: FieldReader, layer: LayerDefinition, scaleBehind: LayerDefinition?, stored: [Int: StoredBlob]?,
        named: BatchNormDialect?, registry: ParameterRegistry
    ) throws(ModelError) {
        self.layer = layer
        self.scaleBehind = scaleBehind
        self.stored = stored
        self.named = named
        self.registry = registry
        let scaleBias = try fields.bool("scale_bias")
        let weightBias = try fields.bool("use_weight_bias")
        saysScaleBias = scaleBias == true
        let isIntel = ["use_weight_bias", "bias_term", "filler", "stats_batch_size"].contains(where: fields.has)
        if scaleBias == true {
            claim = ("scale_bias: true", .nvcaffe)
        } else if fields.has("scale_filler") {
            claim = ("scale_filler", .nvcaffe)
        } else if fields.has("bias_filler"), !isIntel {
            claim = ("bias_filler", .nvcaffe)
        } else if weightBias == true {
            claim = ("use_weight_bias: true", .intel)
        } else {
            claim = nil
        }
        denial =
            claim != nil
            ? nil : scaleBias == false ? "scale_bias: false" : weightBias == false ? "use_weight_bias: false" : nil
    }

    /// - Throws: for blobs that no dialect has or that several have, and for fields that contradict the blobs.
    func dialect() throws(ModelError) -> BatchNormDialect {
        guard let stored, !stored.isEmpty else { return claim?.dialect ?? (stored == nil ? named : nil) ?? .bvlc }
        let shapes = stored.sorted { $0.key < $1.key }.map(\.value.shape)
        let counts = shapes.map { $0.reduce(1, *) }
        switch counts.count {
        case 1, 2, 3:
            // Intel's layer takes three blobs where a Scale follows.
            if let claim, claim.dialect == .nvcaffe || scaleBehind == nil { throw gammaIsMissing(claim.field) }
            return .bvlc
        case 4: return try dialect(ofFour: shapes, counts)
        case 5: return try dialect(ofFive: shapes, counts)
        default: throw unclear(shapes, [.bvlc, .nvcaffe, .intel, .xilinx])
        }
    }

    private func dialect(ofFour shapes: [[Int]], _ counts: [Int]) throws(ModelError) -> BatchNormDialect {
        if counts[2] == 1, counts[0] != 1, counts[1] == counts[0], counts[3] == counts[0] {
            if let claim, claim.dialect == .nvcaffe { throw betaIsMissing(claim.field) }
            return .intel
        }
        let isSingle = counts.allSatisfy { $0 == 1 }
        var candidates: [BatchNormDialect] = [.xilinx, .bnVariance, .bnInverseDeviation]
        if isSingle { candidates.append(.intel) }
        if let named, candidates.contains(named) { return named }
        throw unclear(shapes, isSingle ? [.intel, .xilinx] : [.xilinx])
    }

    private func dialect(ofFive shapes: [[Int]], _ counts: [Int]) throws(ModelError) -> BatchNormDialect {
        // The factor is the only blob of one number: third here, last there. One channel cannot tell.
        let factorIsThird = counts[2] == 1 && [1, 3, 4].allSatisfy { counts[$0] == counts[0] }
        let restIsLast = counts[4] == 1 && [1, 2, 3].allSatisfy { counts[$0] == counts[0] }
        switch (factorIsThird, restIsLast) {
        case (true, false): return try withFactorThird()
        case (false, true): return .xilinx
        case (true, true):
            if let named, [.nvcaffe, .intel, .xilinx].contains(named) { return named }
            if saysScaleBias { return .nvcaffe }
            throw unclear(shapes, [.nvcaffe, .intel, .xilinx])
        default: throw unclear(shapes, [.nvcaffe, .intel, .xilinx])
        }
    }

    /// Mean, variance, a single number, gamma, beta: NVCaffe never reads the number, Intel divides by it.
    private func withFactorThird() throws(ModelError) -> BatchNormDialect {
        if let denial { throw gammaIsDenied(denial) }
        if let named, named == .nvcaffe || named == .intel { return named }
        if let claim { return claim.dialect }
        guard try factor() == 0 else { return .intel }
        throw ModelError(
            .malformed,
            "\(path): the third of the five blobs of layer '\(layer.name)' (BatchNorm) is 0: NVCaffe never reads it, and to Intel Caffe it says that the layer was never trained; the prototxt does not tell which of the two it is: add --batch-norm-dialect nvcaffe, or --batch-norm-dialect intel with --allow-untrained"
        )
    }

    /// The third blob.
    private func factor() throws(ModelError) -> Double {
        guard let file = registry.weights, let blob = stored?[2], blob.shape.reduce(1, *) == 1 else { return 1 }
        let buffer = UnsafeMutableBufferPointer<Double>.allocate(capacity: 1)
        buffer.initialize(repeating: 1)
        defer { buffer.deallocate() }
        try file.read(blob, from: 0, into: buffer)
        return buffer[0]
    }

    // MARK: Remarks

    /// Notes what a reader of the prototxt would not expect.
    func remark(on dialect: BatchNormDialect) throws(ModelError) {
        guard let stored, !stored.isEmpty else { return }
        if dialect == .nvcaffe {
            let factor = try factor()
            if factor != 0, factor != 1 { registry.note(.unreadFactor, layer) }
        }
        guard dialect == .intel, claim == nil else { return }
        guard let scaleBehind else { return registry.note(.untoldGamma, layer) }
        let hasNumbers = try registry.weights?.blobs(ofLayer: scaleBehind.name)?.isEmpty == false
        if hasNumbers { registry.note(.twoScales, layer) }
    }

    // MARK: Errors

    private var path: String { registry.weights?.path ?? "" }

    private func gammaIsMissing(_ field: String) -> ModelError {
        let count = stored?.count ?? 0
        return lacking(
            "gamma and beta", field,
            found:
                "\(count) blob\(count == 1 ? "" : "s") (\(BatchNormDialect.bvlc.roles.prefix(count).joined(separator: ", ")))"
        )
    }

    private func betaIsMissing(_ field: String) -> ModelError {
        lacking("beta", field, found: "4 blobs (\(BatchNormDialect.intel.roles(of: 4).joined(separator: ", ")))")
    }

    /// The prototxt says that there is what the file does not hold.
    private func lacking(_ what: String, _ field: String, found: String) -> ModelError {
        let scales = registry.surplus.filter(\.isNormalization)
        let advice: String
        if let scaleBehind {
            advice =
                "if those of the Scale '\(scaleBehind.name)' behind it are meant, take '\(field)' and the fillers out of its batch_norm_param"
        } else if !scales.isEmpty {
            advice =
                "the weights hold layers that this prototxt lacks, among them \(SurplusWeights.list(scales, limit: 3)): give the prototxt that the weights were trained with"
        } else {
            advice =
                "give the weights that belong to this prototxt, or take '\(field)' out of it where the net was trained without"
        }
        return ModelError(
            .malformed,
            "\(path): layer '\(layer.name)' (BatchNorm) says '\(field)', so it needs five blobs (\(BatchNormDialect.nvcaffe.roles.joined(separator: ", "))), but the weights hold \(found): \(what) \(what == "beta" ? "is" : "are") missing; \(advice)"
        )
    }

    /// The file holds what the prototxt says there is not.
    private func gammaIsDenied(_ field: String) -> ModelError {
        ModelError(
            .malformed,
            "\(path): layer '\(layer.name)' (BatchNorm) says '\(field)', so it has no gamma and beta, but the weights hold them as blobs 3 and 4; give the prototxt that the weights were trained with, or take '\(field)' out of this one to use them"
        )
    }

    private func unclear(_ shapes: [[Int]], _ dialects: [BatchNormDialect]) -> ModelError {
        registry.unclearDialect(of: layer, shapes: shapes, among: dialects)
    }
}

extension ParameterRegistry {
    /// Blobs that do not tell what is what; of the dialects those are named that have as many.
    func unclearDialect(
        of layer: LayerDefinition, shapes: [[Int]], among dialects: [BatchNormDialect]
    ) -> ModelError {
        let fitting = dialects.filter { $0.roles(of: shapes.count).count == shapes.count }
        let found =
            "\(weights?.path ?? ""): layer '\(layer.name)' (\(layer.type)) holds \(shapes.count) blobs of the shapes \(shapes.map(TensorShape.describe).joined(separator: ", "))"
        guard !fitting.isEmpty else {
            return ModelError(
                .malformed,
                "\(found), as many as no known dialect has: \(dialects.map { $0.summary(of: $0.roles.count) }.joined(separator: ", "))"
            )
        }
        return ModelError(
            .malformed,
            "\(found), which do not tell what is what; name its dialect with --batch-norm-dialect: \(fitting.map { $0.summary(of: shapes.count) }.joined(separator: ", "))"
        )
    }
}
