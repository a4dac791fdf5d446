import NetGraph

extension PassageSite {
    /// Backward through an Eltwise.
    ///
    ///     s (sum of c[i] x[i]) + t  = sum of c[i] (s x[i] + t[i])         t[j] = t / c[j] for exactly one j, else 0
    ///     s max(x[i]) + t           = max(s x[i] + t)                     for s >= 0
    ///     s (product of x[i])       = product, with s at exactly one input
    ///
    /// - Parameter takers: the inputs that have the channels, where not all do: others take only what is the same in all channels.
    func backward(_ affines: [ChannelAffine?], _ eltwise: Eltwise, takers: Set<Int>? = nil) -> Passage {
        guard let affine = affines.first ?? nil, !inputs.isEmpty else {
            return blocked(affines, farCount: inputs.count, stopped)
        }
        let takers = affine.isSameInAllChannels ? Set(inputs.indices) : takers ?? Set(inputs.indices)
        let takesEverywhere = takers.count == inputs.count
        switch eltwise.combination {
        case .maximum:
            guard takesEverywhere else { return blocked(affines, farCount: inputs.count, stopped) }
            var passage = single(affines, .backward, factors: .notNegative, allowsShift: true)
            passage.moved = [ChannelAffine?](repeating: passage.moved[0], count: inputs.count)
            return passage
        case .product:
            guard let taker = preferredInput.flatMap({ takers.contains($0) ? $0 : nil }) ?? takers.min() else {
                return blocked(affines, farCount: inputs.count, stopped)
            }
            var passage = single(affines, .backward, factors: .any, allowsShift: false)
            let moved = passage.moved[0]
            passage.moved[0] = nil
            passage.moved[taker] = moved
            return passage
        case .sum:
            guard eltwise.coefficients.count == inputs.count else {
                return blocked(affines, farCount: inputs.count, stopped)
            }
            let taker = shiftTaker(eltwise.coefficients, among: takers)
            let (moved, rest, reason) = split(
                affine, .backward, factors: takesEverywhere ? .any : .none, allowsShift: taker != nil)
            guard let moved else { return Passage(moved: affines.map { _ in nil }, rest: [rest], reason: reason) }
            let scaleAlone = moved.with(scale: moved.scale, shift: moved.scale.map { _ in 0 })
            let counted = Set(inputs.indices.filter { eltwise.coefficients[$0] != 0 }.map { inputValues[$0] })
            let result = inputs.indices.map { index -> ChannelAffine? in
                guard counted.contains(inputValues[index]) else { return nil }
                guard let taker, inputValues[index] == inputValues[taker.input] else { return scaleAlone }
                if taker.coefficient == 1 { return moved }
                return moved.with(scale: moved.scale, shift: moved.shift.map { $0 / taker.coefficient })
            }
            return Passage(moved: result, rest: [rest], reason: reason)
        }
    }

    /// Forward through an Eltwise: the reverse of each.
    ///
    ///     sum of c[i] (s x[i] + t[i]) = s (sum of c[i] x[i]) + sum of c[i] t[i]        the factors only when all are equal
    ///     max(s x[i] + t)             = s max(x[i]) + t                                when all are equal, for s >= 0
    ///     product of s[i] x[i]        = (product of s[i]) (product of x[i])
    func forward(_ affines: [ChannelAffine?], _ eltwise: Eltwise) -> Passage {
        switch eltwise.combination {
        case .maximum:
            return common(affines, .forward, factors: .notNegative)
        case .product:
            return forwardThroughProduct(affines)
        case .sum:
            guard eltwise.coefficients.count == inputs.count else {
                return blocked(affines, farCount: outputs.count, stopped)
            }
            return forwardThroughSum(affines, eltwise.coefficients)
        }
    }

