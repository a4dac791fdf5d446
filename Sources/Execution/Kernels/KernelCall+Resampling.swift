import NetGraph

extension KernelCall {
    /// Repeats each element, or puts it where the mask says (`upsample_layer.cpp` of SegNet and of the YOLO forks).
    func upsample(_ upsample: Upsample) throws(ExecutionError) {
        let input = try input(0)
        let output = try output()
        try require(input, rank: 4...4)
        try require(output.shape.count == 4, "its output has no four axes")
        let planes = input.shape[0] * input.shape[1]
        let (height, width) = (input.shape[2], input.shape[3])
        let (outputHeight, outputWidth) = (output.shape[2], output.shape[3])
        let area = outputHeight * outputWidth
        try require(output.count == planes * area, "its output has a wrong size")
        if upsample.hasMask {
            let mask = try self.input(1)
            try require(mask.shape == input.shape, "its mask has another shape than its input")
            output.pointer.update(repeating: 0, count: output.count)
            for index in 0..<input.count {
                // Caffe cuts to a whole number.
                guard let place = Int(exactly: mask.pointer[index].rounded(.towardZero)), (0..<area).contains(place)
                else {
                    throw layer.error(
                        "its mask names element \(mask.pointer[index]) of a plane of \(outputHeight)x\(outputWidth); do the sizes fit those of the pooling that made it?"
                    )
                }
                output.pointer[index / (height * width) * area + place] = input.pointer[index]
            }
            return
        }
        guard output.count > 0 else { return }
        try require(
            height > 0 && width > 0 && outputHeight % height == 0 && outputWidth % width == 0,
            "its output is no multiple of its input")
        let (down, across) = (outputHeight / height, outputWidth / width)
        workers.forEachRange(of: planes * outputHeight, length: max(1, Workers.elementsPerPiece / outputWidth)) {
            rows in
            for row in rows {
                let (plane, y) = (row / outputHeight, row % outputHeight)
                let source = input.pointer + (plane * height + y / down) * width
                let target = output.pointer + row * outputWidth
                for x in 0..<outputWidth { target[x] = source[x / across] }
            }
        }
    }

    /// Bilinear, corner on corner (DeepLab's `interp.cpp`).
    func interpolation(_ interpolation: Interpolation) throws(ExecutionError) {
        let input = try input(0)
        let output = try output()
        try require(input, rank: 4...4)
        try require(output.shape.count == 4, "its output has no four axes")
        let planes = input.shape[0] * input.shape[1]
        let crop = interpolation.cropBefore + interpolation.cropAfter
        let (height, width) = (input.shape[2] - crop, input.shape[3] - crop)
        let (outputHeight, outputWidth) = (output.shape[2], output.shape[3])
        try require(
            height > 0 && width > 0 && interpolation.cropBefore >= 0 && interpolation.cropAfter >= 0
                && output.count == planes * outputHeight * outputWidth,
            "nothing is left of its input of shape \(TensorShape.describe(input.shape))")
        let rows = Self.samples(outputHeight, of: height)
        let columns = Self.samples(outputWidth, of: width)
        let start = interpolation.cropBefore * (input.shape[3] + 1)
        workers.forEach(planes) { plane, _ in
            let source = input.pointer + plane * input.shape[2] * input.shape[3] + start
            var target = output.pointer + plane * outputHeight * outputWidth
            for row in rows {
                let upper = source + row.lower * input.shape[3]
                let lower = source + row.upper * input.shape[3]
                for column in columns {
                    target[0] =
                        (1 - row.weight)
                        * ((1 - column.weight) * upper[column.lower] + column.weight * upper[column.upper])
                        + row.weight * ((1 - column.weight) * lower[column.lower] + column.weight * lower[column.upper])
                    target += 1
                }
            }
        }
    }

    /// For each of `count` outputs the inputs on both sides and the weight of the second.
    private static func samples(_ count: Int, of length: Int) -> [(lower: Int, upper: Int, weight: Element)] {
        let step: Element = count > 1 ? Element(length - 1) / Element(count - 1) : 0
        return (0..<count).map { index in
            let place = step * Element(index)
            let lower = min(Int(place), length - 1)
            return (lower, min(lower + 1, length - 1), place - Element(lower))
        }
    }

    /// darknet's `reorg_cpu`: indices run over the shape of the input, whichever way elements move.
    func reorg(_ reorg: Reorg) throws(ExecutionError) {
        let input = try input(0)
        let output = try sameSize(as: input)
        try require(input, rank: 4...4)
        let (channels, height, width) = (input.shape[1], input.shape[2], input.shape[3])
        let stride = reorg.stride
        try require(stride > 0 && channels % (stride * stride) == 0, "its stride does not divide its channels")
        let few = channels / (stride * stride)
        for image in 0..<input.shape[0] {
            let source = input.pointer + image * channels * height * width
            let target = output.pointer + image * channels * height * width
            for channel in 0..<channels {
                let offset = channel / few
                for y in 0..<height {
                    for x in 0..<width {
                        let near = x + width * (y + height * channel)
                        let far =
                            x * stride + offset % stride
                            + width * stride * (y * stride + offset / stride + height * stride * (channel % few))
                        if reorg.isReversed { target[far] = source[near] } else { target[near] = source[far] }
                    }
                }
            }
        }
    }
}
