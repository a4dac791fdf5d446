import Frontend
import NetGraph

/// A batch normalisation as the net has it, and the forms that it can get.
struct DialectSource {
    struct Behind {
        var scale: ScaleBehind
        /// Whether the normalisation holds the Scale's numbers, and the Scale itself none.
        var isWithoutNumbers: Bool
        var gamma: [Double]
        var beta: [Double]?
    }

    let group: [LayerDefinition]
    let batchNorm: BatchNorm
    let numbers: NormalizationNumbers
    /// The Scale that may become part of the layer.
    var behind: Behind?

    init(group: [LayerDefinition], batchNorm: BatchNorm, numbers: NormalizationNumbers) {
        self.group = group
        self.batchNorm = batchNorm
        self.numbers = numbers
    }

    var isBN: Bool { group[0].type == "BN" }

    /// Gamma and beta behind mean, variance and a number that is never read.
    var isOfNVCaffe: Bool {
        !isBN && batchNorm.gamma != nil && batchNorm.factor == nil && batchNorm.stored.first == batchNorm.mean
    }

    /// The same, but the number counts.
    var isOfIntel: Bool { batchNorm.gamma != nil && batchNorm.factor != nil }

    // MARK: Forms

    /// `BatchNorm` and `Scale`; numbers stay bit for bit where the dialect has them.
    func inBVLC(names: inout UniqueNames) throws(DialectReason) -> DialectLayer {
        let affine = try numbers.affine()
        let gamma = blob(numbers.gamma, at: batchNorm.gamma)
        let beta = numbers.beta == nil ? nil : blob(numbers.beta, at: batchNorm.beta)
        guard batchNorm.spread != .applied else { return scaleAlone(gamma, beta, affine) }
        let blobs = statistics(
            mean: numbers.mean ?? [], variance: try numbers.variance(), factor: numbers.factor ?? 1)
        var scale = DialectLayer.Scale(name: "", blobs: [gamma] + [beta].compactMap(\.self))
        if let behind, behind.isWithoutNumbers {
            scale.name = behind.scale.name
            scale.definitions = behind.scale.definitions
        } else {
            scale.name = names.insert(group[0].name + "_scale")
        }
        return layer(.plain, blobs, scale: scale, affine: affine)
    }

    /// `BatchNorm` of five blobs where there are gamma and beta, else of three, with a factor of 1: whether NVCaffe reads it makes no difference then.
    func inNVCaffe() throws(DialectReason) -> DialectLayer? {
        let affine = try numbers.affine()
        guard batchNorm.spread != .applied else {
            return scaleAlone(
                blob(numbers.gamma, at: batchNorm.gamma), blob(numbers.beta, at: batchNorm.beta), affine)
        }
        if !batchNorm.usesGlobalStatistics, group.contains(where: \.deniesGlobalStatistics) {
            throw DialectReason(
                "says 'use_global_stats: false', but NVCaffe uses the stored statistics in TEST whatever it says; take the field out if that is meant"
            )
        }
        guard batchNorm.epsilon >= Double(Self.leastEpsilon) else {
            throw DialectReason(
                "has eps \(Float(batchNorm.epsilon)), which NVCaffe raises to 1e-5 (CUDNN_BN_MIN_EPSILON)")
        }
        let (mean, variance) = try numbers.statistics()
        let blobs = statistics(mean: mean, variance: variance, factor: 1)
        guard let (gamma, beta, merged) = gammaAndBeta() else {
            guard numbers.factor != 1 else { return nil }
            return layer(.plain, blobs, affine: affine)
        }
        return layer(
            .withScaleAndBias, blobs + [gamma, beta], merged: merged,
            affine: merged.isEmpty || behind?.isWithoutNumbers == true
                ? affine : affine.followed(by: gamma.values, beta.values))
    }

    /// `BN` of two blobs, with four axes as SegNet's Caffe has them.
    func inSegNet() throws(DialectReason) -> DialectLayer {
        guard batchNorm.usesGlobalStatistics else {
            throw DialectReason(
                "normalises by the statistics of each batch in TEST, but BN with bn_mode: INFERENCE only by stored ones"
            )
        }
        guard numbers.factor != 0 else {
            _ = try numbers.statistics()
            throw DialectReason("was never trained")
        }
        var affine = try numbers.affine()
        var merged: [LayerDefinition] = []
        if let behind {
            merged = behind.scale.definitions
            if !behind.isWithoutNumbers { affine = affine.followed(by: behind.gamma, behind.beta) }
        }
        let shape = [1, numbers.channels, 1, 1]
        let blobs = [affine.factors, affine.terms].map {
            DialectLayer.Blob(shape: shape, values: $0, elementType: numbers.elementType)
        }
        return layer(.finished, blobs, merged: merged, affine: affine)
    }

