import Verification

extension VerifyReport {
    init(
        _ verification: Verification, original: FoldReport.Files, folded: FoldReport.Files, precision: String,
        samples: Samples
    ) {
        self.original = original
        self.folded = folded
        self.precision = precision
        self.samples = samples
        tolerance = verification.tolerance
        layersRun = verification.layersRun
        layerCount = verification.layerCount
        isWithin = verification.isWithin
        if !verification.isWithin {
            let blob = verification.firstBlobBeyond
            let site = verification.firstSiteBeyond
            first = First(
                blob: blob?.name, layer: blob?.layer, changed: site?.changed ?? [], removed: site?.removed ?? [])
        }
        folds = verification.sites.map(Fold.init)
        blobs = verification.blobs.map { Blob($0, tolerance: verification.tolerance) }
        missingOutputs = verification.missingOutputs
        obstacles = verification.obstacles
    }
}

extension VerifyReport.Fold {
    fileprivate init(_ site: Verification.Site) {
        changed = site.changed
        removed = site.removed
        blobs = site.blobs
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

extension VerifyReport.Blob {
    fileprivate init(_ blob: Verification.Blob, tolerance: Double) {
        name = blob.name
        layer = blob.layer
        type = blob.type
        isOutput = blob.isOutput
        isBeyond = blob.isBeyond(tolerance)
        isDecision = blob.isDecision
        elements = blob.difference.elementCount
        nonFinite = blob.difference.nonFiniteCount
        largestAbsolute = blob.difference.largestAbsolute
        largestRelative = finite(blob.difference.relative)
        rootMeanSquare = blob.difference.rootMeanSquare
        cosine = blob.difference.cosine
        (worstSample, worstIndex) = blob.worstPlace
        shapes = blob.shapes
        obstacle = blob.obstacle
    }
}

/// JSON has no infinity.
private func finite(_ number: Double) -> Double? { number.isFinite ? number : nil }
