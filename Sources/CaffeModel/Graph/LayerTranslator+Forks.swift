import Frontend
import NetGraph

/// Layers of forks that real nets use: SSD, SegNet, DeepLab, ShuffleNet, SENet, Fast R-CNN, YOLO.
extension LayerTranslator {
    /// `nil` for a type that is not known.
    func candidateOfFork() throws(ModelError) -> LayerCandidate? {
        switch layer.type {
        case "ShuffleChannel":
            let groups = try parameters("shuffle_channel_param").integer("group", atLeast: 1) ?? 1
            return LayerCandidate(message: "shuffle_channel_param", fields: ["group"]) { _ in
                .shuffleChannel(groups: groups)
            }
        case "Axpy":
            return LayerCandidate(bottoms: 3...3) { _ in .axpy }
        case "Reorg":
            let fields = try parameters("reorg_param")
            let stride = try fields.integer("stride", atLeast: 1)
            let isReversed = try fields.bool("reverse") ?? false
            return LayerCandidate(
                message: "reorg_param", fields: ["stride", "reverse"],
                objection: stride == nil ? "it has no 'stride'" : nil
            ) { _ in .reorg(Reorg(stride: stride ?? 1, isReversed: isReversed)) }
        case "Normalize": return try normalize()
        case "Upsample": return try upsample()
        case "Interp": return try interpolation()
        case "ROIPooling": return try regionPooling()
        case "PriorBox": return try priorBox()
        case "DetectionOutput": return try detectionOutput()
        default: return nil
        }
    }

    private func normalize() throws(ModelError) -> LayerCandidate {
        let fields = try parameters("norm_param")
        let isShared = try fields.bool("channel_shared") ?? true
        let isAcross = try fields.bool("across_spatial") ?? true
        let epsilon = Double(try fields.float("eps") ?? 1e-10)
        let channels = input.flatMap { $0.length(ofAxis: 1) }
        return LayerCandidate(
            message: "norm_param", fields: ["across_spatial", "channel_shared", "scale_filler", "eps"],
            blobs: [
                ExpectedBlob(
                    role: "scale", shape: isShared ? nil : [channels],
                    filler: try Filler(fields, "scale_filler", missing: 1))
            ],
            // Other forks have other layers of this name, without this message.
            objection: layer.reader.has("norm_param") ? nil : "it has no 'norm_param'"
        ) { blobs in .normalize(Normalize(scale: blobs[0], isAcrossSpatial: isAcross, epsilon: epsilon)) }
    }

    /// With a mask SegNet's layer, without one that of the YOLO forks.
    private func upsample() throws(ModelError) -> LayerCandidate {
        let fields = try parameters("upsample_param")
        let hasMask = layer.bottoms.count == 2
        let both = try fields.integer("scale", atLeast: 1) ?? (hasMask ? 2 : nil)
        let scaleHeight = hasMask ? try fields.integer("scale_h", atLeast: 1) ?? both : both
        let scaleWidth = hasMask ? try fields.integer("scale_w", atLeast: 1) ?? both : both
        let height = try fields.integer("upsample_h", atLeast: 1)
        let width = try fields.integer("upsample_w", atLeast: 1)
        let lessHeight = try fields.bool("pad_out_h") ?? false
        let lessWidth = try fields.bool("pad_out_w") ?? false
        var size: Upsample.Size?
        if let height, let width {
            size = .lengths(height: height, width: width)
        } else if let scaleHeight, let scaleWidth {
            size = .factors(
                height: scaleHeight, width: scaleWidth, lessHeight: lessHeight ? 1 : 0, lessWidth: lessWidth ? 1 : 0)
        }
        let masked: Set<String> = ["scale_h", "scale_w", "pad_out_h", "pad_out_w", "upsample_h", "upsample_w"]
        return LayerCandidate(
            message: "upsample_param", fields: hasMask ? masked.union(["scale"]) : ["scale"], bottoms: 1...2,
            objection: size == nil ? "its size is not told" : nil
        ) { _ in
            .upsample(Upsample(size: size ?? .lengths(height: 1, width: 1), hasMask: hasMask))
        }
    }

    private func interpolation() throws(ModelError) -> LayerCandidate {
        let fields = try parameters("interp_param")
        let shrink = try fields.integer("shrink_factor", atLeast: 1)
        let zoom = try fields.integer("zoom_factor", atLeast: 1)
        let height = try fields.integer("height", atLeast: 1)
        let width = try fields.integer("width", atLeast: 1)
        let before = try fields.integer("pad_beg") ?? 0
        let after = try fields.integer("pad_end") ?? 0
        var size: Interpolation.Size?
        if layer.bottoms.count == 2 {
            size = .secondInput
        } else if (shrink == nil) != (zoom == nil) {
            size = .factors(shrink: shrink ?? 1, zoom: zoom ?? 1)
        } else if let height, let width {
            size = .lengths(height: height, width: width)
        } else if let shrink, let zoom {
            size = .factors(shrink: shrink, zoom: zoom)
        }
        let objection: String? =
            size == nil ? "its size is not told" : before > 0 || after > 0 ? "it pads instead of cropping" : nil
        return LayerCandidate(
            message: "interp_param",
            fields: ["height", "width", "zoom_factor", "shrink_factor", "pad_beg", "pad_end"], bottoms: 1...2,
            objection: objection
        ) { _ in
            .interpolation(
                Interpolation(
                    size: size ?? .factors(shrink: 1, zoom: 1), cropBefore: max(-before, 0), cropAfter: max(-after, 0)))
        }
    }

    private func regionPooling() throws(ModelError) -> LayerCandidate {
        let fields = try parameters("roi_pooling_param")
        let height = try fields.integer("pooled_h", atLeast: 1)
        let width = try fields.integer("pooled_w", atLeast: 1)
        let scale = Double(try fields.float("spatial_scale") ?? 1)
        return LayerCandidate(
            message: "roi_pooling_param", fields: ["pooled_h", "pooled_w", "spatial_scale"], bottoms: 2...2,
            objection: height == nil || width == nil ? "it has no 'pooled_h' or no 'pooled_w'" : nil
        ) { _ in .regionPooling(RegionPooling(height: height ?? 1, width: width ?? 1, spatialScale: scale)) }
    }
}
