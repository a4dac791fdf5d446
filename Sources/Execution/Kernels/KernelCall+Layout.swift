import NetGraph

// Kernels that move elements and compute nothing.
extension KernelCall {
    /// Joins inputs along an axis.
    func concat(axis: Int) throws(ExecutionError) {
        let first = try input(0)
        let output = try output()
        let axis = try self.axis(axis, of: first)
        let outer = first.count(0..<axis)
        let pieces = inputs.map { $0.shape.count > axis ? $0.count(axis..<$0.shape.count) : 0 }
        let total = pieces.reduce(0, +)
        try require(
            output.count == outer * total
                && inputs.allSatisfy { $0.shape.count == first.shape.count && $0.count(0..<axis) == outer },
            "its inputs do not fit each other")
        var offset = 0
        for (input, piece) in zip(inputs, pieces) {
            for index in 0..<outer {
                (output.pointer + index * total + offset).update(from: input.pointer + index * piece, count: piece)
            }
            offset += piece
        }
    }

    /// Cuts the input along an axis into the lengths of the outputs.
    func slice(axis: Int) throws(ExecutionError) {
        let input = try input(0)
        let axis = try self.axis(axis, of: input)
        let outer = input.count(0..<axis)
        let total = input.count(axis..<input.shape.count)
        let pieces = outputs.map { $0.shape.count == input.shape.count ? $0.count(axis..<$0.shape.count) : 0 }
        try require(
            pieces.reduce(0, +) == total && zip(outputs, pieces).allSatisfy { $0.count == outer * $1 },
            "its outputs do not make up its input")
        var offset = 0
        for (output, piece) in zip(outputs, pieces) {
            for index in 0..<outer {
                (output.pointer + index * piece).update(from: input.pointer + index * total + offset, count: piece)
            }
            offset += piece
        }
    }

    /// Cuts a window of the output's size (Caffe's `crop_layer.cpp`): one offset for all axes from `axis` on, or one for each, or none for 0.
    func crop(axis: Int, offsets: [Int]) throws(ExecutionError) {
        let input = try input(0)
        let output = try output()
        let axis = try self.axis(axis, of: input)
        let cropped = input.shape.count - axis
        try require(
            output.shape.count == input.shape.count && (offsets.count <= 1 || offsets.count == cropped),
            "it has \(offsets.count) offsets for \(cropped) axes")
        var starts = [Int](repeating: 0, count: input.shape.count)
        for index in 0..<cropped where !offsets.isEmpty {
            starts[axis + index] = offsets.count == 1 ? offsets[0] : offsets[index]
        }
        for index in input.shape.indices {
            let (end, overflows) = starts[index].addingReportingOverflow(output.shape[index])
            try require(
                starts[index] >= 0 && !overflows && end <= input.shape[index],
                "its window of shape \(TensorShape.describe(output.shape)) does not lie inside its input of shape \(TensorShape.describe(input.shape))"
            )
        }
        let strides = Self.strides(of: input.shape)
        let start = zip(starts, strides).reduce(0) { $0 + $1.0 * $1.1 }
        copy(from: input.pointer + start, strides: strides, to: output)
    }

    /// Axes in another order; those that are not named follow in their own.
    func permute(order: [Int]) throws(ExecutionError) {
        let input = try input(0)
        let output = try sameSize(as: input)
        let axes = Array((order + input.shape.indices.filter { !order.contains($0) }).prefix(input.shape.count))
        try require(
            Set(axes) == Set(input.shape.indices), "its order \(order) names an axis twice or one that its input lacks")
        let strides = Self.strides(of: input.shape)
        copy(from: input.pointer, strides: axes.map { strides[$0] }, to: output)
    }

    /// The elements one after another in an order, in another shape.
    func regroup(_ order: ElementOrder) throws(ExecutionError) {
        let input = try input(0)
        let output = try sameSize(as: input)
        for place in 0..<output.count {
            output.pointer[order.networkPlace(of: place, shape: output.shape)] =
                input.pointer[order.networkPlace(of: place, shape: input.shape)]
        }
    }

