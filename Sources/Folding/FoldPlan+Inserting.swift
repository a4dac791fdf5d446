import NetGraph

extension FoldPlan {
    /// A plan that puts one affine between a value and all layers that read it.
    ///
    /// - Parameters:
    ///   - value: written by a layer of the network.
    ///   - valueName: what the new value is called; the old one keeps its name.
    ///   - layer: the identifier of the new layer, which no layer of the network has.
    ///   - mean, scale: one number, or one for each channel: y = scale (x - mean).
    ///   - channelCount: of the value; `nil` where it is not known.
    public init(
        insertingBehind value: ValueID, of network: Network, valueName: String, layer: LayerID, layerName: String,
        mean: [Double], scale: [Double], channelCount: Int?, form: LeftoverForm
    ) {
        self.init()
        let count = max(channelCount ?? 1, mean.count, scale.count)
        func expanded(_ numbers: [Double]) -> [Double] {
            numbers.count == 1 ? [Double](repeating: numbers[0], count: count) : numbers
        }
        let affine =
            count == 1 && channelCount == nil
            ? ChannelAffine(scale: scale, center: mean, isUniform: true)
            : ChannelAffine(scale: expanded(scale), center: expanded(mean))
        let new = ValueID(network.values.count)
        var producer: LayerID?
        for layer in network.layers {
            if layer.outputs.contains(value) { producer = layer.id }
            guard layer.inputs.contains(value) else { continue }
            rewiring.inputs[layer.id] = layer.inputs.map { $0 == value ? new : $0 }
        }
        guard let producer else { return }
        rewiring.regauged = [Rewiring.Regauged(before: value, name: valueName, layer: layer)]
        rewiring.insertedBehind[producer] = [layer]
        let (hasScale, hasShift) = (!affine.hasUnitScale, !affine.hasNoShift)
        let kind = form.kind(hasFactors: hasScale, hasTerms: hasShift)
        leftovers = [
            Leftover(
                chain: [producer], survivor: layer, name: layerName, channelCount: count, affine: affine,
                hasScale: hasScale, hasShift: hasShift, kind: kind, type: form.types.name(of: kind), input: value,
                output: new, reason: .readsInput(producer: network[value].name))
        ]
    }
}
