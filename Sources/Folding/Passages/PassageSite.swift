import NetGraph

/// A layer that affines are pushed through: what the passages of its operation have to know.
///
/// Backward, y = f(x) with an affine on y becomes f of affines on its inputs; forward, an affine on x becomes one on y. A passage is decided on
/// the numbers of each channel: what an operation lets pass moves, the rest stays where it was. Both in a row compute what was computed before.
struct PassageSite {
    var layer: Layer
    var inputs: [TensorShape?]
    var outputs: [TensorShape?]
    /// Inputs that read the same numbers have the same entry.
    var inputValues: [Int]
    /// The input that takes what only one input can take: a shift of a sum, a factor of a product.
    var preferredInput: Int?
    /// What a linear layer weighs, when it may take affines at all.
    var linear: LinearSite?
    /// Whether nothing is to pass.
    var isClosed = false

    /// The number of channels of an input.
    func channels(ofInput index: Int) -> Int? {
        inputs.indices.contains(index) ? inputs[index]?.length(ofAxis: 1) : nil
    }

    /// The number of channels of an output.
    func channels(ofOutput index: Int) -> Int? {
        outputs.indices.contains(index) ? outputs[index]?.length(ofAxis: 1) : nil
    }
}

/// What became of affines that were pushed through a layer. An identity is `nil` throughout.
struct Passage {
    /// On the far side: one for each input backward, one for each output forward.
    var moved: [ChannelAffine?]
    /// On the near side, between the layer and what moved away.
    var rest: [ChannelAffine?]
    /// What a linear layer takes into its weight and bias.
    var taken: ChannelAffine?
    /// Why something stays.
    var reason: RefusalReason?

    // By index below, for an affine is costly to copy.

    var movesNothing: Bool {
        if taken != nil { return false }
        for index in moved.indices where moved[index] != nil { return false }
        return true
    }

    /// Whether something changed: an affine may also go without reaching the far side.
    func changes(_ affines: [ChannelAffine?]) -> Bool {
        if !movesNothing { return true }
        for index in 0..<min(affines.count, rest.count) where affines[index] != nil {
            if rest[index] == nil { return true }
        }
        return false
    }
}

/// Which factors an operation lets pass.
enum FactorRule { case any, notNegative, none }

extension PassageSite {
    /// Nothing passes.
    func blocked(_ affines: [ChannelAffine?], farCount: Int, _ reason: RefusalReason) -> Passage {
        Passage(moved: [ChannelAffine?](repeating: nil, count: farCount), rest: affines, reason: reason)
    }

    /// Splits an affine by what may pass, and names what keeps the rest.
    func split(
        _ affine: ChannelAffine, _ direction: FoldDirection, factors: FactorRule, allowsShift: Bool,
        shiftReason: RefusalReason? = nil
    ) -> (moved: ChannelAffine?, rest: ChannelAffine?, reason: RefusalReason?) {
        let (moved, rest) = affine.split(
            direction,
            allowsScale: {
                switch factors {
                case .any: true
                case .notNegative: affine.keepsSign($0)
                case .none: false
                }
            }, allowsShift: allowsShift)
        guard let rest else { return (moved, nil, nil) }
        let reason: RefusalReason
        switch factors {
        case .notNegative where !affine.keepsSigns:
            let negative = affine.channelCount { !affine.keepsSign($0) }
            reason = .negativeFactor(
                layer: layer.name, type: layer.type, count: negative, of: affine.channelCount)
        case .none where !rest.hasUnitScale:
            reason = .stopped(layer: layer.name, type: layer.type)
        default:
            reason = shiftReason ?? .shiftStopped(layer: layer.name, type: layer.type)
        }
        return (moved, rest, reason)
    }

    /// The passage of an operation whose outputs and inputs each are one value and whose channels stay what they are.
    func single(
        _ affines: [ChannelAffine?], _ direction: FoldDirection, factors: FactorRule, allowsShift: Bool,
        shiftReason: RefusalReason? = nil
    ) -> Passage {
        let farCount = direction == .backward ? inputs.count : outputs.count
        guard let affine = affines.first ?? nil else {
            return blocked(affines, farCount: farCount, .stopped(layer: layer.name, type: layer.type))
        }
        let parts = split(affine, direction, factors: factors, allowsShift: allowsShift, shiftReason: shiftReason)
        var (moved, rest): ([ChannelAffine?], [ChannelAffine?]) = ([], [])
        if farCount > 0 { moved.append(parts.moved) }
        for _ in moved.count..<max(farCount, moved.count) { moved.append(nil) }
        rest.append(parts.rest)
        rest += affines.dropFirst()
        return Passage(moved: moved, rest: rest, reason: parts.reason)
    }

    /// The same affine on one side for all of the other; nothing passes when those differ.
    func common(
        _ affines: [ChannelAffine?], _ direction: FoldDirection, factors: FactorRule = .any
    ) -> Passage {
        let farCount = direction == .backward ? inputs.count : outputs.count
        guard let affine = affines.first ?? nil, affines.dropFirst().allSatisfy({ $0 == affine }) else {
            return blocked(
                affines, farCount: farCount, .unequalAffines(layer: layer.name, type: layer.type))
        }
        let parts = split(affine, direction, factors: factors, allowsShift: true)
        return Passage(
            moved: [ChannelAffine?](repeating: parts.moved, count: farCount),
            rest: [ChannelAffine?](repeating: parts.rest, count: affines.count), reason: parts.reason)
    }
}
