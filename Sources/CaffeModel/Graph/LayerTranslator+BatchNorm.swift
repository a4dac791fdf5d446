import Frontend
import NetGraph

/// The batch normalisations of Caffe and its forks, told apart by the number of blobs, their shapes and the layer's fields.
extension LayerTranslator {
    /// Type `BatchNorm` (Caffe's `batch_norm_layer.cpp`, NVCaffe, Intel Caffe, Xilinx).
    func batchNorm() throws(ModelError) -> Operation {
        let fields = try parameters("batch_norm_param")
        let stored = try registry.weights?.blobs(ofLayer: layer.name)
        let telling = try BatchNormTelling(
            fields, layer: layer, scaleBehind: neighbors.scaleBehind, stored: stored,
            named: self.dialect, registry: registry)
        let dialect = try registry.dialect(of: layer, hasBlobs: stored?.isEmpty == false) {
            () throws(ModelError) in try telling.dialect()
        }
        let roles = dialect.roles(of: stored?.count ?? dialect.roles.count)
        let hasFourAxes = dialect != .bvlc && Self.hasFourAxes(stored)
        let blobs = try register(
            roles.map { role in
                // The shapes of a sharer without blobs of its own are those of the layer that has them.
                stored?.isEmpty == true
                    ? ExpectedBlob(role: role, shape: nil) : expected(role, hasFourAxes: hasFourAxes)
            })
        func blob(_ role: String) -> ParameterID? { roles.firstIndex(of: role).map { blobs[$0] } }
        try telling.remark(on: dialect)
        var epsilon = try fields.float("eps") ?? 1e-5
        if dialect == .nvcaffe, epsilon < Self.leastEpsilonOfNVCaffe {
            epsilon = Self.leastEpsilonOfNVCaffe
            registry.note(.raisedEpsilon, layer)
        }
        var batchNorm = BatchNorm(
            mean: blob("mean"),
            spread: blob("variance").map { .variance($0) }
                ?? blob("inverse deviation").map { .inverseDeviation($0) } ?? .applied,
            factor: blob(BatchNormDialect.factorRole), gamma: blob("gamma"), beta: blob("beta"), stored: blobs,
            epsilon: Double(epsilon),
            usesGlobalStatistics: try usesGlobalStatistics(fields, dialect: dialect),
            movingAverageFraction: Double(try fields.float("moving_average_fraction") ?? 0.999),
            unknownFields: unknownFields(fields, of: "batch_norm_param"))
        batchNorm.addsEpsilonToDeviation = try fields.bool("add_eps_before_sqrt") == false
        return .batchNorm(batchNorm)
    }

    /// CUDNN_BN_MIN_EPSILON, which NVCaffe raises a smaller eps to (its `batch_norm_layer.cpp`).
    private static let leastEpsilonOfNVCaffe: Float = 1e-5

    /// Type `BN` (SegNet, ENet, PSPNet and relatives).
    func bn() throws(ModelError) -> Operation {
        let fields = try parameters("bn_param")
        let stored = try registry.weights?.blobs(ofLayer: layer.name)
        let mode = try fields.enumeration("bn_mode", ["LEARN", "INFERENCE"])
        let dialect = try bnDialect(fields, mode: mode, stored: stored)
        let blobs = try register(dialect.roles.map { expected($0, hasFourAxes: Self.hasFourAxes(stored)) })
        let spread: BatchNorm.Spread =
            switch dialect {
            case .bnVariance: .variance(blobs[3])
            case .bnInverseDeviation: .inverseDeviation(blobs[3])
            default: .applied
            }
        return .batchNorm(
            BatchNorm(
                mean: blobs.count > 2 ? blobs[2] : nil, spread: spread, gamma: blobs[0], beta: blobs[1], stored: blobs,
                epsilon: Double(try fields.float("eps") ?? 1e-5),
                hasStatistics: dialect != .bnInference || mode == "INFERENCE",
                unknownFields: unknownFields(fields, of: "bn_param")))
    }

    private func bnDialect(
        _ fields: FieldReader, mode: String?, stored: [Int: StoredBlob]?
    ) throws(ModelError) -> BatchNormDialect {
        guard let stored else {
            if mode != nil { return .bnInference }
            return dialect.map { $0.roles.count == 4 ? $0 : .bnVariance } ?? .bnVariance
        }
        let shapes = stored.sorted { $0.key < $1.key }.map(\.value.shape)
        switch shapes.count {
        case 2: return .bnInference
        case 4:
            if let dialect, dialect == .bnVariance || dialect == .bnInverseDeviation { return dialect }
            throw registry.unclearDialect(of: layer, shapes: shapes, among: [.bnVariance, .bnInverseDeviation])
        default:
            throw registry.unclearDialect(
                of: layer, shapes: shapes, among: [.bnInference, .bnVariance, .bnInverseDeviation])
        }
    }

    /// Whether a fork stores vectors as (1, C, 1, 1). Legacy vectors are (1, 1, 1, C).
    private static func hasFourAxes(_ stored: [Int: StoredBlob]?) -> Bool {
        guard let stored, !stored.isEmpty else { return false }
        return stored.values.allSatisfy {
            $0.shape.count == 4 && $0.shape[0] == 1 && $0.shape[2] == 1 && $0.shape[3] == 1
        }
    }

    /// One number for each channel, or a single one; some forks store both with four axes.
    private func expected(_ role: String, hasFourAxes: Bool) -> ExpectedBlob {
        let channels = input.map { $0.length(ofAxis: 1) } ?? nil
        let isSingle = role == BatchNormDialect.factorRole || role == BatchNormDialect.unusedRole
        let length = isSingle ? 1 : channels
        return ExpectedBlob(role: role, shape: hasFourAxes ? [1, length, 1, 1] : [length])
    }

    /// An explicit value wins in either phase; the default is true in TEST. A layer's own `phase` wins over the net's. NVCaffe looks at
    /// the phase alone.
    private func usesGlobalStatistics(
        _ fields: FieldReader, dialect: BatchNormDialect
    ) throws(ModelError) -> Bool {
        if assumesGlobalStatistics { return true }
        if dialect != .nvcaffe, let explicit = try fields.bool("use_global_stats") { return explicit }
        return try layer.reader.enumeration("phase", ["TRAIN", "TEST"]) != "TRAIN"
    }

    /// Fields that may change the formula.
    private func unknownFields(_ fields: FieldReader, of message: String) -> [String] {
        fields.fieldNames { KnownFields.messages[message]?.knows($0) != true }
    }
}
