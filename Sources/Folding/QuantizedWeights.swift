import NetGraph

/// The numbers of a network as whole numbers of 8 bits would give them back: each weight of a layer with weights is rounded to a multiple of its step. Biases and
/// all other numbers are as they were, and so are weights that are stored as whole numbers already.
public struct QuantizedWeights<Base: WeightStore>: WeightStore {
    private let base: Base
    private let grids: [ParameterID: Grid]

    /// Where the channels of a weight lie, and the step of each.
    private struct Grid {
        var layout: ChannelLayout
        var steps: [Double]
    }

    /// How many layers have rounded weights.
    public private(set) var layerCount = 0

    /// Reads every weight once.
    ///
    /// - Throws: `WeightError` when a weight cannot be read.
    public init(base: Base, network: Network, scheme: QuantizationScheme) throws(WeightError) {
        self.base = base
        var grids: [ParameterID: Grid] = [:]
        for layer in network.layers {
            guard let weight = layer.quantizedWeight, network[weight].factors == .any,
                let shape = network[weight].shape,
                let layout = LinearLayer(layer.operation)?.outputLayout(weightShape: shape)
            else { continue }
            layerCount += 1
            guard grids[weight] == nil else { continue }
            var largest = [Double](repeating: 0, count: layout.channelCount)
            try base.forEachSlice(of: weight, elementCount: layout.elementCount) {
                (slice: UnsafeMutableBufferPointer<Double>, start) throws(WeightError) in
                layout.forEachChannel(from: start, count: slice.count) { index, channel in
                    largest[channel] = max(largest[channel], abs(slice[index]))
                }
            }
            if scheme == .perTensor {
                largest = [Double](repeating: largest.max() ?? 0, count: layout.channelCount)
            }
            grids[weight] = Grid(layout: layout, steps: largest.map { QuantizationGrid.step(largest: $0) })
        }
        self.grids = grids
    }

    public func read<Element: WeightElement>(
        _ parameter: ParameterID, from start: Int, into buffer: UnsafeMutableBufferPointer<Element>
    ) throws(WeightError) {
        try base.read(parameter, from: start, into: buffer)
        guard let grid = grids[parameter] else { return }
        grid.layout.forEachChannel(from: start, count: buffer.count) { index, channel in
            buffer[index] = Element(QuantizationGrid.nearest(Double(buffer[index]), step: grid.steps[channel]))
        }
    }

    public func isComputed(_ parameter: ParameterID) -> Bool { grids[parameter] != nil || base.isComputed(parameter) }

    public func location(of parameter: ParameterID) -> String? { base.location(of: parameter) }
}

extension ChannelLayout {
    /// Goes through elements that follow one another, with the channel of each.
    fileprivate func forEachChannel(from start: Int, count: Int, _ body: (_ index: Int, _ channel: Int) -> Void) {
        var position = 0
        while position < count {
            let run = run(from: start + position, limit: count - position)
            for offset in 0..<run.count { body(position + offset, run.channel + (run.ascends ? offset : 0)) }
            position += run.count
        }
    }
}

extension Layer {
    /// What runtimes quantise of a layer with weights.
    fileprivate var quantizedWeight: ParameterID? {
        switch operation {
        case .convolution, .deconvolution, .innerProduct: operation.parameters.first
        default: nil
        }
    }
}
