import NetGraph

/// Tells the number of channels of a value from the weights of the first layer that reads it.
struct ChannelHint {
    let network: Network

    /// The channels, and the layer that told; `nil` when no reader tells.
    func channels(of value: ValueID) -> (channels: Int, layer: String)? {
        var pending = [value]
        var seen: Set<ValueID> = [value]
        while let next = pending.popLast() {
            for layer in network.layers where layer.inputs.contains(next) {
                switch layer.operation {
                case .convolution(let convolution):
                    guard let shape = network[convolution.weight].shape, shape.count > 1 else { continue }
                    let (channels, overflows) = shape[1].multipliedReportingOverflow(by: convolution.groups)
                    if !overflows { return (channels, layer.name) }
                case .deconvolution(let convolution):
                    guard let shape = network[convolution.weight].shape, let channels = shape.first else { continue }
                    return (channels, layer.name)
                case .batchNorm(let batchNorm):
                    guard let channels = batchNorm.mean.flatMap({ network[$0].elementCount }) else { continue }
                    return (channels, layer.name)
                case .power, .activation, .identity, .split, .pooling, .stochastic, .localResponse, .meanVariance,
                    .shuffleChannel, .scale, .bias:
                    pending += layer.outputs.filter { seen.insert($0).inserted }
                default:
                    continue
                }
            }
        }
        return nil
    }
}
