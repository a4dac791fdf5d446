import NetGraph

/// The weights of a folded network: computed from those of the network before, slice by slice, when they are asked for.
public struct FoldedWeights<Base: WeightStore>: WeightStore {
    private let base: ReorderedWeights<Base>
    private let folded: FoldedNetwork
    /// Biases that take a whole weight to compute.
    private let sums = ShiftedBiases()
    private let magnitudes: WeightMagnitudes?

    /// - Parameter magnitudes: gets to know the folded weights that are read.
    public init(base: Base, folded: FoldedNetwork, magnitudes: WeightMagnitudes? = nil) {
        self.base = ReorderedWeights(base: base, recipes: folded.recipes)
        self.folded = folded
        self.magnitudes = magnitudes
    }

    /// Reads a slice. A product is formed in double precision and rounded once, to the parameter's own format.
    ///
    /// - Throws: `WeightError` of the kind `malformed` when a weight is not finite, of the kind `overflow` when a finite one leaves the
    ///   range of `Element` by folding.
    public func read<Element: WeightElement>(
        _ parameter: ParameterID, from start: Int, into buffer: UnsafeMutableBufferPointer<Element>
    ) throws(WeightError) {
        let type = folded.network[parameter].elementType
        switch folded.recipes[parameter] {
        case nil, .reordered:
            try readFinite(parameter, from: start, into: buffer)
        case .selected(let source, let selection):
            try readSelected(source, selection, from: start, into: buffer)
        case .vector(let numbers):
            for index in buffer.indices { buffer[index] = Element(numbers[start + index]) }
        case .shifted(let shift):
            try readShifted(parameter, shift, from: start, into: buffer)
        case .mapped(let source, let layout, let affine):
            try readMapped(parameter, source, layout, affine, from: start, into: buffer)
        case .scaled(_, _) where type == .float64 && Element.elementType == .float32:
            // Scaled in the format of the parameter, and rounded to the one that is asked for at the very end.
            let doubles = UnsafeMutableBufferPointer<Double>.allocate(capacity: buffer.count)
            doubles.initialize(repeating: 0)
            defer { doubles.deallocate() }
            try read(parameter, from: start, into: doubles)
            for index in buffer.indices { buffer[index] = Element(doubles[index]) }
            return
        case .scaled(let source, let factors):
            try readSource(source, from: start, into: buffer)
            Self.multiply(buffer, from: start, by: factors)
            // One look serves both, where it can.
            let areFinite = magnitudes?.note(buffer, of: parameter, from: start) ?? false
            if !areFinite, let index = buffer.firstNotFinite {
                // What is not finite stays so in a product, so here it is told apart from what became so.
                try readFinite(source, from: start, into: buffer)
                throw WeightError(
                    kind: .overflow,
                    message:
                        "element \(start + index) of \(folded.network[source].name) leaves the range of its number format"
                )
            }
        }
        if type == .float32, Element.elementType == .float64 {
            // What a file in the parameter's format would hold.
            for index in buffer.indices { buffer[index] = Element(Float(buffer[index])) }
        }
    }

    /// Multiplies each element by the product of its factors, which is formed first, and rounds once.
    private static func multiply<Element: WeightElement>(
        _ buffer: UnsafeMutableBufferPointer<Element>, from start: Int, by factors: [ChannelFactors]
    ) {
        guard factors.count > 1 else {
            for factor in factors { factor.layout.multiply(buffer, from: start, by: factor.numbers) }
            return
        }
        let products = UnsafeMutableBufferPointer<Double>.allocate(capacity: min(buffer.count, 1 << 12))
        defer { products.deallocate() }
        var position = 0
        while position < buffer.count {
            let slice = UnsafeMutableBufferPointer(
                rebasing: buffer[position..<min(position + products.count, buffer.count)])
            let part = UnsafeMutableBufferPointer(rebasing: products[..<slice.count])
            part.initialize(repeating: 1)
            for factor in factors { factor.layout.multiply(part, from: start + position, by: factor.numbers) }
            Element.multiply(slice, each: UnsafeBufferPointer(part))
            position += slice.count
        }
    }