    private func forwardThroughSum(_ affines: [ChannelAffine?], _ coefficients: [Double]) -> Passage {
        guard let expanded = ChannelAffine.aligned(affines.map { $0 ?? .uniform(scale: 1, offset: 0) }) else {
            return blocked(affines, farCount: 1, .shapeUnknown(layer: layer.name, type: layer.type))
        }
        // What is multiplied by 0 is of no account, and its affine goes.
        let counted = zip(expanded, coefficients).filter { $0.1 != 0 }.map(\.0)
        let entries = expanded.first?.scale.indices ?? 0..<1
        let model = counted.first ?? .uniform(scale: 1, offset: 0)
        let isCommon = entries.map { entry in
            counted.allSatisfy { $0.scale[entry] == model.scale[entry] }
        }
        var scale = [Double](repeating: 1, count: entries.count)
        var shift = [Double](repeating: 0, count: entries.count)
        for entry in entries where isCommon[entry] && !counted.isEmpty {
            scale[entry] = model.scale[entry]
        }
        var rest: [ChannelAffine?] = []
        for (affine, coefficient) in zip(expanded, coefficients) {
            guard coefficient != 0 else {
                rest.append(nil)
                continue
            }
            for (channel, term) in affine.shift.enumerated() { shift[channel] += coefficient * term }
            let kept = affine.scale.indices.map { isCommon[$0] ? 1 : affine.scale[$0] }
            rest.append(affine.with(scale: kept, shift: kept.map { _ in 0 }))
        }
        let reason: RefusalReason? =
            rest.allSatisfy { $0 == nil }
            ? nil : .unequalAffines(layer: layer.name, type: layer.type)
        let whole = ChannelAffine(
            scale: scale, offset: shift, isUniform: expanded.allSatisfy(\.isUniform), runs: expanded.first?.runs)
        return Passage(moved: [whole.isIdentity ? nil : whole], rest: rest, reason: reason)
    }

    private func forwardThroughProduct(_ affines: [ChannelAffine?]) -> Passage {
        var passage = Passage(moved: [nil], rest: affines)
        for (index, affine) in affines.enumerated() {
            guard let affine else { continue }
            let parts = split(affine, .forward, factors: .any, allowsShift: false)
            passage.rest[index] = parts.rest
            passage.reason = passage.reason ?? parts.reason
            guard let moved = parts.moved else { continue }
            guard let before = passage.moved[0] else {
                passage.moved[0] = moved
                continue
            }
            guard let both = before.followed(by: moved) else {
                return blocked(affines, farCount: 1, .shapeUnknown(layer: layer.name, type: layer.type))
            }
            passage.moved[0] = both
        }
        return passage
    }

    /// The input that takes the shift of a sum, with the coefficient of all inputs that read the same numbers.
    private func shiftTaker(_ coefficients: [Double], among takers: Set<Int>) -> (input: Int, coefficient: Double)? {
        // Of all inputs that read the same numbers, by the entry of those.
        var sums: [Int: Double] = [:]
        for input in inputs.indices { sums[inputValues[input], default: 0] += coefficients[input] }
        for input in (preferredInput.map { [$0] } ?? []) + inputs.indices where takers.contains(input) {
            if let sum = sums[inputValues[input]], sum != 0, sum.isFinite { return (input, sum) }
        }
        return nil
    }

    private var stopped: RefusalReason { .stopped(layer: layer.name, type: layer.type) }
}

extension PassageSite {
    /// A Scale with two inputs, x f: a factor of x or of f is one of the product, a shift of neither is.
    ///
    /// The channel runs along axis 1 of f only where f begins at axis 0 of x. A term of the layer's own would have to be scaled as well.
    func pass(
        _ affines: [ChannelAffine?], _ direction: FoldDirection, throughProductWith scale: Scale
    ) -> Passage {
        let farCount = direction == .backward ? inputs.count : outputs.count
        guard inputs.count == 2, scale.beta == nil else { return blocked(affines, farCount: farCount, stopped) }
        let factorHasChannels: Bool
        if case .axes(let axes) = scale.axes, axes.lowerBound == 0, inputs[1].map({ $0.rank >= 2 }) ?? false {
            factorHasChannels = channels(ofInput: 1) != nil && channels(ofInput: 1) == channels(ofInput: 0)
        } else {
            factorHasChannels = false
        }
        if direction == .forward {
            guard factorHasChannels || affines[1].map(\.isSameInAllChannels) ?? true else {
                return blocked(affines, farCount: farCount, stopped)
            }
            return forwardThroughProduct(affines)
        }
        var passage = single(affines, direction, factors: .any, allowsShift: false)
        if preferredInput == 1, factorHasChannels || passage.moved[0].map(\.isSameInAllChannels) ?? false {
            passage.moved.swapAt(0, 1)
        }
        return passage
    }
}
