import NetGraph

extension PassageSite {
    /// Padding, in both directions.
    ///
    ///     pad(s x + t) = s pad(x) + t        where the new elements are taken from inside, or none is added
    ///     pad(s x) = s pad(x)                where they are 0
    ///
    /// Any other constant would have to be another one for each channel, which the layer cannot hold.
    func pass(_ affines: [ChannelAffine?], _ direction: FoldDirection, through padding: Padding) -> Passage {
        let farCount = direction == .backward ? inputs.count : outputs.count
        guard padding.adds, case .constant(let constant) = padding.filling else {
            return single(affines, direction, factors: .any, allowsShift: true)
        }
        guard constant == 0 else {
            return blocked(affines, farCount: farCount, .constantPadding(layer: layer.name, constant: constant))
        }
        return single(
            affines, direction, factors: .any, allowsShift: false, shiftReason: .zeroPadding(layer: layer.name))
    }
}
