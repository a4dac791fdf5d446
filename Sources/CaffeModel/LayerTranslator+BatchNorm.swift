import NetGraph

/// The batch normalisations of Caffe and its forks, told apart by the number of blobs, their shapes and the layer's fields.
extension LayerTranslator {
    /// Type `BatchNorm` (Caffe's `batch_norm_layer.cpp`, NVCaffe, Intel Caffe, Xilinx).
    func batchNorm() throws(CaffeModelError) -> Operation {
        let fields = try parameters("batch_norm_param")
        let stored = try registry.weights?.blobs(ofLayer: layer.name)
        let dialect = try batchNormDialect(fields, stored: stored)
        var roles = dialect.roles
        // Intel leaves out beta with `bias_term: false`.
        if dialect == .nvcaffe, stored?.count == 4 { roles.removeLast() }
        let hasFourAxes = dialect != .bvlc && Self.hasFourAxes(stored)
        let blobs = try register(roles.map { expected($0, hasFourAxes: hasFourAxes) })
        func blob(_ role: String) -> ParameterID? { roles.firstIndex(of: role).map { blobs[$0] } }
        guard let variance = blob("variance") else {
            throw layer.error("has no variance in the dialect \(dialect.rawValue)")
        }
        var batchNorm = BatchNorm(
            mean: blob("mean"), spread: .variance(variance), factor: blob("moving-average factor"),
            gamma: blob("gamma"),
            beta: blob("beta"), stored: blobs, epsilon: Double(try fields.float("eps") ?? 1e-5),
            usesGlobalStatistics: try usesGlobalStatistics(fields),
            movingAverageFraction: Double(try fields.float("moving_average_fraction") ?? 0.999),
            unknownFields: unknownFields(fields, of: "batch_norm_param"))
        batchNorm.addsEpsilonToDeviation = try fields.bool("add_eps_before_sqrt") == false
        return .batchNorm(batchNorm)
    }

    /// Type `BN` (SegNet, ENet, PSPNet and relatives).
    func bn() throws(CaffeModelError) -> Operation {
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

    private func batchNormDialect(
        _ fields: FieldReader, stored: [Int: StoredBlob]?
    ) throws(CaffeModelError) -> BatchNormDialect {
        guard let stored else { return try fields.bool("scale_bias") ?? false ? .nvcaffe : dialect ?? .bvlc }
        let shapes = stored.sorted { $0.key < $1.key }.map(\.value.shape)
        switch shapes.count {
        case 3, 0, 1, 2:
            return .bvlc
        case 4 where shapes[2].allSatisfy({ $0 == 1 }):
            return .nvcaffe
        case 5:
            // The factor is the only blob of one number: third here, last there. One channel cannot tell.
            let counts = shapes.map { $0.reduce(1, *) }
            let factorIsThird = counts[2] == 1 && [0, 1, 3, 4].allSatisfy { counts[$0] == counts[0] }
            let restIsLast = counts[4] == 1 && [0, 1, 2, 3].allSatisfy { counts[$0] == counts[0] }
            switch (factorIsThird, restIsLast) {
            case (true, false): return .nvcaffe
            case (false, true): return .xilinx
            case (true, true):
                if try fields.bool("scale_bias") ?? false { return .nvcaffe }
                if let dialect { return dialect }
                throw unclear(shapes, among: [.nvcaffe, .xilinx])
            default: break
            }
        default: break
        }
        if let dialect, dialect.roles.count == shapes.count { return dialect }
        throw unclear(shapes, among: [.bvlc, .nvcaffe, .xilinx])
    }

    private func bnDialect(
        _ fields: FieldReader, mode: String?, stored: [Int: StoredBlob]?
    ) throws(CaffeModelError) -> BatchNormDialect {
        guard let stored else {
            if mode != nil { return .bnInference }
            return dialect.map { $0.roles.count == 4 ? $0 : .bnVariance } ?? .bnVariance
        }
        let shapes = stored.sorted { $0.key < $1.key }.map(\.value.shape)
        switch shapes.count {
        case 2: return .bnInference
        case 4:
            if let dialect, dialect == .bnVariance || dialect == .bnInverseDeviation { return dialect }
            throw unclear(shapes, among: [.bnVariance, .bnInverseDeviation])
        default: throw unclear(shapes, among: [.bnInference, .bnVariance, .bnInverseDeviation])
        }
    }

    private func unclear(_ shapes: [[Int]], among dialects: [BatchNormDialect]) -> CaffeModelError {
        CaffeModelError(
            .malformed,
            "\(registry.weights?.path ?? ""): layer '\(layer.name)' (\(layer.type)) holds \(shapes.count) blobs of the shapes \(shapes.map(BlobShape.describe).joined(separator: ", ")), which do not tell what is what; name its dialect with --batch-norm-dialect: "
                + dialects.map { "\($0.rawValue) (\($0.roles.joined(separator: ", ")))" }.joined(separator: ", "))
    }

    /// Whether a fork stores vectors as (1, C, 1, 1). Legacy vectors are (1, 1, 1, C).
    private static func hasFourAxes(_ stored: [Int: StoredBlob]?) -> Bool {
        stored?.values.allSatisfy { $0.shape.count == 4 && $0.shape[0] == 1 && $0.shape[2] == 1 && $0.shape[3] == 1 }
            ?? false
    }

    /// One number for each channel, or a single one; some forks store both with four axes.
    private func expected(_ role: String, hasFourAxes: Bool) -> ExpectedBlob {
        let channels = input.map { $0.length(ofAxis: 1) } ?? nil
        let isSingle = role == "moving-average factor" || role == "unused blob"
        let length = isSingle ? 1 : channels
        return ExpectedBlob(role: role, shape: hasFourAxes ? [1, length, 1, 1] : [length])
    }

    /// An explicit value wins in either phase; the default is true in TEST. A layer's own `phase` wins over the net's.
    private func usesGlobalStatistics(_ fields: FieldReader) throws(CaffeModelError) -> Bool {
        if assumesGlobalStatistics { return true }
        if let explicit = try fields.bool("use_global_stats") { return explicit }
        return try layer.reader.enumeration("phase", ["TRAIN", "TEST"]) != "TRAIN"
    }

    /// Fields that may change the formula.
    private func unknownFields(_ fields: FieldReader, of message: String) -> [String] {
        fields.fieldNames.filter { KnownFields.messages[message]?.knows($0) != true }
    }
}
