import NetGraph

extension KernelCall {
    /// Boxes around each pixel of the first input (SSD's `prior_box_layer.cpp`), then their variances.
    func priorBox(_ priorBox: PriorBox) throws(ExecutionError) {
        let features = try input(0)
        let output = try output()
        try require(features, rank: 4...4)
        let (height, width) = (features.shape[2], features.shape[3])
        var (imageHeight, imageWidth) = (priorBox.imageHeight ?? 0, priorBox.imageWidth ?? 0)
        if imageHeight == 0 || imageWidth == 0 {
            let image = try input(1)
            try require(image, rank: 4...4)
            (imageHeight, imageWidth) = (image.shape[2], image.shape[3])
        }
        let count = height * width * priorBox.boxCount * 4
        try require(
            output.count == 2 * count && imageHeight > 0 && imageWidth > 0
                && (priorBox.maximumSizes.isEmpty || priorBox.maximumSizes.count == priorBox.minimumSizes.count)
                && [1, 4].contains(priorBox.variances.count),
            "its sizes do not fit each other")
        // SSD works these out as Floats, whatever the network runs in.
        var stepHeight = Float(priorBox.stepHeight ?? 0)
        var stepWidth = Float(priorBox.stepWidth ?? 0)
        if stepHeight == 0 || stepWidth == 0 {
            stepHeight = Float(imageHeight) / Float(height)
            stepWidth = Float(imageWidth) / Float(width)
        }
        let sizes = Self.boxSizes(of: priorBox)
        var index = 0
        for y in 0..<height {
            for x in 0..<width {
                let centerX = (Float(x) + Float(priorBox.offset)) * stepWidth
                let centerY = (Float(y) + Float(priorBox.offset)) * stepHeight
                for size in sizes {
                    let corners = [
                        (Double(centerX) - Double(size.width) / 2) / Double(imageWidth),
                        (Double(centerY) - Double(size.height) / 2) / Double(imageHeight),
                        (Double(centerX) + Double(size.width) / 2) / Double(imageWidth),
                        (Double(centerY) + Double(size.height) / 2) / Double(imageHeight),
                    ]
                    for corner in corners {
                        output.pointer[index] = Element(priorBox.clips ? min(max(corner, 0), 1) : corner)
                        index += 1
                    }
                }
            }
        }
        for index in 0..<count {
            output.pointer[count + index] = Element(priorBox.variances[priorBox.variances.count == 1 ? 0 : index % 4])
        }
    }

    /// Width and height of each box at a pixel: the square, the larger square, then the other ratios; for each minimum size.
    private static func boxSizes(of priorBox: PriorBox) -> [(width: Float, height: Float)] {
        priorBox.minimumSizes.indices.flatMap { index in
            let smallest = Double(priorBox.minimumSizes[index])
            var sizes = [(width: Float(smallest), height: Float(smallest))]
            var side = smallest
            if !priorBox.maximumSizes.isEmpty {
                side = (smallest * Double(priorBox.maximumSizes[index])).squareRoot()
                sizes.append((Float(side), Float(side)))
            }
            for ratio in priorBox.aspectRatios where abs(ratio - 1) >= 1e-6 {
                sizes.append((Float(side * ratio.squareRoot()), Float(side / ratio.squareRoot())))
            }
            return sizes
        }
    }

    /// Max pooling of regions into a fixed number of bins (Fast R-CNN's `roi_pooling_layer.cpp`).
    func regionPooling(_ pooling: RegionPooling) throws(ExecutionError) {
        let input = try input(0)
        let regions = try self.input(1)
        let output = try output()
        try require(input, rank: 4...4)
        let count = regions.shape.first ?? 0
        let (channels, height, width) = (input.shape[1], input.shape[2], input.shape[3])
        try require(
            regions.count == count * 5 && output.count == count * channels * pooling.height * pooling.width
                && pooling.height > 0 && pooling.width > 0,
            "its regions need five numbers each")
        var target = output.pointer
        for region in 0..<count {
            let row = regions.pointer + region * 5
            let image = try wholeNumber(row[0], below: input.shape[0], "image")
            let columns = try Self.bins(
                pooling.width, from: row[1], to: row[3], scale: pooling.spatialScale, length: width, layer)
            let rows = try Self.bins(
                pooling.height, from: row[2], to: row[4], scale: pooling.spatialScale, length: height, layer)
            for channel in 0..<channels {
                let plane = input.pointer + (image * channels + channel) * height * width
                for vertical in rows {
                    for horizontal in columns {
                        var best = Element(-Float.greatestFiniteMagnitude)
                        if vertical.isEmpty || horizontal.isEmpty { best = 0 }
                        for y in vertical {
                            for x in horizontal where plane[y * width + x] > best { best = plane[y * width + x] }
                        }
                        target[0] = best
                        target += 1
                    }
                }
            }
        }
    }

    /// The elements of each bin along one axis of a region.
    private static func bins(
        _ count: Int, from start: Element, to end: Element, scale: Double, length: Int, _ layer: Layer
    ) throws(ExecutionError) -> [Range<Int>] {
        let first = (start * Element(scale)).rounded()
        let last = (end * Element(scale)).rounded()
        guard abs(first) < 1e9, abs(last) < 1e9 else {
            throw layer.error("a region reaches from \(start) to \(end)", kind: .invalidInput)
        }
        let offset = Int(first)
        let extent = max(Int(last) - offset + 1, 1)
        let size = Element(extent) / Element(count)
        return (0..<count).map { bin in
            let lower = min(max(Int((Element(bin) * size).rounded(.down)) + offset, 0), length)
            let upper = min(max(Int((Element(bin + 1) * size).rounded(.up)) + offset, 0), length)
            return lower..<max(upper, lower)
        }
    }
}