    private func readShifted<Element: WeightElement>(
        _ parameter: ParameterID, _ shift: ForwardShift, from start: Int,
        into buffer: UnsafeMutableBufferPointer<Element>
    ) throws(WeightError) {
        let bias = try sums.numbers(of: parameter) { () throws(WeightError) in
            try shift.bias(from: base, network: folded.network)
        }
        guard start >= 0, start + buffer.count <= bias.count else {
            throw WeightError(kind: .malformed, message: "\(folded.network[parameter].name) has no such elements")
        }
        let limit = folded.network[parameter].elementType.greatestFiniteMagnitude
        for index in buffer.indices {
            let number = bias[start + index]
            guard abs(number) <= limit, Element(number).isFinite else {
                throw WeightError(
                    kind: .overflow,
                    message:
                        "element \(start + index) of \(folded.network[parameter].name) leaves the range of its number format"
                )
            }
            buffer[index] = Element(number)
        }
    }

    /// Each element in double precision, rounded once to the format of the parameter.
    private func readMapped<Element: WeightElement>(
        _ parameter: ParameterID, _ source: ParameterID, _ layout: ChannelLayout, _ affine: ChannelAffine,
        from start: Int, into buffer: UnsafeMutableBufferPointer<Element>
    ) throws(WeightError) {
        let doubles = UnsafeMutableBufferPointer<Double>.allocate(capacity: buffer.count)
        doubles.initialize(repeating: 0)
        defer { doubles.deallocate() }
        try readFinite(source, from: start, into: doubles)
        let type = folded.network[parameter].elementType
        var position = 0
        while position < doubles.count {
            let run = layout.run(from: start + position, limit: doubles.count - position)
            for place in 0..<run.count {
                let index = position + place
                let channel = run.channel + (run.ascends ? place : 0)
                let number = affine.offset[channel].addingProduct(
                    doubles[index] - affine.center[channel], affine.scale[channel])
                guard abs(number) <= type.greatestFiniteMagnitude, Element(number).isFinite else {
                    throw WeightError(
                        kind: .overflow,
                        message:
                            "element \(start + index) of \(folded.network[source].name) leaves the range of its number format"
                    )
                }
                buffer[index] = type == .float32 ? Element(Float(number)) : Element(number)
            }
            position += run.count
        }
    }

    /// Reads the stretch of the whole that the elements lie in, piece by piece, and keeps those.
    private func readSelected<Element: WeightElement>(
        _ source: ParameterID, _ selection: WeightSelection, from start: Int,
        into buffer: UnsafeMutableBufferPointer<Element>
    ) throws(WeightError) {
        let capacity = 1 << 15
        let stretch = UnsafeMutableBufferPointer<Element>.allocate(capacity: capacity)
        defer { stretch.deallocate() }
        stretch.initialize(repeating: 0)
        var position = 0
        while position < buffer.count {
            let end = min(position + capacity / 2, buffer.count)
            let places = selection.places(of: start + position..<start + end)
            var done = 0
            while done < places.count {
                let first = places[done]
                // As many as lie within one stretch: places ascend.
                var next = done
                while next < places.count, places[next] - first < capacity { next += 1 }
                let part = UnsafeMutableBufferPointer(rebasing: stretch[..<(places[next - 1] - first + 1)])
                try read(source, from: first, into: part)
                for index in done..<next { buffer[position + index] = part[places[index] - first] }
                done = next
            }
            position = end
        }
    }

    public func isComputed(_ parameter: ParameterID) -> Bool { folded.recipes[parameter] != nil }

    public func location(of parameter: ParameterID) -> String? { base.location(of: parameter) }

    /// What a recipe starts from: a parameter of the network before, or one that is computed itself.
    private func readSource<Element: WeightElement>(
        _ parameter: ParameterID, from start: Int, into buffer: UnsafeMutableBufferPointer<Element>
    ) throws(WeightError) {
        switch folded.recipes[parameter] {
        case nil, .reordered: try base.read(parameter, from: start, into: buffer)
        default: try read(parameter, from: start, into: buffer)
        }
    }

    private func readFinite<Element: WeightElement>(
        _ parameter: ParameterID, from start: Int, into buffer: UnsafeMutableBufferPointer<Element>
    ) throws(WeightError) {
        try readSource(parameter, from: start, into: buffer)
        try base.requireFinite(buffer, of: parameter, from: start, network: folded.network)
    }
}
