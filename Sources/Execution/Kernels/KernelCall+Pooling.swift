import NetGraph

extension KernelCall {
    /// Pooling over any number of spatial axes, with the borders of Caffe's `pooling_layer.cpp`.
    ///
    /// A window is clipped to the input and its padding, [-padBefore, length + padAfter): the average divides by what that leaves, padding included
    /// where it counts. Then it is clipped to the input: only real elements are taken. What lies beyond the input altogether gives the lowest Float as
    /// a maximum and NaN as an average.
    func pooling(_ pooling: Pooling) throws(ExecutionError) {
        let input = try input(0)
        let output = try output()
        try require(input, rank: 3...Int.max)
        let planes = input.shape[0] * input.shape[1]
        let lengths = Array(input.shape[2...])
        let spatial = lengths.count
        let kernel = pooling.kernel ?? lengths
        let isGlobal = pooling.kernel == nil
        let zeros = [Int](repeating: 0, count: spatial)
        let ones = [Int](repeating: 1, count: spatial)
        let stride = isGlobal ? ones : pooling.stride
        let dilation = isGlobal ? ones : pooling.dilation
        let pad = isGlobal ? (before: zeros, after: zeros) : pooling.padding(of: lengths)
        try require(
            output.shape.count == input.shape.count && output.shape[..<2] == input.shape[..<2]
                && [kernel, stride, dilation, pad.before, pad.after].allSatisfy {
                    $0.count == spatial && $0.allSatisfy { (0...Int(Int32.max)).contains($0) }
                },
            "its kernel does not fit its input of shape \(TensorShape.describe(input.shape))")
        let windows = (0..<spatial).map { axis in
            PoolingWindow(
                length: lengths[axis], count: output.shape[2 + axis], kernel: kernel[axis], stride: stride[axis],
                dilation: dilation[axis], padBefore: pad.before[axis], padAfter: pad.after[axis],
                countsPadding: pooling.countsPadding)
        }
        let mask = outputs.count > 1 ? outputs[1] : nil
        try require(mask.map { $0.count == output.count } ?? true, "its mask has another size than its output")
        var isNorm = false
        if case .norm(let p) = pooling.method {
            isNorm = true
            try require(p > 0, "there is no norm of order \(p)")
        }
        if spatial > 3 || isNorm || dilation.contains(where: { $0 > 1 }) {
            poolAlongEachAxis(
                pooling.method, windows, planes: planes, from: input.pointer, into: output.pointer, mask: mask?.pointer)
        } else {
            pool(
                pooling.method, windows, planes: planes, from: input.pointer, into: output.pointer, mask: mask?.pointer)
        }
    }

    /// Pools planes that follow each other in memory.
    ///
    /// - Parameters:
    ///   - method: no norm.
    ///   - windows: one for each spatial axis, three at most.
    ///   - mask: receives the place of each maximum in its plane.
    func pool(
        _ method: Pooling.Method, _ windows: [PoolingWindow], planes: Int, from input: UnsafeMutablePointer<Element>,
        into output: UnsafeMutablePointer<Element>, mask: UnsafeMutablePointer<Element>?
    ) {
        // Axes of length 1 in front change nothing.
        let none = PoolingWindow(length: 1, count: 1, kernel: 1, stride: 1)
        let axes = [PoolingWindow](repeating: none, count: 3 - windows.count) + windows
        let (depths, heights, widths) = (axes[0].bounds, axes[1].bounds, axes[2].bounds)
        let (inputHeight, inputWidth) = (axes[1].length, axes[2].length)
        let inputCount = axes[0].length * inputHeight * inputWidth
        let outputCount = depths.count * heights.count * widths.count
        let taps = method == .max && mask == nil ? axes[2].outputsUnderTaps : nil
        workers.forEachRange(of: planes, length: max(1, Workers.elementsPerPiece / max(inputCount, 1))) { range in
            for plane in range {
                let source = input + plane * inputCount
                var position = plane * outputCount
                for depth in depths {
                    for height in heights {
                        if let taps {
                            Self.largest(
                                in: (depth.real, height.real), of: source, (inputHeight, inputWidth), axes[2], taps,
                                into: output + position)
                            position += widths.count
                            continue
                        }
                        for width in widths {
                            let window = (depth.real, height.real, width.real)
                            let size = (inputHeight, inputWidth)
                            switch method {
                            case .max:
                                let (best, place) = Self.largest(in: window, of: source, size)
                                output[position] = best
                                mask?[position] = Element(place)
                            case .average:
                                let (sum, _) = Self.sums(in: window, of: source, size)
                                output[position] = sum / Element(depth.extent * height.extent * width.extent)
                            case .stochastic, .norm:
                                let (sum, squares) = Self.sums(in: window, of: source, size)
                                output[position] = sum > 0 ? squares / sum : 0
                            }
                            position += 1
                        }
                    }
                }
            }
        }
    }

