import NetGraph

extension PassageSite {
    /// Functions that are straight on both sides of 0, in both directions.
    ///
    ///     f(s x) = s f(x)        for s >= 0: ReLU, leaky ReLU and PReLU, whatever their slope, and |x|
    ///     |s x| = |s| |x|        forward, for any s
    ///
    /// No shift passes, for it would move the bend; a ReLU of slope 1 has none and lets everything pass.
    func pass(_ affines: [ChannelAffine?], _ direction: FoldDirection, through activation: Activation) -> Passage {
        switch activation {
        case .relu(negativeSlope: 1):
            return single(affines, direction, factors: .any, allowsShift: true)
        case .relu, .prelu, .clip(0, .infinity), .clip(-.infinity, 0):
            return single(affines, direction, factors: .notNegative, allowsShift: false)
        case .clip(-.infinity, .infinity):
            return single(affines, direction, factors: .any, allowsShift: true)
        case .function(let function) where function.definition.isHomogeneous:
            return single(affines, direction, factors: .notNegative, allowsShift: false)
        case .absolute where direction == .forward:
            var passage = single(affines, direction, factors: .any, allowsShift: false)
            passage.moved = passage.moved.map { $0.flatMap { $0.with(scale: $0.scale.map(abs), shift: $0.shift) } }
            return passage
        case .absolute:
            return single(affines, direction, factors: .notNegative, allowsShift: false)
        default:
            return blocked(
                affines, farCount: direction == .backward ? inputs.count : outputs.count,
                .stopped(layer: layer.name, type: layer.type))
        }
    }
}
