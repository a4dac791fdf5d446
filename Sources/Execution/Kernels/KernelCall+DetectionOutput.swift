import NetGraph

extension KernelCall {
    /// Decodes boxes and keeps the best that do not overlap (SSD's `detection_output_layer.cpp` and `bbox_util.cpp`).
    func detectionOutput(_ detection: DetectionOutput) throws(ExecutionError) -> Tensor<Element> {
        let locations = try input(0)
        let confidences = try input(1)
        let priors = try input(2)
        let images = locations.shape.first ?? 0
        let boxes = priors.shape.count > 2 ? priors.shape[2] / 4 : 0
        let classes = detection.classCount
        let locationClasses = detection.sharesLocation ? 1 : classes
        try require(
            classes > 0 && classes < 1 << 20 && priors.count >= boxes * 8 && boxes < 1 << 31
                && locations.count == images * boxes * locationClasses * 4
                && confidences.count == images * boxes * classes,
            "its inputs are not for the same number of boxes")

        var rows: [Element] = []
        for image in 0..<images {
            var kept: [Candidate] = []
            for label in 0..<classes where label != detection.backgroundLabel {
                let locationClass = detection.sharesLocation ? 0 : label
                let candidates = candidates(
                    boxes, label: label, scores: confidences.pointer + image * boxes * classes, detection)
                let decoded = candidates.map { candidate in
                    Box(
                        prior: priors.pointer + candidate.index * 4,
                        variance: priors.pointer + (boxes + candidate.index) * 4,
                        location: locations.pointer
                            + ((image * boxes + candidate.index) * locationClasses + locationClass) * 4,
                        detection)
                }
                kept += Self.suppressed(candidates, decoded, detection)
            }
            if let limit = detection.keptCount, kept.count > limit {
                kept = Array(kept.sortedByScore().prefix(limit))
                // Grouped by label again, each group by score.
                kept = (0..<classes).flatMap { label in kept.filter { $0.label == label } }
            }
            for candidate in kept {
                rows += [Element(image), Element(candidate.label), candidate.score]
                rows += [candidate.box.left, candidate.box.top, candidate.box.right, candidate.box.bottom]
            }
        }
        // Without any box there is a row of -1 for each image.
        if rows.isEmpty { rows = (0..<images).flatMap { [Element($0)] + [Element](repeating: -1, count: 6) } }
        guard let tensor = Tensor(shape: [1, 1, rows.count / 7, 7], elements: rows) else {
            throw layer.error("its output is too large", kind: .tooLarge)
        }
        return tensor
    }

    /// A box that may be kept.
    struct Candidate {
        var index: Int
        var label: Int
        var score: Element
        var box = Box()
    }

    /// A box by its corners.
    struct Box {
        var left: Element = 0
        var top: Element = 0
        var right: Element = 0
        var bottom: Element = 0
    }

    /// The boxes of a class above the threshold, the best first, those of equal score in their order.
    private func candidates(
        _ boxes: Int, label: Int, scores: UnsafeMutablePointer<Element>, _ detection: DetectionOutput
    ) -> [Candidate] {
        let threshold = Element(detection.confidenceThreshold)
        let above = (0..<boxes).compactMap { index in
            let score = scores[index * detection.classCount + label]
            return score > threshold ? Candidate(index: index, label: label, score: score) : nil
        }
        return Array(above.sortedByScore().prefix(detection.candidateCount ?? above.count))
    }

    /// The candidates that do not overlap a better one too much.
    private static func suppressed(
        _ candidates: [Candidate], _ boxes: [Box], _ detection: DetectionOutput
    ) -> [Candidate] {
        var threshold = Element(detection.overlapThreshold)
        var kept: [Candidate] = []
        for (candidate, box) in zip(candidates, boxes) {
            guard kept.allSatisfy({ box.overlap(with: $0.box) <= threshold }) else { continue }
            kept.append(Candidate(index: candidate.index, label: candidate.label, score: candidate.score, box: box))
            if detection.adaptation < 1, threshold > 0.5 { threshold *= Element(detection.adaptation) }
        }
        return kept
    }
}

extension KernelCall.Box {
    init(
        prior: UnsafeMutablePointer<Element>, variance: UnsafeMutablePointer<Element>,
        location: UnsafeMutablePointer<Element>, _ detection: DetectionOutput
    ) {
        func shift(_ index: Int) -> Element {
            detection.isVarianceEncodedInTarget ? location[index] : variance[index] * location[index]
        }
        let width = prior[2] - prior[0]
        let height = prior[3] - prior[1]
        switch detection.code {
        case .corner:
            self.init(
                left: prior[0] + shift(0), top: prior[1] + shift(1), right: prior[2] + shift(2),
                bottom: prior[3] + shift(3))
        case .cornerSize:
            self.init(
                left: prior[0] + shift(0) * width, top: prior[1] + shift(1) * height,
                right: prior[2] + shift(2) * width,
                bottom: prior[3] + shift(3) * height)
        case .centerSize:
            let centerX = shift(0) * width + (prior[0] + prior[2]) / 2
            let centerY = shift(1) * height + (prior[1] + prior[3]) / 2
            let halfWidth = Element.exponential(shift(2)) * width / 2
            let halfHeight = Element.exponential(shift(3)) * height / 2
            self.init(
                left: centerX - halfWidth, top: centerY - halfHeight, right: centerX + halfWidth,
                bottom: centerY + halfHeight)
        }
    }

    private var size: Element { right < left || bottom < top ? 0 : (right - left) * (bottom - top) }

    /// The area of what two boxes share, divided by that of both together.
    func overlap(with other: Self) -> Element {
        let width = min(right, other.right) - max(left, other.left)
        let height = min(bottom, other.bottom) - max(top, other.top)
        guard width > 0, height > 0 else { return 0 }
        return width * height / (size + other.size - width * height)
    }
}

extension Array {
    /// The best score first; equal scores stay in their order.
    fileprivate func sortedByScore<Number>() -> [Element] where Element == KernelCall<Number>.Candidate {
        enumerated().sorted {
            $0.element.score > $1.element.score || $0.element.score == $1.element.score && $0.offset < $1.offset
        }.map(\.element)
    }
}
