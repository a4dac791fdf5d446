import Frontend
import Verification

extension VerifyReport {
    init(
        _ verification: Verification, original: FoldReport.Files, folded: FoldReport.Files, precision: String,
        samples: Samples, vocabulary: Vocabulary
    ) {
        self.vocabulary = vocabulary
        self.original = original
        self.folded = folded
        self.precision = precision
        self.samples = samples
        tolerance = verification.tolerance
        layersRun = verification.layersRun
        layerCount = verification.layerCount
        isWithin = verification.isWithin
        if !verification.isWithin {
            let value = verification.firstValueBeyond
            let site = verification.firstSiteBeyond
            first = First(
                value: value?.name, layer: value?.layer, changed: site?.changed ?? [], removed: site?.removed ?? [])
        }
        folds = verification.sites.map(Fold.init)
        values = verification.values.map { ComparedValue($0, tolerance: verification.tolerance) }
        missingOutputs = verification.missingOutputs
        obstacles = verification.obstacles
    }
}

extension VerifyReport.Fold {
    fileprivate init(_ site: Verification.Site) {
        changed = site.changed
        removed = site.removed
        values = site.values
        switch site.coverage {
        case .network: coverage = "network"
        case .site: coverage = "site"
        case .none(let reason):
            coverage = "none"
            obstacle = reason
        }
        isBeyond = site.isBeyond
        error = finite(site.difference.error)
        channel = site.difference.channel
        magnitude = finite(site.difference.magnitude) ?? 0
        bound = site.difference.bound.flatMap(finite)
        ratio = finite(site.difference.ratio)
        largest = site.difference.largest.map(Channel.init)
        shapes = site.difference.shapes
    }
}

extension VerifyReport.Fold.Channel {
    fileprivate init(_ found: SiteDifference.Channel) {
        channel = found.channel
        error = finite(found.error)
        magnitude = finite(found.magnitude) ?? 0
        bound = found.bound.flatMap(finite)
        ratio = finite(found.ratio)
    }
}

extension VerifyReport.ComparedValue {
    fileprivate init(_ compared: Verification.ComparedValue, tolerance: Double) {
        name = compared.name
        layer = compared.layer
        type = compared.type
        isOutput = compared.isOutput
        beforeOutput = compared.beforeOutput
        isBeyond = compared.isBeyond(tolerance)
        isDecision = compared.isDecision
        elements = compared.difference.elementCount
        nonFinite = compared.difference.nonFiniteCount
        let alike = compared.difference.nonFiniteAlikeCount
        nonFiniteInBoth = alike > 0 ? alike : nil
        largestAbsolute = compared.difference.largestAbsolute
        largestRelative = finite(compared.difference.relative)
        rootMeanSquare = compared.difference.rootMeanSquare
        cosine = compared.difference.cosine
        (worstSample, worstIndex) = compared.worstPlace
        shapes = compared.shapes
        obstacle = compared.obstacle
    }
}

/// JSON has no infinity.
private func finite(_ number: Double) -> Double? { number.isFinite ? number : nil }
