import NetGraph

extension FoldPlan {
    /// The layers in which one channel's largest folded weight is far above the others': bad for 8-bit quantisation with one scale for a tensor.
    ///
    /// Reads every weight that the plan scales, once, in slices.
    ///
    /// - Parameters:
    ///   - network: the network that the plan was made for.
    ///   - weights: its numbers.
    public func outliers(in network: Network, weights: some WeightStore) throws(WeightError) -> [StatisticsFinding] {
        let layers = Dictionary(network.layers.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        var findings: [StatisticsFinding] = []
        for fold in folds {
            guard let linear = layers[fold.target].flatMap({ LinearLayer($0.operation) }),
                let shape = network[linear.weight].shape, let layout = linear.outputLayout(weightShape: shape),
                let factors = fold.weightFactors(linear, shape: shape)
            else { continue }
            var largest = [Float](repeating: 0, count: layout.channelCount)
            try weights.forEachSlice(of: linear.weight, elementCount: layout.elementCount) {
                (slice: UnsafeMutableBufferPointer<Float>, start) throws(WeightError) in
                for factor in factors { factor.layout.multiply(slice, from: start, by: factor.numbers) }
                layout.raiseMaxima(&largest, by: slice, from: start)
            }
            let magnitudes = largest.map { Double($0) }
            let ordered = magnitudes.filter { $0 > 0 }.sorted()
            guard let top = ordered.last, top.isFinite, case let median = ordered[ordered.count / 2],
                top > Self.outlierRatio * median,
                let channel = magnitudes.firstIndex(of: top)
            else { continue }
            findings.append(
                StatisticsFinding(
                    layer: fold.target, kind: .outlierWeights, severity: .warning,
                    message:
                        "the largest folded weight of channel \(channel) is \((top / median).roundedText) times that of the median channel: quantise it per channel, not per tensor"
                ))
        }
        return findings
    }

    /// A ratio beyond which 8 bits leave the median channel fewer than two bits.
    private static let outlierRatio = 64.0
}

extension ChannelLayout {
    /// Raises the largest magnitude of each channel to that of its elements in a slice.
    fileprivate func raiseMaxima(
        _ maxima: inout [Float], by elements: UnsafeMutableBufferPointer<Float>, from start: Int
    ) {
        for index in elements.indices {
            let channel = channel(ofRow: (start + index) / inner)
            maxima[channel] = max(maxima[channel], abs(elements[index]))
        }
    }
}