    /// Channels of a table with `groups` rows, column by column (`shuffle_channel_layer.cpp` of ShuffleNet).
    func shuffleChannel(groups: Int) throws(ExecutionError) {
        let input = try input(0)
        let output = try sameSize(as: input)
        try require(input, rank: 2...Int.max)
        let channels = input.shape[1]
        try require(groups > 0 && channels % groups == 0, "its \(groups) groups do not divide \(channels) channels")
        let inner = input.count(2..<input.shape.count)
        let columns = channels / groups
        for image in 0..<input.shape[0] {
            for channel in 0..<channels {
                let place = channel % columns * groups + channel / columns
                (output.pointer + (image * channels + place) * inner).update(
                    from: input.pointer + (image * channels + channel) * inner, count: inner)
            }
        }
    }

    /// Element (c, y, x) goes to channel c / factor^2, its place among the factor * factor channels being row and column in a block of pixels.
    func pixelShuffle(factor: Int) throws(ExecutionError) {
        let input = try input(0)
        let output = try sameSize(as: input)
        try require(input, rank: 4...4)
        let (channels, height, width) = (input.shape[1], input.shape[2], input.shape[3])
        try require(
            factor > 0 && channels % (factor * factor) == 0, "its \(channels) channels do not divide by its factor")
        let area = factor * factor
        for plane in 0..<input.shape[0] * channels {
            let block = plane % channels % area
            let target = output.pointer + (plane / area) * area * height * width
            for y in 0..<height {
                let source = input.pointer + (plane * height + y) * width
                let row = target + (y * factor + block / factor) * width * factor + block % factor
                for x in 0..<width { row[x * factor] = source[x] }
            }
        }
    }

    /// Repeats everything from an axis on (Caffe's `tile_layer.cpp`).
    func tile(axis: Int, count: Int) throws(ExecutionError) {
        let input = try input(0)
        let output = try output()
        let axis = try self.axis(axis, of: input)
        let inner = input.count(axis..<input.shape.count)
        try require(count >= 0 && output.count == input.count * count, "its output has a wrong size")
        for outer in 0..<input.count(0..<axis) {
            for copy in 0..<count {
                (output.pointer + (outer * count + copy) * inner).update(
                    from: input.pointer + outer * inner, count: inner)
            }
        }
    }

    /// Each output is the same number throughout.
    func fill(_ fill: Fill) throws(ExecutionError) {
        try require(
            fill.values.count == outputs.count, "it has \(fill.values.count) numbers for \(outputs.count) outputs")
        for (output, value) in zip(outputs, fill.values) {
            output.pointer.update(repeating: Element(value), count: output.count)
        }
    }

    /// Hands out a parameter.
    func copyParameter(_ id: ParameterID) throws(ExecutionError) {
        let output = try output()
        output.pointer.update(from: try parameter(id, count: output.count), count: output.count)
    }

    // MARK: Strides

    /// The distance between neighbours along each axis.
    static func strides(of shape: [Int]) -> [Int] {
        var strides = [Int](repeating: 1, count: shape.count)
        for axis in shape.indices.dropLast().reversed() { strides[axis] = strides[axis + 1] * shape[axis + 1] }
        return strides
    }

    /// Fills the output with elements at the given distances.
    func copy(from source: UnsafeMutablePointer<Element>, strides: [Int], to output: Block<Element>) {
        guard output.count > 0 else { return }
        guard let width = output.shape.last, let step = strides.last else {
            output.pointer[0] = source[0]
            return
        }
        let rowAxes = output.shape.count - 1
        workers.forEachRange(of: output.count / width, length: max(1, Workers.elementsPerPiece / width)) { rows in
            for row in rows {
                var rest = row
                var start = 0
                for axis in (0..<rowAxes).reversed() {
                    start += rest % output.shape[axis] * strides[axis]
                    rest /= output.shape[axis]
                }
                let target = output.pointer + row * width
                for index in 0..<width { target[index] = source[start + index * step] }
            }
        }
    }
}
