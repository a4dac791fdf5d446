import Frontend
import NetGraph

/// The layers of SSD that need fields only (`prior_box_layer.cpp`, `detection_output_layer.cpp` of the ssd branch).
extension LayerTranslator {
    func priorBox() throws(ModelError) -> LayerCandidate {
        let fields = try parameters("prior_box_param")
        let minimumSizes = try fields.floats("min_size")
        let maximumSizes = try fields.floats("max_size")
        var operation = PriorBox(
            minimumSizes: Self.wholePixels(minimumSizes), maximumSizes: Self.wholePixels(maximumSizes),
            aspectRatios: try aspectRatios(fields), clips: try fields.bool("clip") ?? false,
            offset: Double(try fields.float("offset") ?? 0.5))
        let variances = try fields.floats("variance").map(Double.init)
        if !variances.isEmpty { operation.variances = variances }
        let imageSize = try fields.integer("img_size", atLeast: 1)
        operation.imageHeight = try fields.integer("img_h", atLeast: 1) ?? imageSize
        operation.imageWidth = try fields.integer("img_w", atLeast: 1) ?? imageSize
        let step = try fields.float("step")
        operation.stepHeight = (try fields.float("step_h") ?? step).map(Double.init)
        operation.stepWidth = (try fields.float("step_w") ?? step).map(Double.init)

        var objection: String?
        if minimumSizes.isEmpty || !(minimumSizes + maximumSizes).allSatisfy({ $0 > 0 && $0 < Self.largestBox }) {
            objection = "its box sizes are missing or out of range"
        } else if !maximumSizes.isEmpty, maximumSizes.count != minimumSizes.count {
            objection = "it has \(minimumSizes.count) 'min_size' but \(maximumSizes.count) 'max_size'"
        } else if ![1, 4].contains(operation.variances.count) {
            objection = "it has \(operation.variances.count) variances"
        } else if (operation.imageHeight == nil) != (operation.imageWidth == nil)
            || (operation.stepHeight == nil) != (operation.stepWidth == nil)
        {
            objection = "it tells one side of the image or the step, but not the other"
        }
        return LayerCandidate(
            message: "prior_box_param",
            fields: [
                "min_size", "max_size", "aspect_ratio", "flip", "clip", "variance", "img_size", "img_h", "img_w",
                "step", "step_h", "step_w", "offset",
            ],
            bottoms: 2...2, objection: objection
        ) { [operation] _ in .priorBox(operation) }
    }

    func detectionOutput() throws(ModelError) -> LayerCandidate {
        let fields = try parameters("detection_output_param")
        let suppression = try fields.submessage("nms_param")
        let classes = try fields.integer("num_classes", atLeast: 1)
        let code = try fields.choice(
            "code_type",
            [("CORNER", DetectionOutput.Code.corner), ("CENTER_SIZE", .centerSize), ("CORNER_SIZE", .cornerSize)],
            firstNumber: 1)
        func limit(_ count: Int?) -> Int? { count.flatMap { $0 < 0 ? nil : $0 } }
        let operation = DetectionOutput(
            classCount: classes ?? 1, sharesLocation: try fields.bool("share_location") ?? true,
            backgroundLabel: try fields.integer("background_label_id") ?? 0, code: code ?? .corner,
            isVarianceEncodedInTarget: try fields.bool("variance_encoded_in_target") ?? false,
            keptCount: limit(try fields.integer("keep_top_k")),
            confidenceThreshold: Double(try fields.float("confidence_threshold") ?? -Float.greatestFiniteMagnitude),
            overlapThreshold: Double(try suppression.float("nms_threshold") ?? 0.3),
            adaptation: Double(try suppression.float("eta") ?? 1),
            candidateCount: limit(try suppression.integer("top_k")))
        var objection: String?
        if classes == nil {
            objection = "it has no 'num_classes'"
        } else if code == nil {
            objection = "its 'code_type' is not known"
        } else if let unknown = suppression.fieldNames.first(where: { !["nms_threshold", "top_k", "eta"].contains($0) })
        {
            objection = "its field '\(unknown)' is not known"
        }
        return LayerCandidate(
            message: "detection_output_param",
            fields: [
                "num_classes", "share_location", "background_label_id", "nms_param", "save_output_param", "code_type",
                "variance_encoded_in_target", "keep_top_k", "confidence_threshold", "visualize", "visualize_threshold",
                "save_file",
            ],
            // A fourth bottom is the image that boxes are drawn into.
            bottoms: 3...4, objection: objection
        ) { _ in .detectionOutput(operation) }
    }

    /// Ratios that differ by less than a millionth are one.
    private func aspectRatios(_ fields: FieldReader) throws(ModelError) -> [Double] {
        let flips = try fields.bool("flip") ?? true
        var ratios: [Float] = [1]
        for ratio in try fields.floats("aspect_ratio") where !ratios.contains(where: { abs($0 - ratio) < 1e-6 }) {
            ratios.append(ratio)
            if flips { ratios.append(Float(1 / Double(ratio))) }
        }
        return ratios.map(Double.init)
    }

    private static func wholePixels(_ sizes: [Float]) -> [Int] {
        sizes.map { $0 > 0 && $0 < largestBox ? Int($0) : 0 }
    }

    /// Larger than any image, and small enough for whole numbers.
    private static let largestBox: Float = 0x1p24
}
