import NetGraph

extension KernelCall {
    /// Places of one axis, as they are named.
    func gather(_ gathering: Gathering) throws(ExecutionError) {
        let input = try input(0)
        let output = try output()
        let axis = try self.axis(gathering.axis, of: input)
        let places: [Int]
        do throws(ShapeError) { places = try gathering.places(length: input.shape[axis]) } catch {
            throw layer.error("\(error)")
        }
        let inner = input.count(axis + 1..<input.shape.count)
        let outer = input.count(0..<axis)
        try require(output.count == outer * places.count * inner, "its output has a wrong size")
        for image in 0..<outer {
            for (index, place) in places.enumerated() {
                (output.pointer + (image * places.count + index) * inner).update(
                    from: input.pointer + (image * input.shape[axis] + place) * inner, count: inner)
            }
        }
    }

    /// Every n-th element of ranges along axes.
    func slice(_ slice: StridedSlice) throws(ExecutionError) {
        let input = try input(0)
        let output = try output()
        var strides = Self.strides(of: input.shape)
        var start = 0
        var shape = input.shape
        for range in slice.ranges {
            let axis = try self.axis(range.axis, of: input)
            do throws(ShapeError) {
                let places = try range.places(length: input.shape[axis])
                shape[axis] = places.count
                start += places.start * strides[axis]
                // A single place has no neighbour, however large the step is.
                strides[axis] = places.count > 1 ? strides[axis] * range.step : 0
            } catch {
                throw layer.error("\(error)")
            }
        }
        try require(output.shape == shape, "its output has a wrong size")
        copy(from: input.pointer + start, strides: strides, to: output)
    }

    /// Blocks of pixels from channels, or channels from them.
    func pixelBlocks(_ blocks: PixelBlocks) throws(ExecutionError) {
        let input = try input(0)
        let output = try sameSize(as: input)
        try require(input, rank: 4...4)
        try require(output.shape.count == 4, "its output has no four axes")
        let toPixels = blocks.direction == .channelsToPixels
        // The side with many channels of few pixels, and the other one.
        let (many, few) = toPixels ? (input, output) : (output, input)
        let length = blocks.length
        let (manyCount, fewCount) = (many.shape[1], few.shape[1])
        let (height, width) = (many.shape[2], many.shape[3])
        try require(
            length > 0 && fewCount > 0 && manyCount == fewCount * length * length && few.shape[2] == height * length
                && few.shape[3] == width * length, "its blocks do not fit its input")
        workers.forEach(many.shape[0] * manyCount) { plane, _ in
            let (channel, place) = blocks.fewChannel(of: plane % manyCount, fewCount: fewCount)
            let manyPlane = plane * height * width
            let fewPlane = (plane / manyCount * fewCount + channel) * height * width * length * length
            for y in 0..<height {
                for x in 0..<width {
                    let row = y * length + place / length
                    let (one, other) = (
                        manyPlane + y * width + x, fewPlane + row * width * length + x * length + place % length
                    )
                    if toPixels {
                        output.pointer[other] = input.pointer[one]
                    } else {
                        output.pointer[one] = input.pointer[other]
                    }
                }
            }
        }
    }
}
