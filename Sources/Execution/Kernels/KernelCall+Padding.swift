import NetGraph

extension KernelCall {
    /// Adds elements around the axes behind the channel, or cuts them off.
    func padding(_ padding: Padding) throws(ExecutionError) {
        let input = try input(0)
        let output = try output()
        let spatial = padding.before.count
        try require(
            input.shape.count == spatial + 2 && output.shape.count == input.shape.count
                && padding.after.count == spatial && input.shape[..<2] == output.shape[..<2],
            "it pads \(spatial) axes behind the channel, but its input has the shape \(TensorShape.describe(input.shape))"
        )
        var constant = Element(0)
        if case .constant(let value) = padding.filling { constant = Element(value) }
        // For each axis the place that each element of the output comes from, or `nil` for the constant.
        var sources: [[Int?]] = []
        for axis in 0..<spatial {
            let length = input.shape[axis + 2]
            let kept = max(-padding.before[axis], 0)..<length - max(-padding.after[axis], 0)
            try require(!kept.isEmpty, "nothing is left of its input")
            sources.append(
                (0..<output.shape[axis + 2]).map { place in
                    Self.source(of: place - padding.before[axis], kept: kept, padding.filling)
                })
        }
        guard output.count > 0 else { return }
        let lengths = Array(output.shape[2...])
        let strides = Self.strides(of: input.shape).suffix(spatial)
        let (inputPlane, outputPlane) = (input.count(2..<input.shape.count), output.count(2..<output.shape.count))
        // Where each element of a plane comes from, worked out once for all planes.
        let places = (0..<outputPlane).map { number -> Int? in
            var rest = number
            var place: Int? = 0
            for axis in (0..<spatial).reversed() {
                let source = sources[axis][rest % lengths[axis]]
                rest /= lengths[axis]
                place = place.flatMap { sum in source.map { sum + $0 * strides[strides.startIndex + axis] } }
            }
            return place
        }
        workers.forEach(input.shape[0] * input.shape[1]) { plane, _ in
            let source = input.pointer + plane * inputPlane
            let target = output.pointer + plane * outputPlane
            for (index, place) in places.enumerated() { target[index] = place.map { source[$0] } ?? constant }
        }
    }

    /// Where an element comes from that lies at a place of the input's axis, or beyond it; `nil` for the constant.
    private static func source(of place: Int, kept: Range<Int>, _ filling: Padding.Filling) -> Int? {
        if kept.contains(place) { return place }
        switch filling {
        case .constant: return nil
        case .edge: return min(max(place, kept.lowerBound), kept.upperBound - 1)
        case .mirror:
            let mirrored =
                place < kept.lowerBound ? 2 * kept.lowerBound - 1 - place : 2 * kept.upperBound - 1 - place
            return min(max(mirrored, kept.lowerBound), kept.upperBound - 1)
        case .wrapping:
            let wrapped = place < kept.lowerBound ? place + kept.count : place - kept.count
            return min(max(wrapped, kept.lowerBound), kept.upperBound - 1)
        case .reflection:
            let mirrored = place < kept.lowerBound ? 2 * kept.lowerBound - place : 2 * (kept.upperBound - 1) - place
            return min(max(mirrored, kept.lowerBound), kept.upperBound - 1)
        }
    }
}
