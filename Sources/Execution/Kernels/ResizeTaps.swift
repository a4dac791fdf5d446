import NetGraph

/// The elements of an axis that each place of a resized one is made of, and their weights, which are 1 together.
struct ResizeTaps {
    private(set) var places: [[(index: Int, weight: Double)]] = []

    /// - Parameters:
    ///   - length: of the axis of the input.
    ///   - count: of that of the output.
    ///   - factor: the one that was told; `nil`: that of the lengths.
    init(_ resize: Resize, length: Int, count: Int, factor: Double?) {
        let factor = factor ?? Double(count) / Double(length)
        places.reserveCapacity(count)
        for index in 0..<count {
            let place = Self.source(
                of: Double(index), resize.coordinates, length: Double(length), count: Double(count), factor: factor)
            places.append(Self.taps(at: place, resize, length: length, factor: factor))
        }
    }

    /// The place of the input, a number between two elements, that an output stands for.
    private static func source(
        of index: Double, _ coordinates: Resize.Coordinates, length: Double, count: Double, factor: Double
    ) -> Double {
        switch coordinates {
        case .halfPixel: return (index + 0.5) / factor - 0.5
        case .pytorchHalfPixel: return count > 1 ? (index + 0.5) / factor - 0.5 : 0
        case .symmetricHalfPixel:
            let share = count / (factor * length)
            return length / 2 * (1 - share) + (index + 0.5) / factor - 0.5
        case .alignedCorners: return count > 1 ? index * (length - 1) / (count - 1) : 0
        case .asymmetric: return index / factor
        case .halfPixelOffset: return (index + 0.5) / factor
        }
    }

    private static func taps(
        at place: Double, _ resize: Resize, length: Int, factor: Double
    ) -> [(index: Int, weight: Double)] {
        // Where outputs lie more than an element apart the weights reach as much farther.
        let shrinking = resize.isAntialiased ? min(factor, 1) : 1
        switch resize.method {
        case .nearest(let rounding): return [(clamped(nearest(place, rounding), length), 1)]
        case .linear: return weighted(place, reach: 1 / shrinking, resize, length) { max(1 - abs($0 * shrinking), 0) }
        case .cubic(let coefficient):
            return weighted(place, reach: 2 / shrinking, resize, length) { cubic($0 * shrinking, coefficient) }
        }
    }

    private static func nearest(_ place: Double, _ rounding: Resize.Rounding) -> Double {
        switch rounding {
        case .upFromHalf: (place + 0.5).rounded(.down)
        case .downFromHalf: (place - 0.5).rounded(.up)
        case .floor: place.rounded(.down)
        case .ceiling: place.rounded(.up)
        }
    }

    private static func clamped(_ place: Double, _ length: Int) -> Int {
        place <= 0 ? 0 : place >= Double(length - 1) ? length - 1 : Int(place)
    }

    /// The elements within reach of a place, weighed by their distance. Those beyond the axis are its outermost ones, or do not count.
    private static func weighted(
        _ place: Double, reach: Double, _ resize: Resize, _ length: Int, _ weight: (Double) -> Double
    ) -> [(index: Int, weight: Double)] {
        let first = (place - reach).rounded(.down)
        let last = (place + reach).rounded(.up)
        // Far beyond the axis there is nothing but its end.
        guard first < Double(length), last >= 0, last - first < 0x1p32 else { return [(clamped(place, length), 1)] }
        var taps: [(index: Int, weight: Double)] = []
        for index in Int(first)...Int(last) {
            let number = weight(Double(index) - place)
            let isInside = (0..<length).contains(index)
            guard number != 0, isInside || !resize.excludesOutside else { continue }
            let inside = min(max(index, 0), length - 1)
            if let other = taps.firstIndex(where: { $0.index == inside }) {
                taps[other].weight += number
            } else {
                taps.append((inside, number))
            }
        }
        let sum = taps.reduce(0) { $0 + $1.weight }
        guard sum != 0 else { return [(clamped(place.rounded(), length), 1)] }
        return taps.map { ($0.index, $0.weight / sum) }
    }

    /// Keys's kernel.
    private static func cubic(_ distance: Double, _ a: Double) -> Double {
        let x = abs(distance)
        if x <= 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
        return x < 2 ? ((a * x - 5 * a) * x + 8 * a) * x - 4 * a : 0
    }
}

extension KernelCall {
    /// Interpolation along one to three axes behind the channel. Sums are double.
    func resize(_ resize: Resize) throws(ExecutionError) {
        let input = try input(0)
        let output = try output()
        let spatial = input.shape.count - 2
        try require(input, rank: 3...5)
        try require(
            output.shape.count == input.shape.count && output.shape[..<2] == input.shape[..<2]
                && (input.shape + output.shape).dropFirst(2).allSatisfy { $0 > 0 },
            "its output does not fit its input of shape \(TensorShape.describe(input.shape))")
        var taps: [ResizeTaps] = []
        for axis in 0..<spatial {
            var factor: Double?
            if case .factors(let factors) = resize.size {
                try require(factors.count == spatial, "it has \(factors.count) factors for \(spatial) axes")
                factor = factors[axis]
            }
            let (length, count) = (input.shape[axis + 2], output.shape[axis + 2])
            taps.append(ResizeTaps(resize, length: length, count: count, factor: factor))
        }
        // Axes of length 1 in front change nothing.
        let none = ResizeTaps(Resize(.nearest(.floor), size: .lengths([1])), length: 1, count: 1, factor: nil)
        let axes = [ResizeTaps](repeating: none, count: 3 - spatial) + taps
        let lengths = [Int](repeating: 1, count: 3 - spatial) + input.shape[2...]
        let (inputPlane, outputPlane) = (lengths.reduce(1, *), output.count(2..<output.shape.count))
        workers.forEach(input.shape[0] * input.shape[1]) { plane, _ in
            let source = input.pointer + plane * inputPlane
            var target = output.pointer + plane * outputPlane
            for depths in axes[0].places {
                for rows in axes[1].places {
                    for columns in axes[2].places {
                        var sum = 0.0
                        for depth in depths {
                            for row in rows {
                                let line = source + (depth.index * lengths[1] + row.index) * lengths[2]
                                var part = 0.0
                                for column in columns { part += column.weight * Double(line[column.index]) }
                                sum += depth.weight * row.weight * part
                            }
                        }
                        target.pointee = Element(sum)
                        target += 1
                    }
                }
            }
        }
    }
}