    /// The ranges of elements along depth, height and width.
    private typealias Window = (depth: Range<Int>, height: Range<Int>, width: Range<Int>)

    /// The largest element of a window and its place in the plane; the lowest Float and -1 when nothing is larger.
    @inline(__always)
    private static func largest(
        in window: Window, of plane: UnsafeMutablePointer<Element>, _ size: (height: Int, width: Int)
    ) -> (best: Element, place: Int) {
        var best = Element(-Float.greatestFiniteMagnitude)
        var place = -1
        for z in window.depth {
            for y in window.height {
                let row = (z * size.height + y) * size.width
                for index in row + window.width.lowerBound..<row + window.width.upperBound where plane[index] > best {
                    best = plane[index]
                    place = index
                }
            }
        }
        return (best, place)
    }

    /// The largest elements of a row of windows, as above. Tap by tap, so that neighbouring windows are computed side by side; each takes its elements
    /// in the same order.
    private static func largest(
        in window: (depth: Range<Int>, height: Range<Int>), of plane: UnsafeMutablePointer<Element>,
        _ size: (height: Int, width: Int), _ axis: PoolingWindow, _ taps: [Range<Int>],
        into target: UnsafeMutablePointer<Element>
    ) {
        target.update(repeating: Element(-Float.greatestFiniteMagnitude), count: axis.count)
        for z in window.depth {
            for y in window.height {
                let row = plane + ((z * size.height + y) * size.width - axis.padBefore)
                for (tap, outputs) in taps.enumerated() {
                    for index in outputs {
                        let element = row[index * axis.stride + tap]
                        target[index] = element > target[index] ? element : target[index]
                    }
                }
            }
        }
    }

    /// The sum of a window, and of the squares of its elements.
    @inline(__always)
    private static func sums(
        in window: Window, of plane: UnsafeMutablePointer<Element>, _ size: (height: Int, width: Int)
    ) -> (sum: Element, squares: Element) {
        var sum: Element = 0
        var squares: Element = 0
        for z in window.depth {
            for y in window.height {
                let row = (z * size.height + y) * size.width
                for index in row + window.width.lowerBound..<row + window.width.upperBound {
                    sum += plane[index]
                    squares += plane[index] * plane[index]
                }
            }
        }
        return (sum, squares)
    }

    /// Poolings of one plane at several sizes, joined (Caffe's `spp_layer.cpp`).
    func spatialPyramid(_ pyramid: SpatialPyramid) throws(ExecutionError) {
        let input = try input(0)
        let output = try output()
        try require(input, rank: 4...4)
        let (images, channels, height, width) = (input.shape[0], input.shape[1], input.shape[2], input.shape[3])
        if case .norm = pyramid.method { throw layer.error("it has no pyramid of norms") }
        var offset = 0
        let total = images > 0 ? output.count / images : 0
        for level in 0..<pyramid.levels {
            let windows: [PoolingWindow]
            do throws(ShapeError) {
                let pooling = try pyramid.pooling(level: level, height: height, width: width)
                let shape = try Operation.pooling(pooling).outputShapes(of: [TensorShape(input.shape)], outputCount: 1)
                guard let pooled = shape[0]?.known, let kernel = pooling.kernel else { return }
                windows = (0..<2).map {
                    PoolingWindow(
                        length: input.shape[2 + $0], count: pooled[2 + $0], kernel: kernel[$0],
                        stride: pooling.stride[$0], padBefore: pooling.padBefore[$0],
                        padAfter: pooling.padAfter[$0])
                }
            } catch {
                throw layer.error("\(error)")
            }
            let count = channels * windows[0].count * windows[1].count
            try require(offset + count <= total, "its output has a wrong size")
            for image in 0..<images {
                pool(
                    pyramid.method, windows, planes: channels, from: input.pointer + image * channels * height * width,
                    into: output.pointer + image * total + offset, mask: nil)
            }
            offset += count
        }
        try require(offset == total, "its output has a wrong size")
    }
}