    // MARK: Parts

    /// CUDNN_BN_MIN_EPSILON.
    static let leastEpsilon: Float = 1e-5

    /// What is behind the statistics: of the layer itself, or of the Scale that becomes part of it. `nil` where there is neither.
    private func gammaAndBeta() -> (gamma: DialectLayer.Blob, beta: DialectLayer.Blob, merged: [LayerDefinition])? {
        let zeros = [Double](repeating: 0, count: numbers.channels)
        if numbers.gamma != nil {
            let beta = numbers.beta == nil ? blob(zeros, at: nil) : blob(numbers.beta, at: batchNorm.beta)
            let merged = behind.map { $0.isWithoutNumbers ? $0.scale.definitions : [] } ?? []
            return (blob(numbers.gamma, at: batchNorm.gamma), beta, merged)
        }
        guard let behind, behind.gamma.count == numbers.channels else { return nil }
        var gamma = blob(behind.gamma, at: nil)
        gamma.origin = .scale(0)
        var beta = blob(behind.beta ?? zeros, at: nil)
        if behind.beta != nil { beta.origin = .scale(1) }
        let isDouble = [behind.scale.scale.gamma, behind.scale.scale.beta].contains { parameter in
            parameter.map { behind.scale.net.network[$0].elementType == .float64 } ?? false
        }
        if isDouble { (gamma.elementType, beta.elementType) = (.float64, .float64) }
        return (gamma, beta, behind.scale.definitions)
    }

    private func statistics(mean: [Double], variance: [Double], factor: Double) -> [DialectLayer.Blob] {
        let spread: ParameterID? =
            switch batchNorm.spread {
            case .variance(let parameter), .inverseDeviation(let parameter): parameter
            case .applied: nil
            }
        var blobs = [
            blob(mean, at: batchNorm.mean), blob(variance, at: spread), blob([factor], at: batchNorm.factor),
        ]
        // NVCaffe's number that is never read has the place of the factor.
        if isOfNVCaffe { blobs[2].origin = .normalization(2) }
        for index in blobs.indices { blobs[index].isStatistic = true }
        return blobs
    }

    private func blob(_ values: [Double]?, at parameter: ParameterID?) -> DialectLayer.Blob {
        DialectLayer.Blob(
            shape: [values?.count ?? 0], values: values ?? [], elementType: numbers.elementType,
            origin: parameter.flatMap { batchNorm.stored.firstIndex(of: $0) }.map { .normalization($0) })
    }

    /// Mean and beta may cancel each other.
    private func magnitudes(_ affine: ChannelFactors) -> [Double] {
        let divisor = numbers.factor.map { $0 == 0 ? 1 : $0 } ?? 1
        return affine.factors.indices.map { channel in
            let mean = (numbers.mean?[channel] ?? 0) / divisor
            return abs(affine.factors[channel] * mean) + abs(affine.terms[channel])
                + abs(
                    (behind?.gamma.isEmpty == false ? behind?.gamma[channel] ?? 0 : 0) * (numbers.beta?[channel] ?? 0))
        }
    }

    private func scaleAlone(
        _ gamma: DialectLayer.Blob, _ beta: DialectLayer.Blob?, _ affine: ChannelFactors
    ) -> DialectLayer { layer(.scale, [gamma] + [beta].compactMap(\.self), affine: affine) }

    private func layer(
        _ form: DialectLayer.Form, _ blobs: [DialectLayer.Blob], scale: DialectLayer.Scale? = nil,
        merged: [LayerDefinition] = [], affine: ChannelFactors
    ) -> DialectLayer {
        DialectLayer(
            name: group[0].name, definitions: group, form: form, blobs: blobs, scale: scale, merged: merged,
            isOfNVCaffe: isOfNVCaffe, before: "\(group[0].type) of \(batchNorm.stored.count) blobs", affine: affine,
            magnitudes: magnitudes(affine))
    }
}
